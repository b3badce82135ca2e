"""Receipts: issued once for each credited purchase. What one shows is read from the purchase each time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain.clock import local_day
from app.domain.purchase import PurchaseState
from app.domain.receipt import receipt_number
from app.models import Meter, Payment, Purchase, Receipt
from app.outbox import Taken
from app.services import credit_notes
from app.services.energy_sold import sold
from app.services.fees.whereabouts import in_ledger
from app.services.tokens import E5_PER_MINOR, Code, codes_of, tokens_of

_EARNED = (PurchaseState.CREDITED, PurchaseState.SETTLED)


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What a receipt shows, in minor units. amount = arrears + credit; `rounding_minor` came on top of the credit.

    `energy_kwh`: what the credit is in energy, where a terminal counts that. `in_ledger`: the ledger holds the credit.
    `void`: the money went back, so it proves nothing any more; `credit_note` is the number of what says so, where the
    sale was reversed. `prints`: documents handed out so far.
    """

    number: str
    issued_at: datetime
    purchase_ref: str
    meter_number: str
    paid_at: datetime | None
    credited_at: datetime | None
    amount_minor: int
    arrears_minor: int
    credit_minor: int
    rounding_minor: int
    balance_before_minor: int | None
    balance_after_minor: int | None
    codes: tuple[Code, ...]
    provider: str | None
    void: bool
    prints: int
    credit_note: str = ""
    energy_kwh: int | None = None
    in_ledger: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """The digits of `codes`."""
        return tuple(code.digits for code in self.codes)


async def issue_receipt(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Keep the promise of a receipt: give the purchase its number, once. A purchase that ended otherwise gets none."""
    purchase = await db.get_one(Purchase, note.subject_id, with_for_update=True)
    owed = purchase.state in _EARNED and not await _issued(db, purchase)
    if owed and not await credit_notes.is_reversed(db, purchase.id):
        await _number(db, purchase, zone, now)
    await outbox.keep(db, note, now)


async def _number(db: AsyncSession, purchase: Purchase, zone: ZoneInfo, now: datetime) -> None:
    """The last places of a reference make a short number; should that be taken today, earlier places will do."""
    day = local_day(now, zone)
    for ref in (purchase.ref, purchase.ref[:-8], purchase.ref[:-16]):
        row = Receipt(id=uuid4(), purchase_id=purchase.id, number=receipt_number(day, ref), issued_at=now)
        if await add_once(db, row):
            return
    raise RuntimeError(f"no free receipt number for purchase {purchase.id}")


async def _issued(db: AsyncSession, purchase: Purchase) -> Receipt | None:
    return (await db.exec(select(Receipt).where(Receipt.purchase_id == purchase.id))).first()


async def ref_of_receipt(db: AsyncSession, number: str, concentrator_id: UUID) -> str | None:
    """The reference of the purchase that a receipt is of; None for a number that no receipt of that box bears."""
    named = select(Purchase.ref).where(Receipt.number == number, Purchase.id == Receipt.purchase_id)
    here = named.where(Meter.id == Purchase.meter_id, Meter.concentrator_id == concentrator_id)
    return (await db.exec(here)).first()


async def codes_on_receipt(db: AsyncSession, purchase_ref: str) -> tuple[Code, ...]:
    """The codes that a purchase's receipt shows; none while there is no receipt."""
    wanted = select(Purchase.id).where(Purchase.ref == purchase_ref, Receipt.purchase_id == Purchase.id)
    purchase_id = (await db.exec(wanted)).first()
    return await codes_of(db, purchase_id) if purchase_id else ()


async def view_receipt(db: AsyncSession, purchase_ref: str) -> ReceiptView | None:
    """The receipt of a purchase; None while (or because) there is none."""
    purchase = (await db.exec(select(Purchase).where(Purchase.ref == purchase_ref))).first()
    receipt = await _issued(db, purchase) if purchase else None
    if purchase is None or receipt is None:
        return None
    meter = await db.get_one(Meter, purchase.meter_id)
    payment = await db.get(Payment, purchase.payment_id) if purchase.payment_id else None
    tokens = await tokens_of(db, purchase.id)
    given_minor = sum(token.amount_e5 for token in tokens) // E5_PER_MINOR
    energy = await sold(db, purchase.id)
    voided = await credit_notes.of_receipt(db, receipt)
    rounding = max(given_minor - purchase.credit_minor, 0) if tokens else energy.rounding_minor if energy else 0
    return ReceiptView(
        number=receipt.number,
        issued_at=receipt.issued_at,
        purchase_ref=purchase.ref,
        meter_number=meter.number,
        paid_at=payment.paid_at if payment else None,
        credited_at=purchase.credited_at,
        amount_minor=purchase.amount_minor,
        arrears_minor=purchase.arrears_minor,
        credit_minor=purchase.credit_minor,
        rounding_minor=rounding,
        balance_before_minor=purchase.balance_before_minor,
        balance_after_minor=purchase.balance_after_minor,
        codes=await codes_of(db, purchase.id),
        provider=payment.provider if payment else None,
        void=voided is not None or purchase.state == PurchaseState.REFUNDED,
        credit_note=voided.number if voided else "",
        prints=receipt.prints,
        energy_kwh=energy.energy_kwh if energy else None,
        in_ledger=purchase.id in await in_ledger(db, [purchase.id]),
    )


async def count_print(db: AsyncSession, purchase_ref: str) -> int | None:
    """Count one more document of a receipt; return its number (1: the original), or None if there is no receipt."""
    purchase_id = select(Purchase.id).where(Purchase.ref == purchase_ref).scalar_subquery()
    counted = update(Receipt).where(col(Receipt.purchase_id) == purchase_id).values(prints=col(Receipt.prints) + 1)
    row = (await db.execute(counted.returning(col(Receipt.prints)))).first()
    return int(row[0]) if row else None
