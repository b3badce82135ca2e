"""Writes the past of a household: what was read, what was bought, and what was booked for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.demo.history import Day
from app.demo.told.home import Lived
from app.domain.fees import FeeControl
from app.domain.ledger import Entry, credit_booking, fund_credit_booking, payment_booking
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.receipt import receipt_number
from app.domain.wallet import BalanceSource, ReadingKind
from app.models import Booking, LedgerEntry, Meter, Payment, Purchase, Reading, Receipt
from app.services.purchases import new_ref

_IN_ORDER: tuple[type[SQLModel], ...] = (Payment, Purchase, Receipt, Booking, LedgerEntry, Reading)


class Pages:
    """Rows by table, written in a few statements: row by row a demo would take a minute to begin."""

    def __init__(self) -> None:
        self._rows: dict[type[SQLModel], list[dict[str, object]]] = {table: [] for table in _IN_ORDER}

    def add(self, row: SQLModel) -> None:
        """Keep a row for later."""
        self._rows[type(row)].append(row.model_dump(exclude={"id"} if isinstance(row, LedgerEntry) else set()))

    def sell(self, meter: Meter, bought: "Bought") -> Purchase:
        """Keep a purchase of the past with everything that belongs to it."""
        paid, purchase, *rest = _sold(meter, bought)
        for row in (paid, purchase, *rest):
            self.add(row)
        if not isinstance(purchase, Purchase):
            raise TypeError
        return purchase

    async def write(self, db: AsyncSession) -> None:
        """Write all of it."""
        for table, rows in self._rows.items():
            if rows:
                await db.execute(insert(table_of(table)), rows)


@dataclass(frozen=True, slots=True)
class Bought:
    """The `count`-th purchase of a meter; its receipt is of that `day`. Fen."""

    day: date
    at: datetime
    count: int
    amount_minor: int
    before_minor: int


async def live(db: AsyncSession, meter: Meter, days: list[Day], now: datetime) -> list[Lived]:
    """Write months of a meter that holds its money itself. `now`: local time."""
    pages, lived, count = Pages(), [], 0
    for each in days:
        at = min(datetime.combine(each.day, time(0, 5), now.tzinfo), now)
        reading, bought = balance_of(meter, each, at), None
        pages.add(reading)
        if each.purchase_minor:
            count += 1
            before = each.balance_minor - each.purchase_minor
            evening = evening_before(meter, at, count)
            bought = pages.sell(meter, Bought(each.day, evening, count, each.purchase_minor, before))
        lived.append(Lived(each, reading.id, at, bought))
    await pages.write(db)
    return lived


def evening_before(meter: Meter, read_at: datetime, count: int) -> datetime:
    """When on the day before a reading something was bought: between noon and night, not all at the same minute."""
    return read_at - timedelta(minutes=90 + (int(meter.number) * 37 + count * 53) % 600)


def balance_of(meter: Meter, each: Day, at: datetime) -> Reading:
    """The balance of a day."""
    source = BalanceSource.LEDGER if meter.fee_control == FeeControl.REMOTE else BalanceSource.DAILY
    row = Reading(
        id=uuid4(), meter_id=meter.id, day=each.day, kind=ReadingKind.BALANCE, value=each.balance_minor, source=source
    )
    row.read_at = at
    return row


def _sold(meter: Meter, what: Bought) -> Iterator[SQLModel]:
    """Payment and purchase, then bookings and receipt."""
    amount, at, in_ledger = what.amount_minor, what.at, meter.fee_control == FeeControl.REMOTE
    paid_at, credited_at = at + timedelta(seconds=20), at + timedelta(seconds=20 if in_ledger else 26)
    paid = Payment(
        id=uuid4(),
        ref=new_ref(),
        provider="sandbox",
        meter_id=meter.id,
        amount_minor=amount,
        currency="CNY",
        state=PaymentState.PAID,
        created_at=at,
        expires_at=at + timedelta(minutes=30),
        paid_at=paid_at,
    )
    bought = Purchase(
        id=uuid4(),
        ref=new_ref(),
        payment_id=paid.id,
        meter_id=meter.id,
        amount_minor=amount,
        credit_minor=amount,
        state=PurchaseState.CREDITED,
        number=what.count if meter.sgc is None and not in_ledger else None,
        sends=0 if in_ledger else 1,
        created_at=paid_at,
        sending_since=None if in_ledger else paid_at,
        credited_at=credited_at,
        balance_before_minor=what.before_minor,
        balance_after_minor=what.before_minor + amount,
    )
    yield from (paid, bought)
    number = receipt_number(what.day, bought.ref)
    yield Receipt(id=uuid4(), purchase_id=bought.id, number=number, issued_at=at + timedelta(seconds=27))
    yield from book("payment", paid.id, payment_booking("sandbox", amount), paid_at)
    credit = fund_credit_booking(meter.id, amount) if in_ledger else credit_booking(amount)
    yield from book("credit", bought.id, credit, credited_at)


def book(kind: str, subject: UUID, entries: tuple[Entry, ...], at: datetime) -> Iterator[SQLModel]:
    """A booking and its entries."""
    booking = Booking(id=uuid4(), kind=kind, subject_id=subject, booked_at=at)
    yield booking
    for e in entries:
        yield LedgerEntry(booking_id=booking.id, ledger_account=e.account, amount_minor=e.amount_minor)
