"""How the people of a meter are warned: levels, cycle, ways, and what was sent (SPEC R-7)."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app import outbox
from app.db import add_once
from app.domain import masking
from app.domain.alarm import NORMAL, AlarmTone, AlertCycle, AlertUnit, MoneyLevel, told_next
from app.domain.notice import MessageKind, lifetime
from app.models import AddressProof, Alarm, AlertRule, Contact, Message, Meter
from app.models.account import ChannelName
from app.outbox import Job
from app.services import alarm_levels, alarms
from app.services.drafts import Telling, draft

MOST_DAYS = 60
MOST_MINOR = 10_000_000
MOST_MAILS = 5
_PROOFS_A_DAY = 5
_MOST_TOLD = 50
_MAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_MAIL = 254


class AlertError(ValueError):
    """What is wrong with a wish. `code`: alert_levels, mail_bad, mail_known, mail_too_many, mail_over."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rule:
    """When warnings come. `figures`: minor units or days left, by `unit`, first warning first; `hour` is local."""

    unit: AlertUnit
    figures: tuple[int, ...]
    cycle: AlertCycle
    hour: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a meter. `chosen`: by its holders. `most`: how many levels they may choose.

    `watch`: the levels in money as they hold now.
    """

    rule: Rule
    chosen: bool
    most: int
    watch: tuple[MoneyLevel, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """How one way of reaching somebody is used. Quiet hours are local; both None: none."""

    on: bool
    locale: str
    quiet_from: time | None = None
    quiet_to: time | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A contact of the account, with as much of its address as tells it from others."""

    id: UUID
    channel: ChannelName
    address: str
    habit: Habit


@dataclass(frozen=True, slots=True)
class Told:
    """A message that went, or was to go, to a contact of this meter. Never its words, which may hold a token."""

    id: UUID
    kind: str
    channel: str
    address: str
    state: str
    at: datetime


async def standing(db: AsyncSession, meter_id: UUID) -> Standing:
    """What holds for a meter: its holders' choice, else the utility's levels in money."""
    meter, chosen = await db.get_one(Meter, meter_id), await alarm_levels.rule_of(db, meter_id)
    watch = (await alarm_levels.watch_of(db, meter)).levels
    most = await _most(db, meter)
    if chosen is not None:
        rule = Rule(AlertUnit(chosen.unit), tuple(chosen.figures), AlertCycle(chosen.cycle), chosen.hour)
        return Standing(rule, chosen=True, most=most, watch=watch)
    before_owing = [level for level in watch if level.tone is not AlarmTone.OWING]
    first = next(iter(watch), None)
    cycle, hour = (first.cycle, first.hour) if first else (AlertCycle.ONCE, 9)
    rule = Rule(AlertUnit.MONEY, tuple(level.below_minor for level in before_owing), cycle, hour)
    return Standing(rule, chosen=False, most=most, watch=watch)


async def _most(db: AsyncSession, meter: Meter) -> int:
    policy = await alarm_levels.policy_of(db, meter)
    return sum(level.tone is not AlarmTone.OWING for level in policy.levels)


async def save(db: AsyncSession, meter_id: UUID, wish: Rule, zone: ZoneInfo, now: datetime) -> None:
    """Let a wish hold from now on, for the balance that was read last too. Raises AlertError("alert_levels")."""
    meter = await db.get_one(Meter, meter_id, with_for_update=True)
    _check(wish, await _most(db, meter))
    row = await alarm_levels.rule_of(db, meter_id) or AlertRule(meter_id=meter_id, figures=[])
    row.unit, row.figures = wish.unit, list(wish.figures)
    row.cycle, row.hour = wish.cycle, wish.hour
    db.add(row)
    await db.flush()
    await alarms.judge_anew(db, meter)
    again = told_next(wish.cycle, wish.hour, now, zone)
    if again is not None and meter.alarm_depth != NORMAL:
        lasting = select(Alarm.id).where(Alarm.meter_id == meter_id, col(Alarm.closed_at).is_(None))
        for episode_id in (await db.exec(lasting)).all():
            await outbox.promise(db, Job.ANNOUNCE_ALARM, episode_id, again)


def _check(wish: Rule, most: int) -> None:
    top = {AlertUnit.DAYS: MOST_DAYS, AlertUnit.MONEY: MOST_MINOR}.get(wish.unit, 0)
    falling = all(above > below for above, below in pairwise(wish.figures))
    if not 1 <= len(wish.figures) <= most or not falling or not 0 <= wish.hour <= 23:
        raise AlertError("alert_levels")
    if wish.figures[0] > top or wish.figures[-1] < 0:
        raise AlertError("alert_levels")


async def forget(db: AsyncSession, meter_id: UUID) -> None:
    """Let the utility's levels hold again, for the balance that was read last too."""
    meter = await db.get_one(Meter, meter_id, with_for_update=True)
    row = await alarm_levels.rule_of(db, meter_id)
    if row is not None:
        await db.delete(row)
        await db.flush()
        await alarms.judge_anew(db, meter)


async def ways(db: AsyncSession, meter_id: UUID) -> list[Way]:
    """Every contact of the meter's account."""
    return [_way(contact) for contact in await db.exec(_contacts(meter_id).order_by(col(Contact.position)))]


async def change_way(db: AsyncSession, meter_id: UUID, contact_id: UUID, habit: Habit, now: datetime) -> bool:
    """Use a contact so from now on; switched off it gets no warnings. False for one that is not of this meter."""
    found = (await db.exec(_contacts(meter_id).where(Contact.id == contact_id).with_for_update())).first()
    if found is None:
        return False
    found.stopped_at = None if habit.on else found.stopped_at or now
    found.locale, found.quiet_from, found.quiet_to = habit.locale, habit.quiet_from, habit.quiet_to
    return True


async def ask_mail(db: AsyncSession, proof: AddressProof, now: datetime) -> None:
    """Write to a new mail address for its owner's consent; until then nothing else goes there. Raises AlertError.

    `proof` comes with meter, resident, address and locale; the rest is set here.
    """
    address = proof.address.strip()
    if len(address) > _LONGEST_MAIL or not _MAIL.fullmatch(address):
        raise AlertError("mail_bad")
    await db.get_one(Meter, proof.meter_id, with_for_update=True)  # two at once are counted one after the other
    mails = [c for c in await db.exec(_contacts(proof.meter_id)) if c.channel == ChannelName.EMAIL]
    if any(c.address.casefold() == address.casefold() for c in mails):
        raise AlertError("mail_known")
    asked = select(func.count()).select_from(AddressProof).where(AddressProof.meter_id == proof.meter_id)
    today = (await db.exec(asked.where(col(AddressProof.made_at) > now - timedelta(days=1)))).one()
    if today >= _PROOFS_A_DAY or len(mails) >= MOST_MAILS:
        raise AlertError("mail_too_many")
    proof.address, proof.made_at, proof.expires_at = address, now, now + lifetime(MessageKind.CONFIRM_ADDRESS)
    message = _request(proof)
    db.add_all([proof, message])
    await db.flush()
    await outbox.promise_sending(db, message.id, now, message.importance)


def _request(proof: AddressProof) -> Message:
    kind = MessageKind.CONFIRM_ADDRESS
    telling = Telling(kind, proof.id, str(proof.id), proof.address, ChannelName.EMAIL, proof.locale)
    message = draft(telling, proof.made_at)
    message.address = proof.address
    return message


async def open_proof(db: AsyncSession, proof_id: UUID, now: datetime) -> AddressProof | None:
    """A confirmation that still waits, locked; None for one that is over or was given."""
    proof = await db.get(AddressProof, proof_id, with_for_update=True)
    return proof if proof and proof.used_at is None and now < proof.expires_at else None


async def confirm_mail(db: AsyncSession, proof_id: UUID, now: datetime) -> None:
    """The owner agrees: the address is a contact of the account. Raises AlertError("mail_over")."""
    proof = await open_proof(db, proof_id, now)
    if proof is None:
        raise AlertError("mail_over")
    proof.used_at = now
    meter = await db.get_one(Meter, proof.meter_id)
    contact = Contact(
        id=uuid4(),
        account_id=meter.account_id,
        channel=ChannelName.EMAIL,
        address=proof.address,
        locale=proof.locale,
        position=1,
    )
    await add_once(db, contact)


async def history(db: AsyncSession, meter_id: UUID) -> list[Told]:
    """What was sent about a meter, the newest first."""
    rows = select(Message, Contact.address).join(Contact, col(Contact.id) == col(Message.contact_id))
    about = rows.where(Message.meter_id == meter_id).order_by(col(Message.created_at).desc()).limit(_MOST_TOLD)
    return [
        Told(m.id, m.kind, m.channel, masking.reach(address), m.state, m.sent_at or m.created_at)
        for m, address in await db.exec(about)
    ]


def _contacts(meter_id: UUID) -> SelectOfScalar[Contact]:
    account = select(Meter.account_id).where(Meter.id == meter_id).scalar_subquery()
    return select(Contact).where(Contact.account_id == account)


def _way(contact: Contact) -> Way:
    habit = Habit(contact.stopped_at is None, contact.locale, contact.quiet_from, contact.quiet_to)
    return Way(contact.id, ChannelName(contact.channel), masking.reach(contact.address), habit)
