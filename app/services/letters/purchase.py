"""What was paid for: the result, the token, the receipt."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import notice
from app.domain.notice import MessageKind
from app.domain.purchase import PurchaseState
from app.domain.relay import Supply
from app.models import Message, Meter, Purchase, Token
from app.services import credit_notes
from app.services.energy_sold import sold
from app.services.letters.facts import Facts
from app.services.letters.letter import Letter, Loader, reader_of


async def _credited(db: AsyncSession, message: Message) -> Letter:
    purchase, meter = await _both(db, message)
    energy = await sold(db, purchase.id)
    facts = replace(_of_purchase(meter, purchase), energy_kwh=energy.energy_kwh if energy else None)
    return Letter(message, await reader_of(db, message), facts, holds=True)


async def _token(db: AsyncSession, message: Message) -> Letter:
    purchase, meter = await _both(db, message)
    facts = _of_purchase(meter, purchase, await _tokens(db, purchase.id))
    return Letter(message, await reader_of(db, message), facts, notice.token_helps(PurchaseState(purchase.state)))


async def _receipt(db: AsyncSession, message: Message) -> Letter:
    """A receipt goes where whoever held its page wanted it; its words are the page's, behind the link."""
    purchase, meter = await _both(db, message)
    energy = await sold(db, purchase.id)
    void = await credit_notes.view_note(db, purchase.ref) is not None
    facts = replace(_of_purchase(meter, purchase), receipt_of=purchase.ref, void=void)
    facts = replace(facts, energy_kwh=energy.energy_kwh if energy else None)
    return Letter(message, await reader_of(db, message), facts, holds=True)


async def _both(db: AsyncSession, message: Message) -> tuple[Purchase, Meter]:
    purchase = await db.get_one(Purchase, message.cause_id)
    return purchase, await db.get_one(Meter, purchase.meter_id)


def _of_purchase(meter: Meter, purchase: Purchase, tokens: tuple[str, ...] = ()) -> Facts:
    return Facts(
        meter_number=meter.number,
        balance_minor=purchase.balance_after_minor,
        read_at=purchase.credited_at,
        days_left=None,
        supply=_supply_since(meter, purchase.credited_at),
        amount_minor=purchase.amount_minor,
        arrears_minor=purchase.arrears_minor,
        credit_minor=purchase.credit_minor,
        tokens=tokens,
    )


def _supply_since(meter: Meter, at: datetime | None) -> Supply:
    """What was known before the credit says nothing about the light after it."""
    if at is None or meter.supply_read_at is None or meter.supply_read_at < at:
        return Supply.UNKNOWN
    return Supply(meter.supply)


async def _tokens(db: AsyncSession, purchase_id: UUID) -> tuple[str, ...]:
    issued = select(Token.digits).where(Token.purchase_id == purchase_id).order_by(col(Token.position))
    return tuple(await db.exec(issued))


LOADERS: dict[MessageKind, Loader] = {
    MessageKind.PURCHASE_CREDITED: _credited,
    MessageKind.PURCHASE_TOKEN: _token,
    MessageKind.RECEIPT: _receipt,
}
