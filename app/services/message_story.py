"""One message from its cause to its end: for staff, and for whoever got it ("why did I get this?", SPEC N-8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind, MessageState
from app.models import (
    Alarm,
    Announcement,
    Campaign,
    Contact,
    Message,
    MessageAttempt,
    MessageEvent,
    Meter,
    Purchase,
    Reading,
    Staff,
    TemplateVersion,
)
from app.models.account import ChannelName


@dataclass(frozen=True, slots=True)
class BalanceFell:
    """A warning: the balance that was read, when, and where the figure came from; `opened_at`: of the episode."""

    kind: ClassVar[str] = "balance_fell"
    balance_minor: int
    read_at: datetime | None
    source: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bought:
    """A result or a token: the purchase."""

    kind: ClassVar[str] = "bought"
    ref: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Announced:
    """An outage or news, told to the area the meter lies in."""

    kind: ClassVar[str] = "announced"
    id: UUID
    title_zh: str
    title_en: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class SentByStaff:
    """A bulk send, and who made it."""

    kind: ClassVar[str] = "sent_by_staff"
    id: UUID
    name: str
    by: str


@dataclass(frozen=True, slots=True)
class Other:
    """Whatever says enough by the kind of the message alone: a code, a receipt, an answer."""

    kind: ClassVar[str] = "other"


Why = BalanceFell | Bought | Announced | SentByStaff | Other


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `what`: planned, waits, tried, ended, heard, replaced, stands_in, read, wiped.

    `word`: a state or an outcome; `detail`: the carrier, the provider's reason, another message's id.
    """

    at: datetime
    what: str
    word: str = ""
    detail: str = ""
    other_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A message with everything that is known of it. `address` as it is: whoever shows it masks it by role."""

    message: Message
    state: MessageState
    kind: MessageKind
    channel: ChannelName
    address: str
    meter_number: str | None
    why: Why
    steps: tuple[Step, ...]
    template: TemplateVersion | None = None


async def tell(db: AsyncSession, message_id: UUID) -> Story | None:
    """The story of a message; None if there is none of that id."""
    message = await db.get(Message, message_id)
    if message is None:
        return None
    contact = await db.get(Contact, message.contact_id) if message.contact_id else None
    meter = await db.get(Meter, message.meter_id) if message.meter_id else None
    address = "" if message.wiped_at else (contact.address if contact else message.address or "")
    return Story(
        message=message,
        state=MessageState(message.state),
        kind=MessageKind(message.kind),
        channel=ChannelName(message.channel),
        address=address,
        meter_number=meter.number if meter else None,
        why=await _why(db, message),
        steps=await _steps(db, message),
        template=await db.get(TemplateVersion, message.template_id) if message.template_id else None,
    )


async def _why(db: AsyncSession, message: Message) -> Why:
    if message.campaign_id is not None:
        return await _bulk(db, message.campaign_id)
    episode = await db.get(Alarm, message.cause_id)
    if episode is not None:
        reading = await db.get(Reading, message.reading_id or episode.reading_id or message.cause_id)
        balance, at, source = episode.balance_minor, None, ""
        if reading is not None:
            balance, at, source = reading.value, reading.read_at, reading.source
        return BalanceFell(balance, at, source, episode.opened_at, episode.closed_at)
    purchase = await db.get(Purchase, message.cause_id)
    return Bought(purchase.ref, purchase.amount_minor) if purchase else Other()


async def _bulk(db: AsyncSession, campaign_id: UUID) -> Why:
    campaign = await db.get_one(Campaign, campaign_id)
    if campaign.announcement_id is not None:
        told = await db.get_one(Announcement, campaign.announcement_id)
        return Announced(told.id, told.title_zh, told.title_en, told.from_at, told.until_at)
    person = await db.get(Staff, campaign.made_by) if campaign.made_by else None
    return SentByStaff(campaign.id, campaign.name, person.name if person else "")


async def _steps(db: AsyncSession, message: Message) -> tuple[Step, ...]:
    steps = [Step(message.created_at, "planned")]
    if message.not_before > message.created_at:
        steps.append(Step(message.not_before, "waits"))
    steps += await _tries(db, message) + await _words(db, message) + await _kin(db, message)
    if message.read_at is not None:
        steps.append(Step(message.read_at, "read"))
    if message.wiped_at is not None:
        steps.append(Step(message.wiped_at, "wiped"))
    return tuple(sorted(steps, key=lambda step: step.at))


async def _tries(db: AsyncSession, message: Message) -> list[Step]:
    made = select(MessageAttempt).where(MessageAttempt.message_id == message.id).order_by(col(MessageAttempt.number))
    steps: list[Step] = []
    for each in await db.exec(made):
        steps.append(Step(each.began_at, "tried", str(each.number), each.carrier))
        if each.ended_at is not None:
            steps.append(Step(each.ended_at, "ended", each.outcome, each.carrier))
    return steps


async def _words(db: AsyncSession, message: Message) -> list[Step]:
    heard = select(MessageEvent).where(MessageEvent.message_id == message.id).order_by(col(MessageEvent.at))
    return [Step(each.at, "heard", each.state, each.reason) for each in await db.exec(heard)]


async def _kin(db: AsyncSession, message: Message) -> list[Step]:
    """Other messages of the same news: the one it stands in for, those that stood in, the newer that replaced it."""
    steps: list[Step] = []
    if message.stands_in_for_id is not None:
        steps.append(Step(message.created_at, "stands_in", other_id=message.stands_in_for_id))
    newer = await db.get(Message, message.replaced_by_id) if message.replaced_by_id else None
    if newer is not None:
        steps.append(Step(newer.created_at, "replaced", other_id=newer.id))
    after = select(Message).where(Message.stands_in_for_id == message.id)
    steps += [Step(each.created_at, "told_otherwise", each.channel, other_id=each.id) for each in await db.exec(after)]
    return steps
