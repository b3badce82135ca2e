"""Stories from a payment to the light, over a bench meter that keeps its own books."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.ledger import BookingKind, payment_booking
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.models import LedgerEntry, Meter, Note, Payment, Purchase, RelayState, Review, Token
from app.outbox import Job
from app.ports import SecurityModule
from app.services import overdue
from app.services.ledger import book
from app.services.purchases import open_purchase
from app.settings import Settings
from app.tasks import fulfil
from tests import build
from tests.clocks import Clock
from tests.fakes import Bench, Died, Module, SilentBell

JOBS = {
    Job.ISSUE_TOKEN: fulfil.issue_token,
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.CHECK_RELAY: fulfil.check_relay,
}
Drain = Callable[[], Awaitable[None]]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def street(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


@pytest.fixture
def deps(begin: Begin, clock: Clock, bench: Bench) -> Deps:
    module: SecurityModule = Module()  # type: ignore[assignment]  # only issues
    return Deps(begin, SilentBell(), clock, Settings(), name="test", gateway=bench, security=module)


@pytest.fixture
async def drain(deps: Deps, begin: Begin, clock: Clock) -> AsyncIterator[Drain]:
    async def run() -> None:
        for _ in range(20):
            async with begin() as db:
                due = [h for h in await outbox.lease(db, clock()) if h.job in JOBS]
            if not due:
                return
            for handout in due:
                await JOBS[handout.job]({"deps": deps}, handout.note_id)

    yield run


async def pay(begin: Begin, meter: Meter, clock: Clock, amount_minor: int = 5000) -> UUID:
    """A payment has come in; its purchase is open."""
    async with begin() as db:
        row = await build.payment(db, meter, amount_minor, clock())
        purchase = await open_purchase(db, row, amount_minor, clock())
        await _book_payment(db, row, clock)
    return purchase.id


async def _book_payment(db: AsyncSession, row: Payment, clock: Clock) -> None:
    await book(db, BookingKind.PAYMENT, row.id, payment_booking("sandbox", row.amount_minor), clock())


async def purchase_of(begin: Begin, purchase_id: UUID) -> Purchase:
    async with begin() as db:
        return await db.get_one(Purchase, purchase_id)


async def balances(begin: Begin) -> dict[str, int]:
    async with begin() as db:
        total = func.sum(LedgerEntry.amount_minor)
        rows = await db.exec(select(LedgerEntry.ledger_account, total).group_by(LedgerEntry.ledger_account))
        return {account: int(amount) for account, amount in rows if amount}


async def reviews(begin: Begin) -> list[Review]:
    async with begin() as db:
        return list(await db.exec(select(Review)))


async def test_a_purchase_is_credited_read_back_and_the_relay_closed(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.balance, bench.relay_open = -300, True
    purchase_id = await pay(begin, street.esam, clock)

    await drain()

    purchase = await purchase_of(begin, purchase_id)
    assert purchase.state == PurchaseState.CREDITED
    assert (purchase.number, purchase.balance_before_minor, purchase.balance_after_minor) == (1, -300, 4700)
    assert (bench.credits, bench.relay_open) == ([5000], False)
    assert await balances(begin) == {"provider:sandbox": 5000, "delivered": -5000}
    async with begin() as db:
        states = list(await db.exec(select(RelayState)))
        open_notes = list(await db.exec(select(Note.job).where(col(Note.done_at).is_(None))))
    assert [s.relay_open for s in states] == [False]
    assert sorted(open_notes) == ["announce_credit", "render_receipt"]


async def test_a_lost_answer_does_not_credit_twice(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.deaf = True
    purchase_id = await pay(begin, street.esam, clock)
    await drain()
    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.SENDING

    bench.hear()
    clock.forward(minutes=10)
    await drain()

    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.CREDITED
    assert (bench.count, bench.credits, bench.orders) == (1, [5000], ["recharge 1"])


async def test_a_lost_answer_to_a_token_sends_the_same_token_again(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.deaf, bench.counts = True, False
    purchase_id = await pay(begin, street.sts, clock)
    await drain()
    bench.hear()
    clock.forward(minutes=10)
    await drain()

    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.CREDITED
    assert (bench.credits, bench.orders) == ([5000], ["token", "token"])
    async with begin() as db:
        assert len(list(await db.exec(select(Token)))) == 1


async def test_dying_after_sending_is_settled_by_the_count(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock, deps: Deps
) -> None:
    purchase_id = await pay(begin, street.esam, clock)
    async with begin() as db:
        (handout,) = [h for h in await outbox.lease(db, clock()) if h.job is Job.DOWNLOAD_PURCHASE]

    bench.dies_after_obeying = True
    with pytest.raises(Died):
        await fulfil.download_purchase({"deps": deps}, handout.note_id)
    bench.dies_after_obeying = False

    async with begin() as db:
        await outbox.release(db, deps.name)  # the process starts again under its name
    await drain()

    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.CREDITED
    assert (bench.credits, bench.orders) == ([5000], ["recharge 1"])


async def test_dying_before_anything_left_takes_no_credit_of_others_for_ours(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock, deps: Deps
) -> None:
    bench.count = 1  # somebody else has loaded this meter, under the number that ours will get
    purchase_id = await pay(begin, street.esam, clock)
    async with begin() as db:
        (handout,) = [h for h in await outbox.lease(db, clock()) if h.job is Job.DOWNLOAD_PURCHASE]

    bench.dies_unasked = True
    with pytest.raises(Died):
        await fulfil.download_purchase({"deps": deps}, handout.note_id)
    bench.dies_unasked = False

    async with begin() as db:
        await outbox.release(db, deps.name)
    await drain()

    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.REVIEW
    assert [r.kind for r in await reviews(begin)] == [ReviewKind.COUNT_CONFUSED]
    assert bench.credits == []


async def test_a_process_that_stood_still_sends_nothing_that_another_has_taken_over(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock, deps: Deps
) -> None:
    purchase_id = await pay(begin, street.esam, clock)
    async with begin() as db:
        (handout,) = [h for h in await outbox.lease(db, clock()) if h.job is Job.DOWNLOAD_PURCHASE]

    async def stand_still() -> None:
        bench.while_reading = None
        clock.forward(minutes=10)
        await drain()

    bench.while_reading = stand_still
    await fulfil.download_purchase({"deps": deps}, handout.note_id)

    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.CREDITED
    assert (bench.credits, bench.orders) == ([5000], ["recharge 1"])


async def test_a_meter_whose_count_differs_is_never_loaded_blindly(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.count = 7
    purchase_id = await pay(begin, street.esam, clock)
    await drain()

    (review,) = await reviews(begin)
    assert (review.kind, review.evidence["number"], review.evidence["count"]) == (ReviewKind.COUNT_CONFUSED, 1, 7)
    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.REVIEW
    assert bench.orders == []


async def test_a_count_that_already_is_ours_before_we_sent_is_not_taken_for_success(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.count = 1
    purchase_id = await pay(begin, street.esam, clock)
    await drain()
    assert (await purchase_of(begin, purchase_id)).state == PurchaseState.REVIEW


async def test_a_refusal_goes_to_a_person_and_the_number_is_free_again(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.refuses = "over_hoarding_limit"
    first = await pay(begin, street.esam, clock)
    await drain()
    bench.refuses = ""
    clock.forward(seconds=1)
    second = await pay(begin, street.esam, clock, 1000)
    await drain()

    assert (await purchase_of(begin, first)).state == PurchaseState.REVIEW
    assert (await purchase_of(begin, second)).number == 1
    assert [r.kind for r in await reviews(begin)] == [ReviewKind.METER_REFUSED]


async def test_two_payments_in_one_minute_are_two_purchases_one_after_the_other(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    first = await pay(begin, street.esam, clock)
    clock.forward(seconds=1)
    second = await pay(begin, street.esam, clock, 3000)
    await drain()
    clock.forward(seconds=5)
    await drain()

    numbers = [(await purchase_of(begin, p)).number for p in (first, second)]
    assert (numbers, bench.credits) == ([1, 2], [5000, 3000])


async def test_a_meter_out_of_reach_costs_nothing_and_gets_a_work_order_after_three_tries(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.unreachable = True
    purchase_id = await pay(begin, street.esam, clock)
    for _ in range(3):
        await drain()
        clock.forward(minutes=1)
    purchase = await purchase_of(begin, purchase_id)
    assert (purchase.state, purchase.number, purchase.sends) == (PurchaseState.PAID, None, 0)
    assert [r.kind for r in await reviews(begin)] == [ReviewKind.WORK_ORDER]

    bench.unreachable = False
    clock.forward(minutes=30)
    await drain()
    assert bench.credits == [5000]
    assert [bool(r.settled_at) for r in await reviews(begin)] == [True]


async def test_a_purchase_without_a_link_waits_unspent_and_a_login_wakes_it(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    async with begin() as db:
        street.concentrator.front_end = None
        db.add(street.concentrator)
    purchase_id = await pay(begin, street.esam, clock)
    await drain()
    async with begin() as db:
        await overdue.find_overdue_purchases(db, clock())
        assert (await db.exec(select(Note.attempts).where(Note.subject_id == purchase_id))).first() == 0
    assert await reviews(begin) == []

    clock.forward(seconds=90)
    async with begin() as db:
        await overdue.find_overdue_purchases(db, clock())
    assert [r.kind for r in await reviews(begin)] == [ReviewKind.WORK_ORDER]

    async with begin() as db:
        street.concentrator.front_end = build.FRONT_END
        db.add(street.concentrator)
        await outbox.wake(db, street.concentrator.id, clock())
    await drain()
    assert bench.credits == [5000]


async def test_a_relay_that_says_yes_and_stays_open_is_not_believed(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    bench.relay_open = bench.lazy_relay = True
    await pay(begin, street.esam, clock)
    for _ in range(7):
        await drain()
        clock.forward(hours=1)
    assert [r.kind for r in await reviews(begin)] == [ReviewKind.RELAY_NOT_PROVED]


async def test_arrears_are_settled_before_credit(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock
) -> None:
    async with begin() as db:
        street.account.arrears_minor = 1200
        db.add(street.account)
    await pay(begin, street.esam, clock)
    await drain()
    assert bench.credits == [3800]
    assert await balances(begin) == {"provider:sandbox": 5000, "arrears": -1200, "delivered": -3800}


async def test_a_job_that_runs_twice_credits_once(
    begin: Begin, street: build.Utility, bench: Bench, drain: Drain, clock: Clock, deps: Deps
) -> None:
    await pay(begin, street.esam, clock)
    async with begin() as db:
        (handout,) = [h for h in await outbox.lease(db, clock()) if h.job is Job.DOWNLOAD_PURCHASE]
    for _ in range(2):
        await fulfil.download_purchase({"deps": replace(deps)}, handout.note_id)
    assert bench.credits == [5000]
