"""Who carries the next message: by share, the same again after a lost answer, somebody else after a refusal."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageState
from app.domain.sharing import MoveReason
from app.models import Message, MessageAttempt
from app.models.account import ChannelName
from app.services import carriers
from app.services.carrier_paces import Place
from notifier.channels import Channels
from notifier.ports import CREDENTIALS, ELSEWHERE, PROVIDERS_OWN, Channel, DeliveryError
from notifier.shared import Shared

WAITS = timedelta(minutes=1)
"""How long a message waits whose providers are all off."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Who carries a message. `others`: if this one will not, somebody else may."""

    channel: Channel
    others: bool


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody can carry it now. `reason`: not_offered (for good), or carriers_off (until staff have mended that)."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What earlier tries of a message showed. `open`: its answer was lost; `refused`: never with this message;
    `stumbled`: it had troubles of its own, so others first."""

    open: str | None = None
    refused: frozenset[str] = frozenset()
    stumbled: str | None = None


async def pick(db: AsyncSession, channels: Channels, message: Message, now: datetime) -> Pick | Nobody:
    """Say who carries `message` next. After a try whose end nobody knows it is the same provider, for it is asked."""
    found = channels.get(ChannelName(message.channel))
    if found is None:
        return Nobody("not_offered")
    if not isinstance(found, Shared):
        return Pick(found, others=False)
    await refresh(db, found, now)
    return among(found, await _tried(db, message), now)


def among(shared: Shared, tried: Tried, now: datetime) -> Pick | Nobody:
    """The choice itself, from what is known of the providers and of earlier tries."""
    if tried.open is not None:
        same = shared.member(tried.open)
        if same is not None:
            return Pick(same, others=bool(set(shared.names) - tried.refused - {same.name}))
    able = [name for name in shared.open_names() if name not in tried.refused]
    if not able:
        gone = all(name in tried.refused for name in shared.names)
        return Nobody("refused_by_all") if gone else Nobody("carriers_off", now + WAITS)
    channel = shared.choose([name for name in able if name != tried.stumbled] or able)
    left = set(shared.names) - tried.refused - {channel.name}  # also those that are off: they will be back
    return Pick(channel, others=bool(left))


async def _tried(db: AsyncSession, message: Message) -> Tried:
    if message.attempted_at is None:
        return Tried()
    tries = select(MessageAttempt).where(MessageAttempt.message_id == message.id)
    rows = (await db.exec(tries.order_by(col(MessageAttempt.number)))).all()
    under_way = message.carrier if message.state == MessageState.SENDING else None
    if not rows:
        return Tried(open=under_way)
    last = rows[-1]
    return Tried(
        open=last.carrier if last.ended_at is None else under_way,
        refused=frozenset(row.carrier for row in rows if row.outcome in ELSEWHERE),
        stumbled=last.carrier if last.outcome in PROVIDERS_OWN else None,
    )


async def note(db: AsyncSession, channel: Channel, medium: ChannelName, error: DeliveryError, now: datetime) -> None:
    """Count a refusal against its provider, where it is the provider's own."""
    if error.reason == CREDENTIALS:
        await carriers.switch_off(db, Place(channel.name, medium), MoveReason.CREDENTIALS, now)
    elif error.reason in PROVIDERS_OWN:
        await carriers.stumble(db, Place(channel.name, medium), MoveReason.ERRORS, now)


async def refresh(db: AsyncSession, shared: Shared, now: datetime) -> None:
    """Read the shares again if our copy of them is old."""
    if shared.stale(now):
        known = await carriers.enrol(db, shared.medium, shared.names, now)
        shared.learn(known, now)


async def begin(db: AsyncSession, channels: Channels, now: datetime) -> None:
    """A notifier starts: every provider has its row, and who was off for wrong credentials gets another try."""
    for medium, found in channels.items():
        if isinstance(found, Shared):
            await carriers.enrol(db, medium, found.names, now)
            await carriers.reopen(db, medium, found.names, now)
