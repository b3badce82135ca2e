"""Money that has gone back."""

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.domain.payment import CASH_DESK
from app.models import Message, Meter, Refund
from app.services.letters.facts import Facts
from app.services.letters.letter import Letter, Loader, reader_of


async def _refund(db: AsyncSession, message: Message) -> Letter:
    """To whoever paid it; nothing of the meter's balance is told to them."""
    refund = await db.get_one(Refund, message.cause_id)
    meter = await db.get_one(Meter, message.meter_id)
    by_hand = refund.provider == CASH_DESK
    facts = Facts(
        meter.number, None, None, None, amount_minor=refund.amount_minor, currency=refund.currency, by_hand=by_hand
    )
    return Letter(message, await reader_of(db, message), facts, holds=True)


LOADERS: dict[MessageKind, Loader] = {MessageKind.REFUND_DONE: _refund}
