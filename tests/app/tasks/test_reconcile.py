"""Reconciliation: what lost callbacks left behind is found, by asking and by the bill, and booked once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import SQLModel, col, select

from app.context import Deps
from app.db import Begin
from app.domain.payment import CallbackFact, PaymentState, Way
from app.models import BillDay, Booking, Note, Payment, PaymentCallback, Purchase, Review
from app.outbox import Job
from app.payments.sandbox.provider import SandboxProvider
from app.payments.sandbox.signing import fresh_stamp
from app.ports import ProviderDown
from app.services import bills
from app.services.payments import PaymentWish, begin_payment, record_callback
from app.tasks.reconcile import DAYS_BACK, ask_provider, close_expired, reconcile
from tests import build
from tests.clocks import Clock
from tests.hooks import HeardBell, door_deps
from tests.rehearsal import SECRET, Rehearsal, rehearsal


@dataclass(frozen=True, slots=True)
class Office:
    """The office worker, the bank it asks, and the one payment it asks after."""

    deps: Deps
    bank: Rehearsal
    payment: Payment
    clock: Clock

    @property
    def ref(self) -> str:
        return self.payment.ref

    async def ask(self) -> None:
        """Let the promise come due, and keep it as the worker would."""
        note = await self.note()
        if note.due_at > self.clock():
            self.clock.forward(seconds=(note.due_at - self.clock()).total_seconds())
        assert note.id is not None
        await ask_provider({"deps": self.deps}, note.id)

    async def note(self) -> Note:
        async with self.deps.begin() as db:
            return (await db.exec(select(Note).where(Note.job == Job.ASK_PROVIDER))).one()

    async def state(self) -> str:
        async with self.deps.begin() as db:
            return (await db.get_one(Payment, self.payment.id)).state

    async def count(self, table: type[SQLModel]) -> int:
        async with self.deps.begin() as db:
            return (await db.exec(select(func.count()).select_from(table))).one()

    async def questions(self) -> list[str]:
        async with self.deps.begin() as db:
            return list(await db.exec(select(Review.kind).order_by(col(Review.kind))))


@pytest.fixture
async def office(begin: Begin, clock: Clock, tmp_path: Path) -> AsyncIterator[Office]:
    """A payment whose order is open at a bank whose callbacks reach nobody."""
    async with begin() as db:
        town = await build.utility(db, clock())
        payment = await begin_payment(db, PaymentWish(town.esam.id, 5000, "sandbox", "CNY"), clock())
    async with rehearsal(tmp_path / "bank.db", clock) as bank:
        await bank.provider.begin(bank.order(payment.ref))
        yield Office(door_deps(begin, clock, HeardBell(), bank.url), bank, payment, clock)


async def test_money_whose_callback_was_lost_is_found_by_asking(office: Office) -> None:
    await office.bank.press(office.ref, "pay", lose="1")
    await office.ask()
    assert await office.state() == PaymentState.PAID
    assert (await office.count(Purchase), await office.count(Booking)) == (1, 1)
    assert (await office.note()).done_at is not None


async def test_the_bell_is_rung_for_what_was_found(office: Office) -> None:
    await office.bank.press(office.ref, "pay", lose="1")
    await office.ask()
    assert isinstance(office.deps.bell, HeardBell)
    assert office.deps.bell.rung.qsize() == 1


async def test_a_callback_after_the_answer_is_the_same_fact(office: Office) -> None:
    await office.bank.press(office.ref, "pay")
    await office.ask()
    (event,) = office.bank.app.state.bank.book.events(office.ref)
    sandbox = office.bank.provider
    body = (
        f'{{"event_id": "{event.event_id}", "ref": "{event.ref}", "succeeded": true, "amount_minor": 5000,'
        f' "currency": "CNY", "occurred_at": "{office.clock().isoformat()}"}}'
    ).encode()
    late = sandbox.read_callback(fresh_stamp(office.clock()).headers(SECRET, body), body, office.clock())
    async with office.deps.begin() as db:
        await record_callback(db, late, office.clock())
    assert (await office.count(PaymentCallback), await office.count(Purchase)) == (1, 1)
    assert await office.questions() == []


async def test_a_payment_that_is_settled_is_not_asked_after(office: Office) -> None:
    fact = CallbackFact("sandbox", "e1", office.ref, True, 5000, "CNY", office.clock())
    async with office.deps.begin() as db:
        await record_callback(db, fact, office.clock())
    nobody_there = replace(office, deps=replace(office.deps, providers={}))
    await nobody_there.ask()
    assert (await office.note()).done_at is not None


async def test_an_undecided_payment_is_asked_after_ever_more_slowly_until_its_time_is_over(office: Office) -> None:
    gaps = []
    while office.clock() < office.payment.expires_at:
        before = office.clock()
        await office.ask()
        gaps.append((office.clock() - before).total_seconds())
    assert gaps[:7] == [20, 20, 20, 30, 60, 120, 300]
    assert len(gaps) < 15
    assert office.clock() == office.payment.expires_at
    assert await office.state() == PaymentState.CLOSED
    assert (await office.note()).done_at is not None


async def test_a_closed_payment_can_no_longer_be_paid_at_the_bank(office: Office) -> None:
    office.clock.forward(minutes=30)
    await office.ask()
    await office.bank.press(office.ref, "pay")
    assert await office.bank.provider.query(office.ref) is None


async def test_an_order_that_the_bank_never_heard_of_is_closed_in_the_end(office: Office) -> None:
    async with office.deps.begin() as db:
        payment = await db.get_one(Payment, office.payment.id)
        payment.ref = "neveropened"
    office.clock.forward(minutes=30)
    await office.ask()
    assert await office.state() == PaymentState.CLOSED


class SlyBank:
    """A bank whose payer pays between our question and our close."""

    name = "sandbox"

    def __init__(self, fact: CallbackFact) -> None:
        self._fact, self.said = fact, list[str]()

    async def query(self, ref: str) -> CallbackFact | None:
        self.said.append("query")
        return self._fact if "close" in self.said else None

    async def close(self, ref: str) -> None:
        self.said.append("close")


async def test_money_between_the_question_and_the_close_is_money(office: Office) -> None:
    fact = CallbackFact("sandbox", "e1", office.ref, True, 5000, "CNY", office.clock(), source="query")
    sly = SlyBank(fact)
    finding = await close_expired(sly, office.ref)  # type: ignore[arg-type]  # it needs two verbs of the port
    assert sly.said == ["query", "close", "query"]
    assert (finding.facts, finding.final) == ((fact,), True)
    deps = replace(office.deps, providers={"sandbox": SlyBank(fact)})  # type: ignore[dict-item]
    office.clock.forward(minutes=30)
    await replace(office, deps=deps).ask()
    assert await office.state() == PaymentState.PAID
    assert await office.count(Purchase) == 1


async def test_a_declined_payment_may_still_be_paid_and_is_asked_after(office: Office) -> None:
    await office.bank.press(office.ref, "decline", lose="1")
    await office.ask()
    assert await office.state() == PaymentState.FAILED
    await office.bank.press(office.ref, "pay", lose="1")
    await office.ask()
    assert await office.state() == PaymentState.PAID


async def test_a_declined_payment_is_closed_at_the_bank_when_its_time_is_over(office: Office) -> None:
    await office.bank.press(office.ref, "decline", lose="1")
    office.clock.forward(minutes=30)
    await office.ask()
    assert await office.state() == PaymentState.FAILED
    assert (await office.note()).done_at is not None
    assert await office.bank.provider.query(office.ref) is not None


@pytest.mark.parametrize("providers", ["none", "dead"])
async def test_a_provider_that_cannot_be_asked_decides_nothing(office: Office, providers: str) -> None:
    dead = door_deps(office.deps.begin, office.clock, HeardBell())
    deps = replace(office.deps, providers={} if providers == "none" else dead.providers)
    office.clock.forward(minutes=31)
    await replace(office, deps=deps).ask()
    note = await office.note()
    assert await office.state() == PaymentState.WAITING
    assert note.done_at is None
    assert note.due_at == office.clock() + timedelta(seconds=20)
    assert note.last_error
    await office.bank.press(office.ref, "pay", lose="1")  # its time is over: the bank refuses
    await office.ask()
    assert await office.state() == PaymentState.CLOSED


async def test_a_wrong_amount_that_was_found_by_asking_becomes_a_question(office: Office) -> None:
    await office.bank.press(office.ref, "wrong", wrong="1", lose="1")
    await office.ask()
    assert (await office.state(), await office.questions()) == (PaymentState.REVIEW, ["wrong_amount"])
    assert (await office.note()).done_at is not None


async def test_late_money_after_the_close_is_found_by_the_bill(office: Office) -> None:
    await office.bank.press(office.ref, "late", wait="after_expiry", lose="1")
    office.clock.forward(minutes=30)
    await office.ask()
    assert await office.state() == PaymentState.CLOSED
    office.clock.forward(seconds=20)
    await reconcile(office.deps)
    assert await office.state() == PaymentState.PAID
    assert await office.count(Purchase) == 1


async def test_the_second_of_two_lost_payments_is_found_by_the_bill(office: Office) -> None:
    await office.bank.press(office.ref, "twice", lose="1")
    await office.ask()
    assert await office.questions() == []
    await reconcile(office.deps)
    await reconcile(office.deps)
    assert await office.questions() == ["paid_twice"]
    assert (await office.count(Purchase), await office.count(PaymentCallback)) == (1, 2)


async def test_money_for_an_order_that_is_not_ours_is_found_by_the_bill(office: Office) -> None:
    await office.bank.provider.begin(office.bank.order("nobodys"))
    await office.bank.press("nobodys", "pay", lose="1")
    await reconcile(office.deps)
    assert await office.questions() == ["unknown_order"]


async def record(office: Office, fact: CallbackFact) -> None:
    async with office.deps.begin() as db:
        await record_callback(db, fact, office.clock())


async def test_money_that_the_finished_bill_lacks_is_asked_about_once(office: Office) -> None:
    await record(office, CallbackFact("sandbox", "ghost", office.ref, True, 5000, "CNY", office.clock()))
    await reconcile(office.deps)
    assert await office.questions() == []  # the day goes on: its bill is not finished
    office.clock.forward(days=1)
    await reconcile(office.deps)
    await reconcile(office.deps)
    assert await office.questions() == ["not_on_bill"]
    async with office.deps.begin() as db:
        (await db.exec(select(Review))).one().settled_at = office.clock()
    await reconcile(office.deps)
    assert await office.questions() == ["not_on_bill"]


async def test_a_bill_that_tells_another_amount_is_asked_about(office: Office) -> None:
    await office.bank.press(office.ref, "pay", lose="1")
    (event,) = office.bank.app.state.bank.book.events(office.ref)
    await record(office, CallbackFact("sandbox", event.event_id, office.ref, True, 4000, "CNY", office.clock()))
    await reconcile(office.deps)
    assert await office.questions() == ["bill_differs", "wrong_amount"]


async def test_a_bill_that_agrees_asks_nothing(office: Office) -> None:
    await office.bank.press(office.ref, "pay", lose="1")
    await office.ask()
    for _ in range(3):
        await reconcile(office.deps)
        office.clock.forward(hours=12)
    assert await office.questions() == []
    assert await office.count(Booking) == 1


async def test_a_bank_that_cannot_be_asked_for_its_bill_is_asked_another_time(office: Office) -> None:
    await reconcile(door_deps(office.deps.begin, office.clock, HeardBell()))
    assert await office.questions() == []


class TwoBills(SandboxProvider):
    """A provider whose bill for one day is not there yet."""

    async def list_day(self, day: object) -> list[CallbackFact]:
        if day == datetime(2026, 3, 1, tzinfo=UTC).date():
            raise ProviderDown("not written yet")
        return [CallbackFact("sandbox", "e1", "nobodys", True, 1, "CNY", datetime(2026, 3, 2, tzinfo=UTC))]


async def test_a_bill_that_is_missing_does_not_hide_the_next_one(office: Office) -> None:
    config = office.bank.provider._config
    await reconcile(replace(office.deps, providers={"sandbox": TwoBills(config, office.clock)}))
    assert await office.questions() == ["unknown_order"]


async def matched(office: Office) -> list[BillDay]:
    async with office.deps.begin() as db:
        return await bills.list_days(db)


async def test_a_day_is_matched_once_and_what_came_of_it_is_kept(office: Office) -> None:
    await office.bank.press(office.ref, "twice", lose="1")
    await office.ask()
    await record(office, CallbackFact("sandbox", "ghost", office.ref, True, 700, "CNY", office.clock()))
    assert all(day.day != office.clock().date() for day in await matched(office))
    office.clock.forward(days=1)
    for _ in range(2):
        await reconcile(office.deps)
    day, *_ = await matched(office)
    assert (day.day, day.provider) == (datetime(2026, 3, 2, tzinfo=UTC).date(), "sandbox")
    assert (day.lines, day.bill_minor, day.ours_minor) == (2, 10_000, 10_700)
    assert (day.learned, day.missing, day.differing) == (1, 1, 0)
    async with office.deps.begin() as db:
        assert [review.kind for review in await bills.open_differences(db)] == ["not_on_bill"]


class WrittenAtTen(SandboxProvider):
    """A provider that writes a day's bill the morning after it, and counts who asks."""

    bill_grows = False
    asked: list[date]

    async def list_day(self, day: date) -> list[CallbackFact]:
        self.asked.append(day)
        return await super().list_day(day)


async def test_a_bill_that_is_written_in_the_morning_is_asked_for_from_ten_on_and_once(office: Office) -> None:
    provider = WrittenAtTen(office.bank.provider._config, office.clock)
    provider.asked = []
    deps = replace(office.deps, providers={"sandbox": provider})
    await reconcile(deps)  # 09:00 in Shanghai: yesterday's is not asked for, the days before are
    yesterday = office.clock().date() - timedelta(days=1)
    assert yesterday not in provider.asked
    assert len(provider.asked) == DAYS_BACK - 1
    office.clock.forward(hours=1)
    provider.asked = []
    for _ in range(2):
        await reconcile(deps)
    assert provider.asked == [yesterday]


async def test_cash_has_no_bill(office: Office) -> None:
    provider = WrittenAtTen(office.bank.provider._config, office.clock)
    provider.asked, provider.ways = [], frozenset({Way.CASH})
    await reconcile(replace(office.deps, providers={"counter": provider}))
    assert provider.asked == []
