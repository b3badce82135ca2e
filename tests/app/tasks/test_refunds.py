"""A decided refund goes back once, is booked when it is done, and becomes a question when it is refused."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.context import Deps
from app.db import Begin
from app.domain.payment import CallbackFact
from app.domain.review import ReviewAct, ReviewKind
from app.models import Audit, Contact, Message, Note, Payment, Refund, Resident
from app.models.refund import RefundState
from app.outbox import Job
from app.payments.sandbox.provider import SandboxConfig, SandboxProvider
from app.ports import RefundNews
from app.services import letters, refunds, timeline
from app.services.payments import record_callback
from app.services.timeline.rows import Booked
from app.tasks.refunds import refund_payment
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench
from tests.hooks import HeardBell, door_deps
from tests.rehearsal import NOWHERE, SECRET, SHANGHAI, Rehearsal, rehearsal

WRONG = {"wrong": "40", "lose": "1"}


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody paid another amount than was due, at a bank; staff decide, and the office works."""

    desk: Desk
    deps: Deps
    bank: Rehearsal
    order_ref: str
    clock: Clock

    async def decide(self) -> Refund:
        await self.desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND)
        return await self.refund()

    async def refund(self) -> Refund:
        async with self.deps.begin() as db:
            return (await db.exec(select(Refund))).one()

    async def note(self) -> Note:
        async with self.deps.begin() as db:
            wanted = select(Note).where(Note.job == Job.REFUND_PAYMENT).order_by(col(Note.id).desc())
            found = (await db.exec(wanted)).first()
            assert found is not None
            return found

    async def work(self) -> None:
        """Let the promise come due, and keep it."""
        note = await self.note()
        if note.due_at > self.clock():
            self.clock.forward(seconds=(note.due_at - self.clock()).total_seconds())
        assert note.id is not None
        await refund_payment({"deps": self.deps}, note.id)

    def given(self) -> dict[str, int]:
        """What the bank gave back, by refund number."""
        found: dict[str, int] = self.bank.app.state.bank.book.refunded(self.order_ref)
        return found

    async def switch(self, **faults: bool) -> None:
        await self.bank.payer.post("/_control", json=faults, headers=self.bank.key)


@pytest.fixture
async def office(begin: Begin, clock: Clock, tmp_path: Path) -> AsyncIterator[Office]:
    desk = await open_desk(begin, clock, Bench())
    async with rehearsal(tmp_path / "bank.db", clock) as bank:
        payment = await desk.orders(desk.town.esam)
        await bank.provider.begin(bank.order(payment.ref))
        await bank.press(payment.ref, "wrong", **WRONG)
        fact = await bank.provider.query(payment.ref)
        assert fact is not None
        async with begin() as db:
            await record_callback(db, fact, clock())
        yield Office(desk, door_deps(begin, clock, HeardBell(), bank.url), bank, payment.ref, clock)


async def test_a_decided_refund_is_given_back_and_booked(office: Office) -> None:
    refund = await office.decide()
    assert (refund.state, refund.amount_minor, refund.order_ref) == (RefundState.DUE, 4000, office.order_ref)
    assert await office.desk.books() == {"provider:sandbox": 4000, "refunds_due": -4000}
    await office.work()
    refund = await office.refund()
    assert (refund.state, refund.done_at) == (RefundState.DONE, office.clock())
    assert office.given() == {refund.ref: 4000}
    assert await office.desk.books() == {}
    assert (await office.note()).done_at is not None


async def test_a_refund_that_takes_its_time_is_asked_after(office: Office) -> None:
    await office.switch(refund_slow=True)
    await office.decide()
    await office.work()
    assert (await office.refund()).state == RefundState.ASKED
    assert (await office.desk.books())["refunds_due"] == -4000
    await office.work()
    assert (await office.refund()).state == RefundState.DONE
    assert list(office.given().values()) == [4000]


async def test_a_lost_answer_gives_nothing_back_twice(office: Office) -> None:
    await office.switch(loses_answers=True)
    await office.decide()
    await office.work()
    assert (await office.refund()).state == RefundState.DUE
    await office.switch(loses_answers=False)
    await office.work()
    assert (await office.refund()).state == RefundState.DONE
    assert list(office.given().values()) == [4000]


async def test_a_job_that_dies_after_asking_gives_nothing_back_twice(office: Office) -> None:
    await office.decide()
    dying = SandboxConfig(office.bank.url, SECRET, NOWHERE, SHANGHAI)
    deps = replace(office.deps, providers={"sandbox": _Dying(dying, office.clock)})
    with pytest.raises(_Died):
        await replace(office, deps=deps).work()
    office.clock.forward(minutes=2)
    await office.work()
    assert (await office.refund()).state == RefundState.DONE
    assert list(office.given().values()) == [4000]


async def test_a_refused_refund_is_a_question_and_may_be_tried_again(office: Office) -> None:
    await office.switch(refund_refused=True)
    await office.decide()
    await office.work()
    assert (await office.refund()).state == RefundState.REFUSED
    assert (await office.desk.books())["refunds_due"] == -4000
    await office.switch(refund_refused=False)
    await office.desk.decides(ReviewKind.REFUND_REFUSED, ReviewAct.RETRY)
    await office.work()
    assert (await office.refund()).state == RefundState.DONE
    assert await office.desk.books() == {}


async def test_what_was_refused_for_good_is_given_back_by_hand_and_booked_so(office: Office) -> None:
    await office.switch(refund_refused=True)
    refund = await office.decide()
    await office.work()
    await office.desk.decides(ReviewKind.REFUND_REFUSED, ReviewAct.NOTE)
    assert (await office.desk.books())["refunds_due"] == -4000  # a note pays nobody

    async def hand_out() -> bool:
        async with office.deps.begin() as db:
            return await refunds.hand_out(db, refund.id, office.desk.staff_id, office.clock())

    assert [await hand_out(), await hand_out()] == [True, False]
    assert await office.desk.books() == {"provider:sandbox": 4000, "provider:counter": -4000}
    async with office.deps.begin() as db:
        await refunds.try_again(db, refund.id, office.clock())
        detail = (await db.exec(select(Audit.detail).where(Audit.act == "cash_given_back"))).one()
    assert detail["instead_of"] == "sandbox"
    assert (await office.refund()).state == RefundState.DONE


async def test_while_a_provider_may_still_give_it_back_no_hand_does(office: Office) -> None:
    refund = await office.decide()
    async with office.deps.begin() as db:
        assert not await refunds.hand_out(db, refund.id, office.desk.staff_id, office.clock())


async def test_a_provider_that_is_not_there_leaves_the_refund_due(office: Office) -> None:
    await office.decide()
    gone = replace(office, deps=replace(office.deps, providers={}))
    await gone.work()
    assert (await office.refund()).state == RefundState.DUE
    assert (await office.note()).last_error == "provider sandbox is not switched on"


async def test_a_timeline_shows_the_refund(office: Office) -> None:
    await office.decide()
    await office.work()
    async with office.deps.begin() as db:
        told = await timeline.of_payment(db, office.order_ref)
        done = await refunds.list_refunds(db, done=True)
        waiting = await refunds.list_refunds(db, done=False)
    assert told is not None
    kinds = [row.kind for row in told.rows]
    assert "refund_decided" in kinds
    assert [row.booking for row in told.rows if isinstance(row, Booked)][-1] == "refund"
    assert (len(done), waiting) == (1, [])


@pytest.mark.parametrize("phone", [None, "+8613800000009", "+8613900000001"])
async def test_who_paid_is_told_once_that_their_money_went_back(office: Office, phone: str | None) -> None:
    async with office.deps.begin() as db:
        payment = (await db.exec(select(Payment).where(Payment.ref == office.order_ref))).one()
        contacts = list(await db.exec(select(Contact)))
        if phone is not None:
            resident = Resident(phone=phone, created_at=office.clock(), locale="en")
            db.add(resident)
            await db.flush()
            payment.resident_id = resident.id
    await office.decide()
    await office.work()
    await office.work()
    async with office.deps.begin() as db:
        told = list(await db.exec(select(Message)))
        promised = await db.exec(select(Note.subject_id).where(Note.job == Job.SEND_MESSAGE))
        assert set(promised) == {each.id for each in told}
        letters_ = [await letters.load(db, each.id) for each in told]
    known = sorted(each.address for each in contacts)
    assert sorted(each.recipient for each in letters_) == (known if phone is None or phone in known else [phone])
    assert {(each.message.kind, each.facts.amount_minor) for each in letters_} == {("refund_done", 4000)}
    assert len(told) == (len(contacts) if phone is None else 1)


async def test_cash_is_given_back_by_a_hand_once(begin: Begin, clock: Clock) -> None:
    desk = await open_desk(begin, clock, Bench())
    fact = CallbackFact("counter", "cash-1", "nobodys", True, 700, "CNY", clock())
    async with begin() as db:
        await record_callback(db, fact, clock())
    await desk.decides(ReviewKind.UNKNOWN_ORDER, ReviewAct.REFUND)
    async with begin() as db:
        (refund,) = await refunds.list_refunds(db, done=False)
        assert (await db.exec(select(Note).where(Note.job == Job.REFUND_PAYMENT))).first() is None
    for expected in (True, False):
        async with begin() as db:
            assert await refunds.hand_out(db, refund.id, desk.staff_id, clock()) is expected
    assert await desk.books() == {}


class _Died(BaseException):
    """Our process was killed."""


class _Dying(SandboxProvider):
    """A provider that gives back, and we die before we hear of it."""

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        await super().refund(ref, refund_ref, amount_minor)
        raise _Died
