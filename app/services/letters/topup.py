"""What a rule asks its owner, or has to tell them."""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.models import Message, Meter, TopUpRule
from app.models.topup import LinkPurpose
from app.services.letters.letter import Letter, Loader, of_meter, reader_of
from app.services.links import LinkWish


async def _rule(db: AsyncSession, message: Message) -> Letter:
    rule = await db.get_one(TopUpRule, message.cause_id)
    meter = await db.get_one(Meter, rule.meter_id)
    wish = LinkWish(meter.id, LinkPurpose.RULE, rule.amount_minor, id=message.id)
    facts = replace(of_meter(meter), amount_minor=rule.amount_minor, link=wish)
    return Letter(message, await reader_of(db, message), facts, holds=rule.stopped_at is None)


LOADERS: dict[MessageKind, Loader] = {MessageKind.TOP_UP_DUE: _rule, MessageKind.TOP_UP_FAILED: _rule}
