"""Purchases that travel in a hand-held: credited once, whoever brings them in, and never given back meanwhile (H-9)."""

from dataclasses import replace

import pytest
from sqlmodel import select

from app.domain.handheld import Finding, HandheldState, LineState
from app.domain.operation import OperationKind
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Bar, CannotSettle
from app.models import Meter, Reading
from app.services.handhelds import care
from app.services.handhelds.making import CannotCarry
from headend_client.handheld import Purchase, Result, State, Tokens
from tests.app.services.handhelds.conftest import Counter
from tests.desk import Desk
from tests.fakes import Bench
from tests.handheld import carry_out, commands_in


async def test_a_purchase_that_no_link_reaches_is_carried_there_and_credited_by_the_meters_count(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()

    made = await counter.makes()
    data = await counter.hands_out(made.file)
    (command,) = commands_in(data)
    assert (command.meter, command.order) == (
        desk.town.esam.address,
        Purchase(1, 5000, f"00{desk.town.account.number}"),
    )
    desk.clock.forward(hours=3)
    back = await counter.walks(data)
    desk.clock.forward(hours=5)
    assert await counter.brings(back) == [Finding.DONE]

    purchase = await desk.purchase(purchase_id)
    assert (purchase.state, purchase.number, purchase.balance_after_minor) == (PurchaseState.CREDITED, 1, 5000)
    assert (bench.credits, (await desk.meter(desk.town.esam.id)).purchase_count) == ([5000], 1)
    assert (await counter.file(made.file)).state == HandheldState.CLOSED
    async with desk.begin() as db:
        reading = (await db.exec(select(Reading))).one()
    assert (reading.value, reading.read_at) == (5000, desk.clock.forward(hours=-5))


async def test_tokens_are_carried_in_the_order_of_their_entry(counter: Counter, desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.sts)
    async with desk.begin() as db:
        assert (await care.find_overdue(db, desk.clock())) == 0
    with pytest.raises(CannotCarry) as nothing:  # its token is not made yet
        await counter.makes()
    assert (nothing.value.code, dict(nothing.value.left_out)) == ("handheld_nothing_goes", {"no_token_yet": 1})
    bench.unreachable = True
    await desk.works()

    data = await counter.hands_out((await counter.makes()).file)
    (command,) = commands_in(data)
    assert isinstance(command.order, Tokens)
    assert await counter.brings(await counter.walks(data)) == [Finding.DONE]
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED


async def test_what_is_brought_twice_and_comes_over_the_air_too_is_credited_once(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    data = await counter.hands_out((await counter.makes()).file)
    bench.unreachable = False
    desk.clock.forward(minutes=30)
    await desk.works()  # the link is back before anybody has walked
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED

    back = await counter.walks(data)  # the meter refuses that number
    assert await counter.brings(back) == [Finding.ALREADY]
    assert await counter.brings(back) == [Finding.REPEATED]
    assert (bench.credits, bench.count) == ([5000], 1)


async def test_what_was_carried_in_is_found_by_the_air_which_reads_first(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    back = await counter.walks(await counter.hands_out((await counter.makes()).file))
    bench.unreachable = False
    desk.clock.forward(minutes=30)
    await desk.works()

    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    assert [each for each in bench.orders if each.startswith("recharge")] == []
    assert await counter.brings(back) == [Finding.ALREADY]
    assert bench.credits == [5000]


async def test_one_purchase_is_with_one_hand_held_at_a_time_and_the_next_waits_behind_it(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    await desk.pays(desk.town.esam)
    desk.clock.forward(seconds=5)
    await desk.pays(desk.town.esam)

    made = await counter.makes()
    assert (made.going, dict(made.left_out)) == (1, {"waits_behind": 1})
    with pytest.raises(CannotCarry) as again:
        await counter.makes()
    assert dict(again.value.left_out) == {"already_on_handheld": 1, "waits_behind": 1}


async def test_a_purchase_that_somebody_carries_is_not_given_back(counter: Counter, desk: Desk, bench: Bench) -> None:
    bench.unreachable = True
    purchase_id = await desk.pays(desk.town.esam)
    data = await counter.hands_out((await counter.makes()).file)
    bench.unreachable, bench.refuses = False, "over_hoard_limit"
    await desk.works()
    assert (await desk.purchase(purchase_id)).number == 1  # it keeps its number: it may still come in under it

    with pytest.raises(CannotSettle) as held:
        await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND)
    assert held.value.bar is Bar.ON_HANDHELD

    bench.refuses = ""
    assert await counter.brings(await counter.walks(data)) == [Finding.DONE]
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    async with desk.begin() as db:
        assert await care.find_overdue(db, desk.clock()) == 0


async def test_a_file_that_was_given_back_undone_proves_nothing_and_the_meter_is_read_before_a_refund(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    await desk.pays(desk.town.esam)
    made = await counter.makes()
    await counter.hands_out(made.file)
    bench.unreachable, bench.refuses = False, "over_hoard_limit"
    await desk.works()  # refused, with a count of 0, before it was given back
    desk.clock.forward(hours=1)
    async with desk.begin() as db:
        assert await care.give_back(db, made.file.id, desk.staff_id, "the road is closed", desk.clock()) == 1

    with pytest.raises(CannotSettle) as doubt:
        await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND)
    assert doubt.value.bar is Bar.MAYBE_IN_METER

    bench.refuses = ""
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.RETRY)
    await desk.works()
    assert (bench.credits, (await counter.file(made.file)).state) == ([5000], HandheldState.CLOSED)


async def test_a_file_that_nobody_ever_fetched_leaves_no_doubt_behind(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    made = await counter.makes()
    async with desk.begin() as db:
        await care.give_back(db, made.file.id, desk.staff_id, "made by mistake", desk.clock())
    purchase = await desk.purchase(purchase_id)
    assert (purchase.state, purchase.number, purchase.sends) == (PurchaseState.PAID, None, 0)
    bench.count = 4
    async with desk.begin() as db:
        (await db.get_one(Meter, desk.town.esam.id)).purchase_count = 4
    await desk.works()
    assert bench.credits == [5000]


async def test_a_late_result_of_a_file_that_was_given_back_still_counts(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    purchase_id = await desk.pays(desk.town.esam)
    made = await counter.makes()
    back = await counter.walks(await counter.hands_out(made.file))
    async with desk.begin() as db:
        await care.give_back(db, made.file.id, desk.staff_id, "lost", desk.clock())
    assert await counter.brings(back) == [Finding.DONE]
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED


async def _sent(counter: Counter, desk: Desk, bench: Bench) -> Result:
    """A purchase under number 8 is out with somebody who has just brought it in: its good row."""
    bench.count, bench.unreachable = 7, True
    async with desk.begin() as db:
        meter = await db.get_one(Meter, desk.town.esam.id)
        meter.purchase_count = 7
    await desk.pays(desk.town.esam)
    (command,) = commands_in(await counter.hands_out((await counter.makes()).file))
    return carry_out(command, bench, desk.clock())


_DOUBT = {
    "said to be done, and the count says no": ({"count": 7}, Finding.COUNT_SAYS_NO, PurchaseState.SENDING),
    "said to be done, and nothing was read": ({"count": None}, Finding.UNPROVED, PurchaseState.SENDING),
    "a count that is neither": ({"count": 9}, Finding.COUNT_CONFUSED, PurchaseState.REVIEW),
    "refused, as the count says": ({"state": State.REFUSED, "count": 7}, Finding.REFUSED, PurchaseState.REVIEW),
    "refused, and the record shows ours": ({"state": State.REFUSED}, Finding.DONE, PurchaseState.CREDITED),
    "refused, and the record shows another's": (
        {"state": State.REFUSED, "newest_minor": 4900},
        Finding.COUNT_CONFUSED,
        PurchaseState.REVIEW,
    ),
    "refused, and no record was read": (
        {"state": State.REFUSED, "newest_minor": None},
        Finding.UNPROVED,
        PurchaseState.SENDING,
    ),
    "done, and no record was read": ({"newest_minor": None}, Finding.DONE, PurchaseState.CREDITED),
    "done, and the record shows another's": ({"newest_minor": 4900}, Finding.COUNT_CONFUSED, PurchaseState.REVIEW),
    "refused, and nothing was read": (
        {"state": State.REFUSED, "count": None},
        Finding.UNPROVED,
        PurchaseState.SENDING,
    ),
    "not tried": (
        {"state": State.NOT_TRIED, "count": None, "balance_minor": None},
        Finding.NOT_TRIED,
        PurchaseState.SENDING,
    ),
    "no answer, and read later": ({"state": State.NO_ANSWER}, Finding.DONE, PurchaseState.CREDITED),
}


@pytest.mark.parametrize("how", _DOUBT)
async def test_a_row_is_believed_as_far_as_the_meter_said_so(
    counter: Counter, desk: Desk, bench: Bench, how: str
) -> None:
    changed, finding, state = _DOUBT[how]
    good = await _sent(counter, desk, bench)
    assert await counter.brings([replace(good, **changed)]) == [finding]  # type: ignore[arg-type]
    (line,) = await counter.lines()
    assert line.purchase_id is not None
    assert (await desk.purchase(line.purchase_id)).state == state


async def test_a_row_from_before_the_file_or_from_the_future_changes_nothing(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    good = await _sent(counter, desk, bench)
    assert good.at is not None
    rows = [replace(good, at=desk.clock.forward(days=days)) for days in (1, -2)]
    desk.clock.forward(days=1)
    for row in rows:
        assert await counter.brings([row]) == [Finding.BAD_MOMENT]
    (line,) = await counter.lines()
    assert line.state == LineState.OUT
    assert await counter.brings([good]) == [Finding.DONE]


async def test_rows_of_others_and_rows_that_contradict_are_named_and_hurt_no_other(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    good = await _sent(counter, desk, bench)
    foreign = replace(good, command="C-1")
    wrong = replace(good, meter=desk.town.sts.address)
    assert await counter.brings([foreign, wrong, good]) == ["unknown_command", "wrong_meter", Finding.DONE]
    assert await counter.brings([good, replace(good, count=7)]) == ["contradicts"] * 2
    assert await counter.brings([replace(good, state=State.REFUSED, count=7)]) == [Finding.ENDED_OTHERWISE]


async def test_a_number_that_was_never_handed_out_is_not_ours(counter: Counter, desk: Desk, bench: Bench) -> None:
    bench.unreachable = True
    await desk.pays(desk.town.esam)
    await counter.makes()
    (line,) = await counter.lines()
    row = Result(line.code, line.address, State.DONE, desk.clock(), "", 5000, 1)
    assert await counter.brings([row]) == ["unknown_command"]


async def test_what_does_not_come_back_in_its_time_is_asked_for_once(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    bench.unreachable = True
    await desk.pays(desk.town.esam)
    made = await counter.makes()
    back = await counter.walks(await counter.hands_out(made.file))
    desk.clock.forward(days=2, minutes=1)
    for _ in range(2):
        async with desk.begin() as db:
            await care.find_overdue(db, desk.clock())
    assert await counter.asked() == ["handheld_overdue"]
    await counter.brings(back)
    assert await counter.asked() == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"holder": " "}, "handheld_no_holder"),
        ({"kind": OperationKind.READ_WALLET}, "handheld_not_carried"),
        ({"kind": OperationKind.TRIP_RELAY, "cause": "staff"}, "handheld_no_reason"),
        ({"kind": OperationKind.TRIP_RELAY, "cause": "", "reason": "fire"}, "handheld_no_reason"),
        ({"kind": OperationKind.SET_LIMITS}, "handheld_no_limit"),
        ({"kind": OperationKind.DOWNLOAD}, "handheld_nobody"),
    ],
)
async def test_a_wish_that_cannot_be_meant_is_refused(counter: Counter, more: dict[str, object], code: str) -> None:
    with pytest.raises(CannotCarry) as refused:
        await counter.makes(**more)  # type: ignore[arg-type]
    assert refused.value.code == code
