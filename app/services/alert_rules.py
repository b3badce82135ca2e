"""When the people of a meter are warned: levels and cycle, and what was sent (SPEC R-7)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain import masking
from app.domain.alarm import NORMAL, AlarmTone, AlertCycle, AlertUnit, MoneyLevel, told_next
from app.models import Alarm, AlertRule, Contact, Message, Meter
from app.outbox import Job
from app.services import alarm_levels, alarms

MOST_DAYS = 60
MOST_MINOR = 10_000_000
_MOST_TOLD = 50


class AlertError(ValueError):
    """What is wrong with a wish. `code`: alert_levels."""

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
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
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
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    row = await alarm_levels.rule_of(db, meter_id)
    if row is not None:
        await db.delete(row)
        await db.flush()
        await alarms.judge_anew(db, meter)


async def history(db: AsyncSession, meter_id: UUID) -> list[Told]:
    """What was sent about a meter, the newest first."""
    rows = select(Message, Contact.address).join(Contact, col(Contact.id) == col(Message.contact_id))
    about = rows.where(Message.meter_id == meter_id).order_by(col(Message.created_at).desc()).limit(_MOST_TOLD)
    return [
        Told(m.id, m.kind, m.channel, masking.reach(address), m.state, m.sent_at or m.created_at)
        for m, address in await db.exec(about)
    ]
