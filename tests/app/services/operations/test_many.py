"""An operation on many devices: a slice at a time, nobody held up by another, paused and stopped (SPEC B-5, H-6)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.importance import Importance
from app.domain.operation import CannotOperate, DeviceItemState, Ending, OperationKind, OperationState
from app.models import Meter, Note, Operation, OperationItem
from app.outbox import Job
from app.services.operations import acts, pacing, views
from app.services.operations import item as items
from app.services.operations.whom import Whom
from app.services.operations.wire import Answer
from tests.app.services.operations.yard import Yard

K, S = OperationKind, DeviceItemState


async def test_many_are_read_and_every_one_has_its_result(yard: Yard) -> None:
    places = [await yard.concentrator(100 + n, 20) for n in range(3)]
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=tuple(places)), confirmed=60)

    assert await yard.run(operation_id) is OperationState.DONE

    assert await yard.states(operation_id) == {(S.DONE, ""): 60}
    assert len(yard.line.told) == 60
    assert [item.place for item in await yard.items(operation_id)] == list(range(1, 61))


async def test_thousands_are_promised_a_slice_at_a_time_until_none_is_left(yard: Yard) -> None:
    """The wire is played by one statement: every item that was promised is done before the next step."""
    places = [await yard.concentrator(100 + n, 100) for n in range(50)]
    operation_id = await yard.plan(K.READ_ENERGY, Whom(concentrator_ids=tuple(places)))
    slices = []
    for _ in range(100):
        await yard.work_steps()
        slices.append(await yard.open_notes())
        if not slices[-1]:
            break
        await _all_done(yard)
        yard.clock.forward(seconds=11)  # until what was handed to a queue is handed out anew

    assert (sum(slices), max(slices)) == (5000, pacing.PER_FRONT_END)
    assert await yard.states(operation_id) == {(S.DONE, ""): 5000}
    assert (await yard.row(operation_id)).state == OperationState.DONE


async def _all_done(yard: Yard) -> None:
    async with yard.begin() as db:
        await db.execute(update(Note).where(col(Note.job) == Job.OPERATE).values(done_at=yard.clock()))
        begun = update(OperationItem).where(col(OperationItem.state) == S.UNDER_WAY)
        await db.execute(begun.values(state=S.DONE, ended_at=yard.clock()))


async def test_a_bulk_leaves_hands_and_lines_free(yard: Yard) -> None:
    places = [await yard.concentrator(100 + n, 20) for n in range(60)]
    operation_id = await yard.plan(K.READ_ENERGY, Whom(concentrator_ids=tuple(places)))

    await yard.work_steps()

    assert await yard.open_notes() == pacing.PER_FRONT_END
    begun = [item.route_id for item in await yard.items(operation_id) if item.state == S.UNDER_WAY]
    assert max(begun.count(place) for place in places) <= pacing.PER_ROUTE
    assert set(begun) == set(places)


async def test_a_concentrator_without_a_link_holds_nobody_up_and_is_given_up_in_the_end(yard: Yard) -> None:
    dead, alive = await yard.concentrator(100, 30, linked=False), await yard.concentrator(101, 30)
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(dead, alive)))

    await yard.run(operation_id, most=30)
    assert await yard.states(operation_id) == {(S.DONE, ""): 30, (S.WAITING, ""): 30}
    assert await yard.open_notes() == 0

    yard.clock.forward(minutes=31)
    assert await yard.run(operation_id) is OperationState.DONE
    assert await yard.states(operation_id) == {(S.DONE, ""): 30, (S.UNREACHED, "no_link"): 30}


async def test_what_was_promised_behind_a_link_that_went_waits_for_it_and_goes_on(yard: Yard) -> None:
    place = await yard.concentrator(100, 10)
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(place,)))
    await yard.work_steps()
    await yard.link(place, up=False)
    yard.clock.forward(seconds=2)
    await yard.work_steps()
    assert await yard.states(operation_id) == {(S.WAITING, ""): 10}

    await yard.link(place, up=True)
    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.DONE, ""): 10}


async def test_a_meter_that_hangs_elsewhere_by_now_is_reached_there(yard: Yard) -> None:
    before, after = await yard.concentrator(100, 1), await yard.concentrator(101, 0)
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(before,)))
    async with yard.begin() as db:
        meter = (await db.exec(select(Meter).where(Meter.concentrator_id == before))).one()
        meter.concentrator_id = after

    await yard.run(operation_id)

    (item,) = await yard.items(operation_id)
    assert (item.state, item.route_id) == (S.DONE, after)


async def test_a_refusal_is_said_with_its_reason_and_the_rest_is_finished(yard: Yard) -> None:
    place = await yard.concentrator(100, 9)
    async with yard.begin() as db:
        numbers = list(await db.exec(select(Meter.address).where(Meter.concentrator_id == place)))
    yard.line.at(numbers[0]).refuses = "wrong_password"
    yard.line.at(numbers[1]).unreachable = True
    operation_id = await yard.plan(K.SET_CLOCK, Whom(concentrator_ids=(place,)))

    assert await yard.run(operation_id) is OperationState.DONE

    expected = {(S.REFUSED, "wrong_password"): 1, (S.UNREACHED, "no_link"): 1, (S.DONE, ""): 7}
    assert await yard.states(operation_id) == expected
    async with yard.begin() as db:
        progress = await views.progress(db, operation_id, yard.clock())
        (refused,) = await views.items(db, operation_id, views.Wanted(states=(S.REFUSED,)))
    assert progress is not None and set(progress.codes) == {
        (S.REFUSED, "wrong_password", 1),
        (S.UNREACHED, "no_link", 1),
    }
    assert refused.meter_number == numbers[0]


async def test_a_paused_operation_begins_nothing_and_goes_on_where_it_was(yard: Yard) -> None:
    place = await yard.concentrator(100, 40)
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(place,)))
    await yard.run(operation_id, most=5)
    async with yard.begin() as db:
        await acts.pause(db, operation_id, yard.staff_id, yard.clock())
    done = len(yard.line.told)
    yard.clock.forward(minutes=5)
    await yard.work()
    assert (len(yard.line.told), await yard.open_notes()) == (done, 0)

    async with yard.begin() as db:
        await acts.resume(db, operation_id, yard.staff_id, yard.clock())
    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.DONE, ""): 40}
    assert len(yard.line.told) == 40


async def test_a_stopped_bulk_leaves_no_item_in_doubt(yard: Yard) -> None:
    """One is in hands, one may have been done in an earlier try, one lies in the outbox, the rest waits."""
    place = await yard.concentrator(100, 10)
    async with yard.begin() as db:
        first = (await db.exec(select(Meter).where(Meter.concentrator_id == place).order_by(col(Meter.number)))).first()
        assert first is not None
    yard.line.at(first.address).deaf = True
    operation_id = await yard.plan(K.SET_LIMITS, Whom(concentrator_ids=(place,)), arguments={"alarm_1_minor": 900})
    await yard.work_steps()
    notes = await operate_notes(yard)
    async with yard.begin() as db:
        in_doubt = await items.prepare(db, notes[0], yard.clock(), "a")
        in_hands = await items.prepare(db, notes[1], yard.clock(), "b")
    assert in_doubt is not None and in_hands is not None
    async with yard.begin() as db:
        unknown = Answer(Ending.UNKNOWN, "no_answer")
        await items.conclude(db, in_doubt, unknown, yard.clock())

    async with yard.begin() as db:
        await acts.stop(db, operation_id, yard.staff_id, yard.clock())
    assert await yard.states(operation_id) == {
        (S.STOPPED, "stopped"): 8,
        (S.UNDER_WAY, "no_answer"): 1,
        (S.UNDER_WAY, ""): 1,
    }

    yard.line.at(first.address).deaf = False
    async with yard.begin() as db:
        await items.conclude(db, in_hands, Answer(Ending.ANSWERED), yard.clock())
    yard.clock.forward(seconds=5)
    await yard.work()
    assert await yard.states(operation_id) == {(S.STOPPED, "stopped"): 8, (S.DONE, ""): 2}
    with pytest.raises(CannotOperate, match="operation_not_now"):
        async with yard.begin() as db:
            await acts.resume(db, operation_id, yard.staff_id, yard.clock())


@pytest.mark.parametrize("act", [acts.stop, acts.pause])
async def test_a_reading_that_is_in_hands_while_somebody_stops_or_pauses_says_what_it_found(
    yard: Yard, act: Callable[[AsyncSession, UUID, UUID, datetime], Awaitable[None]]
) -> None:
    """It changes nothing at its meter, so nothing but the hands that have it keeps it from being taken back."""
    place = await yard.concentrator(100, 3)
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(place,)))
    await yard.work_steps()
    notes = await operate_notes(yard)
    async with yard.begin() as db:
        in_hands = await items.prepare(db, notes[0], yard.clock(), "a")
        assert in_hands is not None
    async with yard.begin() as db:
        await act(db, operation_id, yard.staff_id, yard.clock())
    async with yard.begin() as db:
        await items.conclude(db, in_hands, Answer(Ending.ANSWERED), yard.clock())
    rest = (S.STOPPED, "stopped") if act is acts.stop else (S.WAITING, "")
    assert await yard.states(operation_id) == {(S.DONE, ""): 1, rest: 2}


async def test_a_step_that_is_killed_promises_nothing_twice(yard: Yard) -> None:
    class Killed(Exception): ...

    place = await yard.concentrator(100, 8)
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(place,)))
    for _ in range(4):
        with pytest.raises(Killed):
            async with yard.begin() as db:
                row = await db.get_one(Operation, operation_id)
                await pacing.promise_next(db, row, yard.clock())
                raise Killed
        await yard.work()
        yard.clock.forward(seconds=1)

    await yard.run(operation_id)
    assert await yard.states(operation_id) == {(S.DONE, ""): 8}
    assert len(yard.line.told) == 8


async def test_two_operations_do_not_change_one_meter_at_once(yard: Yard) -> None:
    place = await yard.concentrator(100, 1)
    whom = Whom(concentrator_ids=(place,))
    first = await yard.plan(K.SET_LIMITS, whom, arguments={"alarm_1_minor": 900})
    second = await yard.plan(K.SET_LIMITS, whom, arguments={"alarm_1_minor": 300})
    reading = await yard.plan(K.READ_WALLET, whom)

    states = [(await yard.items(each))[0].state for each in (first, second, reading)]
    assert states == [S.UNDER_WAY, S.WAITING, S.UNDER_WAY]

    await yard.run(second)
    (item,) = await yard.items(second)
    assert (item.state, item.values) == (S.DONE, {"alarm_1_minor": 300})


async def test_an_operation_waits_for_its_time(yard: Yard) -> None:
    place, night = await yard.concentrator(100, 3), yard.clock() + timedelta(hours=10)
    operation_id = await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(place,)), starts_at=night)
    await yard.run(operation_id, most=3)
    assert (await yard.row(operation_id)).state == OperationState.SCHEDULED and yard.line.told == []

    yard.clock.forward(hours=10)
    assert await yard.run(operation_id) is OperationState.DONE
    assert len(yard.line.told) == 3


async def test_whoever_gets_light_goes_before_what_is_read(yard: Yard) -> None:
    place = await yard.concentrator(100, 9)
    await yard.plan(K.READ_WALLET, Whom(concentrator_ids=(place,)))
    await yard.work_steps()
    yard.clock.forward(seconds=11)
    light = await yard.plan(K.CLOSE, Whom(meter_ids=(yard.town.esam.id,)))

    async with yard.begin() as db:
        handed = [each for each in await outbox.lease(db, yard.clock()) if each.job is Job.OPERATE]
    assert [each.importance for each in handed] == [Importance.RESULT, *[Importance.PLANNING] * 3]
    async with yard.begin() as db:
        note = await db.get_one(Note, handed[0].note_id)
    assert note.subject_id == (await yard.items(light))[0].id


async def operate_notes(yard: Yard) -> list[int]:
    """The notes of items, in the order of their places."""
    wanted = select(Note.id).where(Note.job == Job.OPERATE, col(Note.done_at).is_(None)).order_by(col(Note.id))
    async with yard.begin() as db:
        return [note_id for note_id in await db.exec(wanted) if note_id is not None]
