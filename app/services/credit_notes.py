"""Credit notes: a receipt whose sale was reversed is void, and stays as it was issued; the note beside it says so.

Both have a number, and neither is ever changed or taken away (migration 0009 forbids it): one without the other is half
the truth.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.clock import local_day
from app.domain.receipt import credit_note_number
from app.domain.reversing import ReversalState
from app.models import CreditNote, Meter, Purchase, Receipt, Reversal
from app.services.receipt_mail import tell_void
from app.settings import settings


@dataclass(frozen=True, slots=True)
class CreditNoteView:
    """What a credit note shows. `amount_minor`: all of what was paid, in minor units; `prints`: as of a receipt."""

    number: str
    issued_at: datetime
    purchase_ref: str
    receipt_number: str
    receipt_issued_at: datetime
    meter_number: str
    amount_minor: int
    prints: int


async def issue(db: AsyncSession, reversal: Reversal, purchase: Purchase, now: datetime) -> CreditNote | None:
    """Void the receipt of a locked purchase whose sale is reversed, once. None: it has none, and gets none.

    Whoever had the receipt mailed gets it once more, as void.
    """
    receipt = (await db.exec(select(Receipt).where(Receipt.purchase_id == purchase.id))).first()
    if receipt is None:
        return None
    day = local_day(now, ZoneInfo(settings().timezone))
    for places in (receipt.number[-8:], reversal.id.hex[:8], reversal.id.hex[8:16]):
        note = CreditNote(
            id=uuid4(),
            receipt_id=receipt.id,
            reversal_id=reversal.id,
            number=credit_note_number(day, places),
            amount_minor=purchase.amount_minor,
            issued_at=now,
        )
        if await add_once(db, note):
            await tell_void(db, purchase, now)
            return note
    raise RuntimeError(f"no free credit note number for purchase {purchase.id}")


async def is_reversed(db: AsyncSession, purchase_id: UUID) -> bool:
    """Was this sale reversed? Then it gets no receipt any more."""
    done = select(Reversal.id).where(Reversal.purchase_id == purchase_id, Reversal.state == ReversalState.DONE)
    return (await db.exec(done)).first() is not None


async def of_receipt(db: AsyncSession, receipt: Receipt) -> CreditNote | None:
    """What voids a receipt; None: it is in force."""
    return (await db.exec(select(CreditNote).where(CreditNote.receipt_id == receipt.id))).first()


async def view_note(db: AsyncSession, purchase_ref: str) -> CreditNoteView | None:
    """The credit note of a purchase; None: it has none."""
    wanted = select(CreditNote, Receipt, Meter.number).where(Receipt.id == CreditNote.receipt_id)
    wanted = wanted.where(Purchase.id == Receipt.purchase_id, Meter.id == Purchase.meter_id)
    found = (await db.exec(wanted.where(Purchase.ref == purchase_ref))).first()
    if found is None:
        return None
    note, receipt, meter_number = found
    return CreditNoteView(
        number=note.number,
        issued_at=note.issued_at,
        purchase_ref=purchase_ref,
        receipt_number=receipt.number,
        receipt_issued_at=receipt.issued_at,
        meter_number=meter_number,
        amount_minor=note.amount_minor,
        prints=note.prints,
    )


async def count_print(db: AsyncSession, number: str) -> int:
    """Count one more document of a credit note; return its number (1: the original)."""
    counted = update(CreditNote).where(col(CreditNote.number) == number).values(prints=col(CreditNote.prints) + 1)
    return int((await db.execute(counted.returning(col(CreditNote.prints)))).one()[0])
