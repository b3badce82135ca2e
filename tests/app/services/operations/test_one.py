"""One operation on one device: done, refused, unreached, or not known, and what is kept of it (SPEC H-3)."""

import pytest
from sqlmodel import select

from app.domain.operation import CannotOperate, DeviceItemState, OperationKind, OperationState
from app.domain.operation_arguments import BadArgument
from app.domain.wallet import BalanceSource
from app.models import Audit, Meter, Note
from app.ports import Read
from app.services.operations import views
from app.services.operations.whom import Whom
from app.services.readings import record_balance
from tests.app.services.operations.yard import Yard

K, S = OperationKind, DeviceItemState


def esam(yard: Yard) -> Whom:
    return Whom(meter_ids=(yard.town.esam.id,))


async def test_a_wallet_that_is_read_is_the_balance_of_the_meter(yard: Yard) -> None:
    operation_id = await yard.plan(K.READ_WALLET, esam(yard))

    assert await yard.run(operation_id) is OperationState.DONE

    (item,) = await yard.items(operation_id)
    assert (item.state, item.values) == (S.DONE, {"balance_minor": 4200, "overdraft_minor": 0, "purchase_count": 7})
    async with yard.begin() as db:
        assert (await db.get_one(Meter, yard.town.esam.id)).balance_minor == 4200


async def test_a_balance_that_a_recharge_overtook_while_it_was_read_is_not_the_meters(yard: Yard) -> None:
    meter_id, clock = yard.town.esam.id, yard.clock

    async def overtaken() -> None:
        clock.forward(seconds=2)
        async with yard.begin() as db:
            meter = await db.get_one(Meter, meter_id, with_for_update=True)
            await record_balance(db, meter, 9200, BalanceSource.READBACK, clock())
        clock.forward(seconds=2)

    yard.line.at(yard.town.esam.address).while_reading = overtaken
    await yard.run(await yard.plan(K.READ_WALLET, esam(yard)))

    async with yard.begin() as db:
        assert (await db.get_one(Meter, meter_id)).balance_minor == 9200


async def test_limits_that_are_set_are_those_of_the_meter_as_it_reads_back(yard: Yard) -> None:
    given = {"overdraft_limit_minor": "2000", "alarm_1_minor": 1500}
    operation_id = await yard.plan(K.SET_LIMITS, esam(yard), arguments=given)

    await yard.run(operation_id)

    (item,) = await yard.items(operation_id)
    assert (item.state, item.values) == (S.DONE, {"alarm_1_minor": 1500, "overdraft_limit_minor": 2000})
    async with yard.begin() as db:
        assert (await db.get_one(Meter, yard.town.esam.id)).overdraft_limit_minor == 2000


async def test_a_meter_that_says_no_is_not_asked_again(yard: Yard) -> None:
    yard.line.at(yard.town.esam.address).refuses = "wrong_password"
    operation_id = await yard.plan(K.SET_CLOCK, esam(yard))

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.REFUSED, "wrong_password"): 1}
    assert len(yard.line.told) == 1


async def test_a_meter_that_cannot_be_reached_is_tried_three_times(yard: Yard) -> None:
    yard.line.at(yard.town.esam.address).unreachable = True
    operation_id = await yard.plan(K.READ_ENERGY, esam(yard))

    assert await yard.run(operation_id) is OperationState.DONE

    assert await yard.states(operation_id) == {(S.UNREACHED, "no_link"): 1}
    assert len(yard.line.told) == 3


async def test_a_lost_answer_is_settled_by_reading_before_it_is_sent_again(yard: Yard) -> None:
    bench = yard.line.at(yard.town.esam.address)
    bench.deaf = True
    operation_id = await yard.plan(K.SET_LIMITS, esam(yard), arguments={"alarm_1_minor": 1500})
    await yard.work()
    bench.deaf = False
    yard.clock.forward(seconds=3)

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.DONE, "found_by_readback"): 1}
    assert [type(order).__name__ for order in bench.operated] == ["Write", "Read"]


async def test_what_may_have_been_done_is_never_said_not_to_have_been_reached(yard: Yard) -> None:
    bench = yard.line.at(yard.town.esam.address)
    bench.deaf = True
    operation_id = await yard.plan(K.SET_LIMITS, esam(yard), arguments={"alarm_1_minor": 1500})
    await yard.work()
    bench.deaf, bench.unreachable = False, True

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.UNKNOWN, "no_link"): 1}


async def test_whoever_dies_on_the_wire_is_followed_by_one_who_looks_first(yard: Yard) -> None:
    class Killed(BaseException): ...

    async def die(_: str) -> None:
        raise Killed

    operation_id = await yard.plan(K.SET_LIMITS, esam(yard), arguments={"alarm_1_minor": 1500})
    yard.line.before = die
    with pytest.raises(Killed):
        await yard.work()
    yard.line.before = None
    yard.clock.forward(minutes=6)  # until the note is free again

    await yard.run(operation_id)

    assert isinstance(yard.line.at(yard.town.esam.address).operated[0], Read)
    assert await yard.states(operation_id) == {(S.DONE, ""): 1}


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (K.READ_FROZEN, {"days_ago": "63"}, "days_ago"),
        (K.READ_FROZEN, {}, "days_ago"),
        (K.SET_LIMITS, {}, "alarm_1_minor"),
        (K.SET_LIMITS, {"alarm_1_minor": "-1"}, "alarm_1_minor"),
        (K.READ_WALLET, {"days_ago": "1"}, "days_ago"),
        (K.TRIP_RELAY, {"cause": "spite"}, "cause"),
    ],
)
async def test_what_cannot_hold_is_not_planned(
    yard: Yard, kind: OperationKind, given: dict[str, str], field: str
) -> None:
    with pytest.raises(BadArgument) as bad:
        await yard.plan(kind, esam(yard), arguments=given, reason="a reason")
    assert bad.value.field == field


async def test_nobody_and_others_than_were_confirmed_are_refused_and_leave_nothing(yard: Yard) -> None:
    for whom, confirmed, code in ((Whom(), None, "operation_nobody"), (esam(yard), 2, "operation_not_seen")):
        with pytest.raises(CannotOperate, match=code):
            await yard.plan(K.READ_WALLET, whom, confirmed=confirmed)
    async with yard.begin() as db:
        assert (await db.exec(select(Note))).all() == []


async def test_an_operation_is_on_record_and_among_the_deeds_of_its_meter(yard: Yard) -> None:
    operation_id = await yard.plan(K.READ_WALLET, esam(yard), reason="somebody called")
    await yard.run(operation_id)
    async with yard.begin() as db:
        assert [act.act for act in await db.exec(select(Audit))] == ["operation_planned"]
        (deed,) = await views.of_meter(db, yard.town.esam.id)
        (line,), more = await views.list_operations(db, views.Listing(kinds=(K.READ_WALLET,)), 0)
        progress = await views.progress(db, operation_id, yard.clock())
    assert (deed.maker, deed.item.state) == ("lin", S.DONE)
    assert (line.operation.subject_name, line.through, more) == (yard.town.esam.number, 100, False)
    assert progress is not None and progress.may == frozenset()
