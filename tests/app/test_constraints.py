"""What the database itself refuses, whoever asks."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import SQLModel

from app.db import Begin
from app.domain.ledger import BookingKind, Entry, payment_booking
from app.models import Alarm, Audit, Booking, LedgerEntry, Message, PaymentCallback, Purchase, Reading, Review, Token
from app.services.ledger import book
from app.services.purchases import new_ref
from tests import build
from tests.clocks import Clock


@pytest.fixture
async def street(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


async def refused(begin: Begin, *rows: SQLModel) -> None:
    with pytest.raises(DBAPIError):
        async with begin() as db:
            for row in rows:
                db.add(row)
                await db.flush()


async def add(begin: Begin, row: SQLModel) -> None:
    async with begin() as db:
        db.add(row)


def purchase(street: build.Utility, clock: Clock, **more: object) -> Purchase:
    facts = {"amount_minor": 5000, "credit_minor": 5000, "created_at": clock(), **more}
    return Purchase(ref=new_ref(), meter_id=street.esam.id, **facts)  # type: ignore[arg-type]


async def test_a_booking_that_does_not_sum_to_zero_is_refused_at_commit(begin: Begin, clock: Clock) -> None:
    booking = Booking(id=uuid4(), kind="payment", subject_id=uuid4(), booked_at=clock())
    entry = LedgerEntry(booking_id=booking.id, ledger_account="provider:sandbox", amount_minor=5000)
    await refused(begin, booking, entry)


async def test_a_booking_without_entries_is_refused(begin: Begin, clock: Clock) -> None:
    await refused(begin, Booking(kind="payment", subject_id=uuid4(), booked_at=clock()))


async def test_entries_that_do_not_balance_are_refused_before_the_database_is_asked(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        with pytest.raises(ValueError, match="sum to zero"):
            await book(db, BookingKind.PAYMENT, uuid4(), (Entry("a", 1), Entry("b", 1)), clock())


async def test_a_fact_is_booked_once(begin: Begin, clock: Clock) -> None:
    subject = uuid4()
    async with begin() as db:
        booked = [
            await book(db, BookingKind.PAYMENT, subject, payment_booking("sandbox", 100), clock()) for _ in range(2)
        ]
    assert booked == [True, False]


@pytest.mark.parametrize("table", ["booking", "ledger_entry", "audit"])
@pytest.mark.parametrize("act", ["delete from {}", "update {} set id = id"])
async def test_books_and_audit_only_grow(begin: Begin, clock: Clock, table: str, act: str) -> None:
    async with begin() as db:
        await book(db, BookingKind.PAYMENT, uuid4(), payment_booking("sandbox", 100), clock())
        db.add(Audit(act="sign_in", at=clock()))
    with pytest.raises(DBAPIError, match="only ever grows"):
        async with begin() as db:
            await db.execute(text(act.format(table)))


async def test_an_event_of_a_provider_is_kept_once(begin: Begin, clock: Clock) -> None:
    def event() -> PaymentCallback:
        return PaymentCallback(
            provider="sandbox",
            event_id="e1",
            order_ref="r",
            succeeded=True,
            amount_minor=1,
            currency="CNY",
            occurred_at=clock(),
            received_at=clock(),
        )

    await add(begin, event())
    await refused(begin, event())


async def test_one_purchase_of_a_meter_is_on_its_way(begin: Begin, street: build.Utility, clock: Clock) -> None:
    await add(begin, purchase(street, clock, state="sending"))
    await refused(begin, purchase(street, clock, state="sending"))


async def test_a_purchase_number_is_used_once_per_meter(begin: Begin, street: build.Utility, clock: Clock) -> None:
    await add(begin, purchase(street, clock, state="credited", number=1))
    await refused(begin, purchase(street, clock, state="credited", number=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0, "credit_minor": 0},
        {"amount_minor": -5, "credit_minor": -5},
        {"credit_minor": 4999},
        {"credit_minor": 6000, "arrears_minor": -1000},
        {"state": "lost"},
        {"kind": "gift"},
    ],
)
async def test_a_purchase_that_cannot_be_is_refused(
    begin: Begin, street: build.Utility, clock: Clock, wrong: dict[str, object]
) -> None:
    await refused(begin, purchase(street, clock, **wrong))


async def test_a_payment_has_one_purchase(begin: Begin, street: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        paid = await build.payment(db, street.esam, 5000, clock())
    await add(begin, purchase(street, clock, payment_id=paid.id))
    await refused(begin, purchase(street, clock, payment_id=paid.id))


async def test_a_token_is_twenty_digits_and_its_identifier_is_used_once(
    begin: Begin, street: build.Utility, clock: Clock
) -> None:
    first, second = purchase(street, clock), purchase(street, clock)
    async with begin() as db:
        db.add_all([first, second])

    def token(owner: Purchase, digits: str, tid: int) -> Token:
        return Token(
            purchase_id=owner.id,
            meter_id=street.esam.id,
            digits=digits,
            tid=tid,
            subclass=4,
            amount_e5=1,
            issued_at=clock(),
        )

    await refused(begin, token(first, "123", 1))
    await add(begin, token(first, "1" * 20, 1))
    await refused(begin, token(second, "2" * 20, 1))


async def test_a_level_has_one_open_episode(begin: Begin, street: build.Utility, clock: Clock) -> None:
    def episode() -> Alarm:
        return Alarm(meter_id=street.esam.id, depth=1, opened_at=clock(), balance_minor=1)

    first = episode()
    await add(begin, first)
    await refused(begin, episode())
    async with begin() as db:
        (await db.get_one(Alarm, first.id)).closed_at = clock()
    await add(begin, episode())


async def test_a_figure_is_kept_once_a_day(begin: Begin, street: build.Utility, clock: Clock) -> None:
    def figure() -> Reading:
        return Reading(
            meter_id=street.esam.id, day=clock().date(), kind="balance", value=1, source="daily", read_at=clock()
        )

    await add(begin, figure())
    await refused(begin, figure())


async def test_a_message_is_planned_once_per_dedupe_key(begin: Begin, street: build.Utility, clock: Clock) -> None:
    def message() -> Message:
        return Message(
            contact_id=street.contact.id,
            meter_id=street.esam.id,
            cause_id=street.esam.id,
            kind="alarm_a",
            dedupe_key="k",
            channel="sms",
            locale="en",
            created_at=clock(),
            not_before=clock(),
            expires_at=clock() + timedelta(hours=1),
        )

    await add(begin, message())
    await refused(begin, message())


async def test_a_message_goes_to_a_contact_or_to_an_address(begin: Begin, street: build.Utility, clock: Clock) -> None:
    for contact_id, address in ((None, None), (street.contact.id, "+8613800000001")):
        message = Message(
            contact_id=contact_id,
            address=address,
            cause_id=street.esam.id,
            kind="login_code",
            dedupe_key="k",
            channel="sms",
            locale="en",
            created_at=clock(),
            not_before=clock(),
            expires_at=clock(),
        )
        await refused(begin, message)


async def test_a_question_is_open_once(begin: Begin, clock: Clock) -> None:
    subject = uuid4()

    def question() -> Review:
        return Review(kind="work_order", subject_id=subject, evidence={}, opened_at=clock())

    await add(begin, question())
    with pytest.raises(IntegrityError):
        async with begin() as db:
            db.add(question())
