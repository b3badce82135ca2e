"""Rules that top up or remind: made, stopped, and turned into money or a message once a day at most (SPEC R-8)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain import notice
from app.domain.clock import day_start, local_day
from app.domain.meter_life import NotForSale
from app.domain.notice import MessageKind
from app.domain.payment import PaymentState, Way
from app.domain.topup import Decision, Situation, Terms, TopUpKind, decide
from app.models import Agreement, Message, Meter, Payment, Resident, TopUpRule
from app.models.account import ChannelName
from app.outbox import Job, Taken
from app.services.checkout import one_at_a_time, under_way
from app.services.drafts import Telling, draft
from app.services.payments import Origin, PaymentWish, begin_payment

_LOOK_AGAIN = timedelta(minutes=30)
_LOOKS = 20  # ten hours: after that the next reading, or the next day, asks anew
_NIGHT = (time(21), time(8))
_MORNING = timedelta(hours=9)
_LASTS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a rule's owner is told something; `once`: what it is told of one time only, the day or the payment."""

    kind: MessageKind
    once: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A payment that is committed and whose money is to be taken with `secret`, once."""

    payment: Payment
    secret: str
    meter_number: str


def terms_of(rule: TopUpRule) -> Terms:
    """What the rule says."""
    kind = TopUpKind(rule.kind)
    stopped = rule.stopped_at is not None
    return Terms(kind, rule.below_minor, rule.day_of_month, rule.most_a_month, rule.acted_on, stopped)


async def follow(db: AsyncSession, meter: Meter, now: datetime) -> None:
    """A meter was read: promise to look at the rules that its balance may have reached."""
    if meter.balance_minor is None:
        return
    wanted = select(TopUpRule.id).where(TopUpRule.meter_id == meter.id, TopUpRule.kind == TopUpKind.LOW)
    for rule_id in await db.exec(
        wanted.where(col(TopUpRule.stopped_at).is_(None), col(TopUpRule.below_minor) > meter.balance_minor)
    ):
        await outbox.promise(db, Job.CHARGE_RULE, rule_id, now)


async def plan_monthly(db: AsyncSession, zone: ZoneInfo, now: datetime) -> int:
    """Promise the monthly rules whose day has come; return how many. Nothing before nine in the morning."""
    today = local_day(now, zone)
    if now < day_start(now, zone) + _MORNING:
        return 0
    wanted = select(TopUpRule.id).where(
        TopUpRule.kind == TopUpKind.MONTHLY,
        col(TopUpRule.stopped_at).is_(None),
        col(TopUpRule.day_of_month) <= today.day,
        col(TopUpRule.acted_on).is_(None) | (col(TopUpRule.acted_on) < today.replace(day=1)),
        col(TopUpRule.made_at) < day_start(now, zone),
    )
    due = list(await db.exec(wanted))
    for rule_id in due:
        await outbox.promise(db, Job.CHARGE_RULE, rule_id, now)
    return len(due)


async def prepare(db: AsyncSession, note: Taken, zone: ZoneInfo, currency: str, now: datetime) -> Charge | None:
    """Decide about one rule; begin its payment or plan its message, and keep the note, all in this transaction.

    What is returned is to be charged once the transaction has ended. Whoever dies in between has charged nothing, or
    something that ASK_PROVIDER learns of: the payment is there already, and this day is spent.
    """
    rule = await db.get_one(TopUpRule, note.subject_id, with_for_update=True)
    meter = await db.get_one(Meter, rule.meter_id)
    today = local_day(now, zone)
    await one_at_a_time(db, meter.id)
    on_its_way = bool(await under_way(db, meter.id, now))
    seen = Situation(today, meter.balance_minor, await _acts_since(db, rule, today.replace(day=1), zone), on_its_way)
    decision = decide(terms_of(rule), seen)
    if decision is Decision.WAIT and note.attempts < _LOOKS:
        await outbox.postpone(db, note, now + _LOOK_AGAIN, "money is on its way already")
        return None
    if not await outbox.keep(db, note, now) or decision is not Decision.ACT:
        return None
    rule.acted_on = today
    agreement = await _signed(db, rule)
    if agreement is None:
        await _ask(db, rule, Cause(MessageKind.TOP_UP_DUE, f"{rule.id}{today}"), zone, now)
        return None
    try:
        payment = await begin_payment(db, _wish(rule, agreement, currency, f"rule:{rule.id.hex}:{today:%y%m%d}"), now)
    except NotForSale:
        return None  # the next reading, or the next day, asks anew
    return Charge(payment, agreement.provider_ref, meter.number)


def _wish(rule: TopUpRule, agreement: Agreement, currency: str, once: str) -> PaymentWish:
    return PaymentWish(
        meter_id=rule.meter_id,
        amount_minor=rule.amount_minor,
        provider=agreement.provider,
        currency=currency,
        idempotency_key=once,
        lasts=_LASTS,
        way=Way.AGREEMENT,
        origin=Origin(resident_id=rule.resident_id, rule_id=rule.id),
    )


async def say_if_failed(db: AsyncSession, payment_id: UUID, zone: ZoneInfo, now: datetime) -> None:
    """Where a rule's charge surely took no money, say so to who made the rule, once, with a link to pay by.

    May be called for any payment, at any of its states: whoever learns how one ended calls it.
    """
    payment = await db.get_one(Payment, payment_id)
    if payment.rule_id is None or payment.state not in (PaymentState.FAILED, PaymentState.CLOSED):
        return
    rule = await db.get_one(TopUpRule, payment.rule_id)
    await _ask(db, rule, Cause(MessageKind.TOP_UP_FAILED, str(payment.id)), zone, now)


async def _acts_since(db: AsyncSession, rule: TopUpRule, first: date, zone: ZoneInfo) -> int:
    """How often the rule has paid or asked this month."""
    since = datetime.combine(first, time(), zone)
    paid = select(func.count()).select_from(Payment).where(Payment.rule_id == rule.id, col(Payment.created_at) >= since)
    asked = (
        select(func.count())
        .select_from(Message)
        .where(Message.cause_id == rule.id, Message.kind == MessageKind.TOP_UP_DUE, col(Message.created_at) >= since)
    )
    return (await db.exec(paid)).one() + (await db.exec(asked)).one()


async def _signed(db: AsyncSession, rule: TopUpRule) -> Agreement | None:
    """The agreement that the rule may charge by; None where there is none, or it has ended, or is for less."""
    found = await db.get(Agreement, rule.agreement_id) if rule.agreement_id else None
    usable = found is not None and found.ended_at is None and found.provider_ref
    return found if found is not None and usable and found.most_minor >= rule.amount_minor else None


async def _ask(db: AsyncSession, rule: TopUpRule, cause: Cause, zone: ZoneInfo, now: datetime) -> None:
    resident = await db.get_one(Resident, rule.resident_id)
    if resident.phone is None:
        return
    telling = Telling(cause.kind, rule.id, cause.once, str(resident.id), ChannelName.SMS, resident.locale)
    message = draft(telling, now, notice.not_before(now, zone, *_NIGHT))
    message.meter_id, message.address = rule.meter_id, resident.phone
    if await add_once(db, message):
        await outbox.promise_sending(db, message.id, message.not_before, message.importance)
