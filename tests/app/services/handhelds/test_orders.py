"""Relays, keep-power, limits in a hand-held: cleared when they are handed out, proved by what was read (H-9, M-6)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.domain.announcement import AnnouncementKind
from app.domain.handheld import Finding, HandheldState, LineState
from app.domain.notice import MessageKind, MessageState
from app.domain.operation import DeviceItemState, OperationKind
from app.domain.relay import Supply
from app.domain.wallet import BalanceSource
from app.models import Message, Meter, Operation, OperationItem, RelayState
from app.services import announcements
from app.services.announcements import Draft, Words
from app.services.handhelds.making import CannotCarry
from app.services.readings import record_balance
from headend_client.handheld import Act, OverdraftLimit, State
from tests.app.services.handhelds.conftest import Counter
from tests.desk import Desk
from tests.fakes import Bench
from tests.handheld import carry_out, commands_in

TRIP = OperationKind.TRIP_RELAY


async def _spent_and_warned(desk: Desk) -> None:
    """Nine o'clock: the money is gone and a warning arrives; ten past ten: it may be cut."""
    async with desk.begin() as db:
        meter = await db.get_one(Meter, desk.town.esam.id, with_for_update=True)
        await record_balance(db, meter, -100, BalanceSource.DAILY, desk.clock())
        row = Message(
            contact_id=desk.town.contact.id,
            meter_id=meter.id,
            kind=MessageKind.ALARM_B,
            cause_id=uuid4(),
            dedupe_key=uuid4().hex,
            channel="sms",
            locale="en",
            state=MessageState.DELIVERED,
            created_at=desk.clock(),
            not_before=desk.clock(),
            expires_at=desk.clock() + timedelta(days=1),
            delivered_at=desk.clock(),
        )
        db.add(row)
    desk.clock.forward(minutes=70)


async def _outage(desk: Desk) -> None:
    until = desk.clock() + timedelta(hours=2)
    draft = Draft(
        AnnouncementKind.UNPLANNED, desk.town.concentrator.node_id, desk.clock(), until, Words("停电", "Power cut")
    )
    async with desk.begin() as db:
        await announcements.publish(db, draft, desk.clock())


async def test_nobody_is_put_into_a_file_to_be_cut_whom_the_gate_holds(counter: Counter, desk: Desk) -> None:
    with pytest.raises(CannotCarry) as held:
        await counter.makes(TRIP, desk.town.esam, cause="balance", reason="round")
    assert (held.value.code, dict(held.value.left_out)) == ("handheld_nothing_goes", {"balance_unknown": 1})


async def test_a_cut_bears_its_last_moment(counter: Counter, desk: Desk, bench: Bench) -> None:
    await _spent_and_warned(desk)
    made = await counter.makes(TRIP, desk.town.esam, cause="balance", reason="round")
    (command,) = commands_in(await counter.hands_out(made.file))
    assert command.order is Act.TRIP
    assert command.not_after == desk.clock() + timedelta(hours=4)
    desk.clock.forward(hours=5)

    assert carry_out(command, bench, desk.clock()).state is State.NOT_TRIED


async def test_a_cut_is_over_before_the_hours_without_cuts(counter: Counter, desk: Desk) -> None:
    await _spent_and_warned(desk)
    desk.clock.forward(hours=6)  # ten past four in the afternoon; no cuts from six
    (line,) = [await _only(counter, desk)]
    assert line == desk.clock() + timedelta(minutes=110)


async def _only(counter: Counter, desk: Desk) -> object:
    await counter.makes(TRIP, desk.town.esam, cause="balance", reason="round")
    (line,) = await counter.lines()
    return line.not_after


async def test_a_cut_is_cleared_anew_each_time_the_file_is_handed_out(counter: Counter, desk: Desk) -> None:
    await _spent_and_warned(desk)
    made = await counter.makes(TRIP, desk.town.esam, cause="balance", reason="round")
    await _outage(desk)
    with pytest.raises(CannotCarry) as held:
        await counter.hands_out(made.file)
    assert held.value.code == "handheld_nothing_goes"


async def test_a_cut_that_was_carried_out_is_known_by_the_relay_and_money_that_came_since_is_somebodys_case(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    await _spent_and_warned(desk)
    made = await counter.makes(TRIP, desk.town.esam, cause="balance", reason="round")
    back = await counter.walks(await counter.hands_out(made.file))
    assert bench.relay_open
    await desk.orders(desk.town.esam)  # somebody is at the payment page when the hand-held comes back

    assert await counter.brings(back) == [Finding.DONE]

    assert (await desk.meter(desk.town.esam.id)).supply == Supply.OFF
    assert await counter.asked() == ["cut_and_paid"]
    assert (await counter.file(made.file)).state == HandheldState.CLOSED


async def test_a_cut_after_its_last_moment_is_true_and_asked_about(counter: Counter, desk: Desk, bench: Bench) -> None:
    made = await counter.makes(TRIP, desk.town.esam, cause="staff", reason="fire brigade")
    (command,) = commands_in(await counter.hands_out(made.file))
    desk.clock.forward(hours=6)
    late = carry_out(replace(command, not_after=None), bench, desk.clock())
    assert await counter.brings([late]) == [Finding.DONE_LATE]
    assert ((await desk.meter(desk.town.esam.id)).supply, await counter.asked()) == (Supply.OFF, ["cut_late"])


async def test_a_good_answer_is_no_proof_of_a_relay(counter: Counter, desk: Desk, bench: Bench) -> None:
    bench.relay_open = True
    made = await counter.makes(OperationKind.CLOSE, desk.town.esam)
    (command,) = commands_in(await counter.hands_out(made.file))
    good = carry_out(command, bench, desk.clock())
    assert await counter.brings([replace(good, status_3=None)]) == [Finding.UNPROVED]
    assert await counter.brings([good]) == [Finding.DONE]  # read at last
    async with desk.begin() as db:
        assert [each.after_verb for each in await db.exec(select(RelayState))] == ["handheld_close"]


async def test_said_to_be_done_and_read_back_as_it_was_is_not_done(counter: Counter, desk: Desk, bench: Bench) -> None:
    made = await counter.makes(OperationKind.KEEP_POWER_ON, desk.town.esam)
    (command,) = commands_in(await counter.hands_out(made.file))
    assert command.order is Act.KEEP_POWER
    liar = replace(carry_out(command, bench, desk.clock()), status_3=0)
    assert await counter.brings([liar]) == [Finding.NO_EFFECT]
    assert [each.state for each in await counter.lines()] == [LineState.REFUSED]


async def test_an_overdraft_limit_is_the_meters_once_it_was_read(counter: Counter, desk: Desk, bench: Bench) -> None:
    made = await counter.makes(OperationKind.SET_LIMITS, desk.town.esam, limit_minor=2000)
    data = await counter.hands_out(made.file)
    assert [each.order for each in commands_in(data)] == [OverdraftLimit(2000)]
    assert await counter.brings(await counter.walks(data)) == [Finding.DONE]
    assert (await desk.meter(desk.town.esam.id)).overdraft_limit_minor == 2000


async def _operation(
    desk: Desk, kind: OperationKind, *states: DeviceItemState, **arguments: str | int
) -> tuple[UUID, list[UUID]]:
    """An operation that is over, with items of these states."""
    row = Operation(kind=kind, made_by=desk.staff_id, made_at=desk.clock(), item_count=len(states), state="done")
    row.arguments = dict(arguments)
    meters = (desk.town.esam.id, desk.town.sts.id)
    route = desk.town.concentrator.id
    items = [
        OperationItem(operation_id=row.id, place=place, meter_id=meter, route_id=route, state=state)
        for place, (state, meter) in enumerate(zip(states, meters, strict=False), 1)
    ]
    async with desk.begin() as db:
        db.add(row)
        await db.flush()
        db.add_all(items)
    return row.id, [each.id for each in items]


async def _item(desk: Desk, item_id: UUID) -> OperationItem:
    async with desk.begin() as db:
        return await db.get_one(OperationItem, item_id)


async def test_what_an_operation_did_not_reach_is_carried_and_ends_as_its_item(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    unreached, done = DeviceItemState.UNREACHED, DeviceItemState.DONE
    operation_id, items = await _operation(desk, OperationKind.KEEP_POWER_ON, unreached, done)
    made = await counter.makes(OperationKind.KEEP_POWER_ON, operation_id=operation_id)
    data = await counter.hands_out(made.file)
    assert [each.meter for each in commands_in(data)] == [desk.town.esam.address]
    assert await counter.brings(await counter.walks(data)) == [Finding.DONE]

    item = await _item(desk, items[0])
    assert (item.state, item.code) == (DeviceItemState.DONE, "by_handheld")
    assert (bench.keep_power, (await desk.meter(desk.town.esam.id)).supply) == (True, Supply.KEEP_POWER)


async def test_a_download_that_an_operation_did_not_bring_about_is_carried_for_its_item(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    await desk.pays(desk.town.esam)
    operation_id, items = await _operation(desk, OperationKind.DOWNLOAD, DeviceItemState.UNREACHED)
    made = await counter.makes(OperationKind.DOWNLOAD, operation_id=operation_id)
    assert await counter.brings(await counter.walks(await counter.hands_out(made.file))) == [Finding.DONE]
    assert (await _item(desk, items[0])).state == DeviceItemState.DONE


async def test_only_what_a_hand_held_can_do_is_taken_from_an_operation(counter: Counter, desk: Desk) -> None:
    unreached = DeviceItemState.UNREACHED
    limits, _ = await _operation(desk, OperationKind.SET_LIMITS, unreached, alarm_1_minor=1, overdraft_limit_minor=2)
    with pytest.raises(CannotCarry, match="handheld_only_overdraft"):
        await counter.makes(OperationKind.SET_LIMITS, operation_id=limits)
    clock, _ = await _operation(desk, OperationKind.SET_CLOCK, unreached)
    with pytest.raises(CannotCarry, match="handheld_not_carried"):
        await counter.makes(OperationKind.SET_CLOCK, operation_id=clock)
    with pytest.raises(CannotCarry, match="handheld_not_carried"):
        await counter.makes(OperationKind.CLOSE, operation_id=limits)
