"""Warnings of a low balance, with a link that pays it."""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import notice
from app.domain.money import Limits
from app.domain.notice import MessageKind
from app.domain.offer import Wallet, suggested
from app.models import Account, Alarm, Message, Meter
from app.models.topup import LinkPurpose
from app.services.letters.letter import Letter, Loader, of_meter, reader_of
from app.services.links import LinkWish


async def _warning(db: AsyncSession, message: Message) -> Letter:
    episode = await db.get_one(Alarm, message.cause_id)
    meter = await db.get_one(Meter, message.meter_id)
    open_ = episode.closed_at is None
    holds = notice.warning_holds(episode.depth, meter.alarm_depth, episode_open=open_)
    facts = replace(of_meter(meter), link=await pay_link(db, message, meter))
    return Letter(message, await reader_of(db, message), facts, holds)


async def pay_link(db: AsyncSession, message: Message, meter: Meter) -> LinkWish:
    """A link with what would be sensible to pay now. Its row bears the message's id: one link a message."""
    account = await db.get_one(Account, meter.account_id)
    wallet = Wallet(meter.balance_minor, account.arrears_minor, meter.reclose_limit_minor, meter.daily_use_minor)
    return LinkWish(meter.id, LinkPurpose.REMINDER, suggested(wallet, Limits()), id=message.id)


LOADERS: dict[MessageKind, Loader] = dict.fromkeys(notice.ALARMS.values(), _warning)
