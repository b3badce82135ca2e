"""A payer's code is charged once, kept nowhere, and never called failed before that is sure (SPEC K-2)."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import func, text
from sqlmodel import SQLModel, select

from app.charging import charge_code
from app.context import Deps
from app.db import Begin
from app.domain.payer_code import NotAPayersCode
from app.domain.payment import CallbackFact, PaymentState, Way
from app.domain.review import ReviewKind
from app.models import Booking, Note, Payment, Purchase, Review
from app.outbox import Job
from app.payments.sandbox.provider import SandboxConfig, SandboxProvider
from app.ports import Order
from app.services.brake import Hold
from app.services.checkout import Braked
from app.services.payments import PaymentWish, record_callback
from app.tasks.reconcile import ask_provider
from tests import build
from tests.clocks import Clock
from tests.hooks import HeardBell, door_deps
from tests.rehearsal import NOWHERE, SECRET, SHANGHAI, Rehearsal, rehearsal

PAID, LATER, NEVER, REFUSED, LOST = (f"99{outcome:02d}" + "31415926535897" for outcome in range(5))


@dataclass(frozen=True, slots=True)
class Counter:
    """Somewhere a payer's code is scanned, and the office that asks what became of it."""

    deps: Deps
    bank: Rehearsal
    wish: PaymentWish
    clock: Clock

    async def scan(self, code: str, *, anyway: bool = False) -> Payment:
        begun = await charge_code(self.deps, self.wish, code, "Electricity", anyway=anyway)
        assert isinstance(begun, Payment)
        return begun

    async def note(self) -> Note:
        async with self.deps.begin() as db:
            return (await db.exec(select(Note).where(Note.job == Job.ASK_PROVIDER))).one()

    async def ask(self) -> None:
        """Let the promise come due, and keep it."""
        note = await self.note()
        if note.due_at > self.clock():
            self.clock.forward(seconds=(note.due_at - self.clock()).total_seconds())
        assert note.id is not None
        await ask_provider({"deps": self.deps}, note.id)

    async def state(self) -> str:
        async with self.deps.begin() as db:
            return (await db.exec(select(Payment.state))).one()

    async def count(self, table: type[SQLModel]) -> int:
        async with self.deps.begin() as db:
            return (await db.exec(select(func.count()).select_from(table))).one()

    async def switch(self, **faults: bool) -> None:
        said = await self.bank.payer.post("/_control", json=faults, headers=self.bank.key)
        assert said.status_code == 200


@pytest.fixture
async def counter(begin: Begin, clock: Clock, tmp_path: Path) -> AsyncIterator[Counter]:
    async with begin() as db:
        town = await build.utility(db, clock())
    wish = PaymentWish(town.esam.id, 5000, "", "CNY", "form-1")
    async with rehearsal(tmp_path / "bank.db", clock) as bank:
        yield Counter(door_deps(begin, clock, HeardBell(), bank.url), bank, wish, clock)


async def test_a_code_that_is_good_is_paid_at_once(counter: Counter) -> None:
    payment = await counter.scan(PAID)
    assert (payment.state, payment.way, payment.provider) == (PaymentState.PAID, Way.BARCODE, "sandbox")
    assert (await counter.count(Purchase), await counter.count(Booking)) == (1, 1)


async def test_the_same_form_sent_again_charges_nobody_again(counter: Counter) -> None:
    first, second = await counter.scan(PAID), await counter.scan(PAID)
    assert first.id == second.id
    assert (await counter.count(Payment), await counter.count(Booking)) == (1, 1)


async def test_a_payer_who_must_confirm_is_asked_after_every_four_seconds(counter: Counter) -> None:
    assert (await counter.scan(LATER)).state == PaymentState.WAITING
    for _ in range(3):
        assert await counter.state() == PaymentState.WAITING
        await counter.ask()
    assert await counter.state() == PaymentState.PAID
    assert (counter.clock() - (await counter.note()).created_at).total_seconds() <= 12


async def test_money_whose_answer_was_lost_is_found(counter: Counter) -> None:
    assert (await counter.scan(LOST)).state == PaymentState.WAITING
    await counter.ask()
    assert await counter.state() == PaymentState.PAID
    assert await counter.count(Purchase) == 1


async def test_a_refusal_is_sure_and_holds_up_nobody(counter: Counter) -> None:
    assert (await counter.scan(REFUSED)).state == PaymentState.FAILED
    again = replace(counter, wish=replace(counter.wish, idempotency_key="form-2"))
    assert (await again.scan(PAID)).state == PaymentState.PAID


async def test_what_nobody_pays_is_taken_back_after_a_minute(counter: Counter) -> None:
    payment = await counter.scan(NEVER)
    while await counter.state() == PaymentState.WAITING:
        await counter.ask()
    assert await counter.state() == PaymentState.CLOSED
    assert (counter.clock() - payment.created_at).total_seconds() == 60
    assert counter.bank.app.state.bank.book.reversed(payment.ref)
    assert (await counter.note()).done_at is not None


async def test_taking_back_is_tried_until_the_bank_answers_and_it_is_being_checked_meanwhile(counter: Counter) -> None:
    payment = await counter.scan(NEVER)
    await counter.switch(loses_answers=True)
    counter.clock.forward(seconds=61)
    for _ in range(4):
        await counter.ask()
        assert await counter.state() == PaymentState.WAITING
    other = replace(counter.wish, idempotency_key="form-2")
    held = await charge_code(counter.deps, other, PAID, "Electricity")
    assert isinstance(held, Braked)
    assert [each.hold for each in held.unresolved] == [Hold.BEING_CHECKED]

    await counter.switch(loses_answers=False)
    await counter.ask()
    assert await counter.state() == PaymentState.CLOSED
    assert counter.bank.app.state.bank.book.reversed(payment.ref)


async def test_money_that_came_at_the_last_moment_is_not_taken_back(counter: Counter) -> None:
    payment = await counter.scan(LOST)
    counter.clock.forward(seconds=61)
    await counter.ask()
    assert await counter.state() == PaymentState.PAID
    assert not counter.bank.app.state.bank.book.reversed(payment.ref)


async def test_news_of_money_that_was_taken_back_is_a_question_and_no_credit(counter: Counter) -> None:
    payment = await counter.scan(NEVER)
    counter.clock.forward(seconds=61)
    await counter.ask()
    assert await counter.state() == PaymentState.CLOSED

    older = CallbackFact("sandbox", "older", payment.ref, True, 5000, "CNY", counter.clock())
    for _ in range(2):
        async with counter.deps.begin() as db:
            await record_callback(db, older, counter.clock())

    assert await counter.state() == PaymentState.REVIEW
    assert (await counter.count(Purchase), await counter.count(Booking)) == (0, 1)
    async with counter.deps.begin() as db:
        assert (await db.exec(select(Review.kind))).one() == ReviewKind.PAID_AFTER_REVIEW


@pytest.mark.parametrize("number", ["28123456789012345678", "130000000000000000", "62" + "0" * 17, "hello"])
async def test_a_token_and_the_codes_of_others_begin_nothing(counter: Counter, number: str) -> None:
    with pytest.raises(NotAPayersCode):
        await counter.scan(number)
    assert await counter.count(Payment) == 0


async def test_a_process_that_dies_after_the_order_was_kept_leaves_no_money_taken(counter: Counter) -> None:
    died = replace(counter.deps, providers={"sandbox": _Dying()})
    with pytest.raises(_Died):
        await charge_code(died, counter.wish, PAID, "Electricity")
    counter.clock.forward(seconds=60)
    await counter.ask()
    assert await counter.state() == PaymentState.CLOSED


async def test_the_code_is_in_no_row_and_no_log(counter: Counter, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await counter.scan(LOST)
        await counter.ask()
    assert LOST not in caplog.text
    async with counter.deps.begin() as db:
        for table in ("payment", "payment_callback", "outbox", "review"):
            rows = await db.execute(text(f"select t::text from {table} t"))  # noqa: S608  (names of ours)
            assert all(LOST not in row[0] for row in rows)


class _Died(BaseException):
    """Our process was killed."""


class _Dying(SandboxProvider):
    """A provider before which we die."""

    def __init__(self) -> None:
        super().__init__(SandboxConfig(NOWHERE, SECRET, NOWHERE, SHANGHAI))

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        raise _Died
