"""Plans who is told a piece of news, once: contacts and those who stand in, the inbox, whatever stands against it.

Quiet hours, the balance and outages are looked at when a message's time comes, not here (SPEC N-3, N-8, N-10).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.notice import MANNERS, MessageKind, MessageState
from app.domain.plan import Matter, Way, Why, choose
from app.domain.rules import NoticeRules
from app.domain.suppression import SuppressionScope
from app.models import Contact, Message, Meter
from app.models.account import ChannelName
from app.outbox import Sending
from app.services import replacing, rulebook, suppressions
from app.services.drafts import Telling, draft
from app.services.media import is_offered
from app.services.suppressions import Address

_CAPPED = [kind.value for kind, manner in MANNERS.items() if manner.capped]
_VAIN = [
    state.value
    for state in (
        MessageState.FAILED,
        MessageState.GIVEN_UP,
        MessageState.EXPIRED,
        MessageState.DROPPED,
        MessageState.REPLACED,
    )
]
_DAY = timedelta(hours=24)
_LOCALE = "zh"


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell of a meter. `once`: with kind and reader, what is told one time only.

    `first`: nothing was told of this cause yet (a daily warning's next days are not). `expires_at`: where the kind's
    own lifetime is not what counts. `not_before`: where it is for later.
    """

    kind: MessageKind
    cause_id: UUID
    meter_id: UUID | None
    once: str
    expires_at: datetime | None = None
    campaign_id: UUID | None = None
    item_id: UUID | None = None
    reading_id: UUID | None = None
    first: bool = True
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """How many messages to contacts were planned; where none, why (`app.domain.plan.Why`). The inbox is not counted."""

    messages: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is no contact: a responsible person, a line of a recipient file. Quiet hours are local time."""

    channel: ChannelName
    address: str
    locale: str
    quiet_from: time | None = None
    quiet_to: time | None = None


@dataclass(slots=True)
class _People:
    """Everybody whom a batch of news may concern, by meter; and what stands against their addresses."""

    accounts: dict[UUID, UUID]
    contacts: dict[UUID, list[Contact]]
    left_alone: dict[Address, SuppressionScope]
    told: dict[Address, int]
    cap: int


async def tell_account(db: AsyncSession, news: News, now: datetime) -> Planned:
    """Plan news for the contacts of its meter's account and for the account's inbox. A second time changes nothing."""
    return (await tell_all(db, [news], now))[0]


async def tell_all(db: AsyncSession, news: Sequence[News], now: datetime) -> list[Planned]:
    """Plan many, as `tell_account` does each, with a handful of statements; some thousand at a time."""
    people = await _people(db, news, now)
    chosen = [_choose(each, people) for each in news]
    drafts = [[_to_contact(each, who, now) for who in picked] for each, (picked, _) in zip(news, chosen, strict=True)]
    inbox = [row for each in news if (row := _to_inbox(each, people, now)) is not None]
    new = await record(db, [*(row for rows in drafts for row in rows), *inbox])
    return [_planned(rows, reason, new) for rows, (_, reason) in zip(drafts, chosen, strict=True)]


async def tell_address(db: AsyncSession, news: News, reader: Reader, now: datetime) -> Message | None:
    """Plan news for one address that is nobody's contact; None where it was planned, or something stands against it."""
    address = (reader.channel.value, reader.address)
    scope = await suppressions.standing(db, *address)
    told = (await _told(db, {address}, now)).get(address, 0) if MANNERS[news.kind].capped else 0
    cap = (await rulebook.rules(db, NoticeRules)).cap_a_day
    stopped = MANNERS[news.kind].unasked and await suppressions.switched_off(db, *address)
    offered = is_offered(reader.channel)
    way = Way(news.cause_id, *address, stopped=stopped, suppressed=scope, told=told, offered=offered)
    if not choose(Matter(news.kind, news.first, cap), [way]).ways:
        return None
    message = _draft(news, Telling(news.kind, news.cause_id, news.once, reader.address, *_how(reader)), now)
    message.address, message.quiet_from, message.quiet_to = reader.address, reader.quiet_from, reader.quiet_to
    return message if await record(db, [message]) else None


async def record(db: AsyncSession, messages: Sequence[Message]) -> frozenset[UUID]:
    """Keep drafts whose dedupe key is new, mark what they replace, promise their sending; return the new ids."""
    if not messages:
        return frozenset()
    rows = [message.model_dump() for message in messages]
    new = frozenset((await db.execute(_INSERT, rows)).scalars().all())
    fresh = [message for message in messages if message.id in new]
    await replacing.replace_older(db, fresh)
    await outbox.promise_sendings(db, [Sending(each.id, each.not_before, each.importance) for each in fresh])
    return new


_INSERT = insert(table_of(Message)).on_conflict_do_nothing().returning(table_of(Message).c.id)


async def _people(db: AsyncSession, news: Sequence[News], now: datetime) -> _People:
    meters = {each.meter_id for each in news}
    accounts = dict((await db.exec(select(Meter.id, Meter.account_id).where(col(Meter.id).in_(meters)))).all())
    rows = select(Meter.id, Contact).join(Contact, col(Contact.account_id) == col(Meter.account_id))
    rows = rows.where(col(Meter.id).in_(meters)).order_by(col(Contact.position), col(Contact.id))
    contacts: dict[UUID, list[Contact]] = {}
    for meter_id, contact in await db.exec(rows):
        contacts.setdefault(meter_id, []).append(contact)
    addresses = {address_of(contact) for known in contacts.values() for contact in known}
    capped = any(MANNERS[each.kind].capped for each in news)
    told = await _told(db, addresses, now) if capped else {}
    cap = (await rulebook.rules(db, NoticeRules)).cap_a_day
    return _People(accounts, contacts, await suppressions.standing_for(db, addresses), told, cap)


async def _told(db: AsyncSession, addresses: set[Address], now: datetime) -> dict[Address, int]:
    """How many capped messages each address has been sent, or is to be sent, in the last 24 hours."""
    wanted = {address for _, address in addresses}
    found: dict[Address, int] = {}
    count = func.count()
    to_contacts = select(Contact.channel, Contact.address, count).join(
        Message, col(Message.contact_id) == col(Contact.id)
    )
    to_contacts = to_contacts.where(col(Contact.address).in_(wanted)).group_by(Contact.channel, Contact.address)
    to_others = select(Message.channel, Message.address, count).where(col(Message.address).in_(wanted))
    for statement in (to_contacts, to_others.group_by(col(Message.channel), col(Message.address))):
        counted = statement.where(col(Message.created_at) > now - _DAY, col(Message.kind).in_(_CAPPED))
        for channel, address, number in await db.exec(counted.where(col(Message.state).not_in(_VAIN))):
            found[channel, address or ""] = found.get((channel, address or ""), 0) + number
    return found


def _choose(news: News, people: _People) -> tuple[list[Contact], Why | None]:
    contacts = people.contacts.get(news.meter_id, []) if news.meter_id else []
    ways = [way_of(contact, people.left_alone, people.told) for contact in contacts]
    choice = choose(Matter(news.kind, news.first, people.cap), ways)
    picked = {way.id for way in choice.ways}
    if MANNERS[news.kind].capped:
        for way in choice.ways:
            people.told[way.channel, way.address] = way.told + 1
    return [contact for contact in contacts if contact.id in picked], choice.reason


def way_of(contact: Contact, left_alone: dict[Address, SuppressionScope], told: dict[Address, int]) -> Way:
    """A contact as the rule of chains sees it."""
    address = address_of(contact)
    stopped = contact.stopped_at is not None
    left, already = left_alone.get(address), told.get(address, 0)
    offered, wants = is_offered(contact.channel), contact.wants_results
    return Way(contact.id, *address, contact.stands_in_for_id, stopped, left, already, offered, wants)


def address_of(contact: Contact) -> Address:
    """What suppressions and caps know it by."""
    return contact.channel, contact.address


def _to_contact(news: News, contact: Contact, now: datetime) -> Message:
    telling = Telling(news.kind, news.cause_id, news.once, str(contact.id), contact.channel, contact.locale)
    message = _draft(news, telling, now)
    message.contact_id = contact.id
    return message


def _to_inbox(news: News, people: _People, now: datetime) -> Message | None:
    """What residents find on the portal and at the terminal, whatever stands against their telephones."""
    account_id = people.accounts.get(news.meter_id) if news.meter_id else None
    if account_id is None or not MANNERS[news.kind].inbox:
        return None
    contacts = people.contacts.get(news.meter_id, []) if news.meter_id else []
    locale = contacts[0].locale if contacts else _LOCALE
    once = f"{news.once}:{news.meter_id}"
    message = _draft(news, Telling(news.kind, news.cause_id, once, "inbox", ChannelName.INBOX, locale), now)
    message.account_id = account_id
    return message


def _draft(news: News, telling: Telling, now: datetime) -> Message:
    message = draft(telling, now, news.not_before)
    message.expires_at = news.expires_at or message.expires_at
    message.meter_id, message.reading_id = news.meter_id, news.reading_id
    message.campaign_id, message.item_id = news.campaign_id, news.item_id
    return message


def _how(reader: Reader) -> tuple[str, str]:
    return reader.channel.value, reader.locale


def _planned(rows: list[Message], reason: Why | None, new: frozenset[UUID]) -> Planned:
    count = sum(row.id in new for row in rows)
    if count:
        return Planned(count)
    return Planned(0, reason or Why.TOLD)
