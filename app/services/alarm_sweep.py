"""Holds every meter's newest balance against its levels at once: edges only, many in a statement (SPEC N-1, N-2).

A reading moves its meter's depth when it comes (`alarms.follow`). The sweep is for what moves without a reading: levels
that staff changed, arrears, balances that were carried in. PostgreSQL looks for meters that stand wrong, by levels
compiled into one CASE; the rule itself (`app.domain.alarm.step`) then decides about those alone. Meters with levels of
their own are all put to the rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, text
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain import alarm
from app.domain.alarm import AlarmTone, AlertCycle, AlertUnit, Level, Policy
from app.domain.importance import Importance
from app.domain.notice import ALARMS
from app.models import Account, AccountLevel, AlertRule, Meter, Purchase
from app.outbox import Job
from app.services.alarm_edges import Edge, Stood, edge_of, move
from app.services.alarm_levels import Place, Policies, policies, watches
from app.services.plans import News
from app.services.plans_bulk import plan_many

Columns = ReadOnlyColumnCollection[str, Any]
BATCH = 5_000
_MOST_FOUND = 100_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What a batch came to: meters that moved, episodes that opened, messages planned to contacts."""

    moved: int = 0
    opened: int = 0
    messages: int = 0

    def __add__(self, other: "Judged") -> "Judged":
        return Judged(self.moved + other.moved, self.opened + other.opened, self.messages + other.messages)


_METER = table_of(Meter).c


async def find_moved(db: AsyncSession) -> list[UUID]:
    """Meters that stand at another depth than their policy says; those with levels of their own are left out."""
    statement = select(_METER.id).join(Account, col(Account.id) == _METER.account_id)
    wrong = stands_wrong(await policies(db), _METER)
    found = statement.where(_METER.balance_minor.is_not(None), ~has_own(_METER), wrong).limit(_MOST_FOUND)
    return list((await db.execute(found)).scalars().all())


def stands_wrong(known: Policies, meter: Columns) -> ColumnElement[bool]:
    """Whether a meter, joined to its account, stands at another depth than its policy says. `meter`: its columns."""
    falling, rising = _by_policy(known, meter, margin=False), _by_policy(known, meter, margin=True)
    return or_(falling > meter.alarm_depth, rising < meter.alarm_depth)


def near_a_level(known: Policies, meter: Columns) -> ColumnElement[bool]:
    """Whether anything but arrears can make a meter stand wrong: its balance is near a level of some policy, or was.

    It needs no account. What arrears change is for the sweep, or for whoever changes them.
    """
    every = [known.usual, *(policy for policy_id, policy in known.by_id.items() if policy_id != known.usual_id)]
    below = [_below_figure(level, meter, each.margin_minor) for each in every for level in each.levels if level.on]
    return or_(meter.alarm_depth != alarm.NORMAL, *below)


def has_own(meter: Columns) -> ColumnElement[bool]:
    """Whether a meter has levels of its own, which the rule itself must look at."""
    rule = exists().where(col(AlertRule.meter_id) == meter.id)
    return or_(rule, exists().where(col(AccountLevel.account_id) == meter.account_id))


async def find_own(db: AsyncSession, after: UUID | None) -> list[UUID]:
    """The next batch of meters with levels of their own, in the order of their ids."""
    statement = select(_METER.id).where(has_own(_METER), _METER.balance_minor.is_not(None))
    if after is not None:
        statement = statement.where(_METER.id > after)
    return list((await db.execute(statement.order_by(_METER.id).limit(BATCH))).scalars().all())


def _by_policy(known: Policies, meter: Columns, *, margin: bool) -> ColumnElement[int]:
    """The depth that a balance reaches, as SQL; `margin`: with every level lifted by it."""
    named = [
        (col(Account.alarm_policy_id) == policy_id, _reached(policy, meter, margin=margin))
        for policy_id, policy in known.by_id.items()
        if policy_id != known.usual_id
    ]
    usual = _reached(known.usual, meter, margin=margin)
    return case(*named, else_=usual) if named else usual


def _reached(policy: Policy, meter: Columns, *, margin: bool) -> ColumnElement[int]:
    lift = policy.margin_minor if margin else 0
    deepest_first = sorted((level for level in policy.levels if level.on), key=lambda level: -level.depth)
    whens = [(_below(level, meter, lift), literal(level.depth)) for level in deepest_first]
    return case(*whens, else_=literal(alarm.NORMAL)) if whens else literal(alarm.NORMAL)


def _below(level: Level, meter: Columns, lift: int) -> ColumnElement[bool]:
    below = _below_figure(level, meter, lift)
    return or_(below, col(Account.arrears_minor) > 0) if level.tone is AlarmTone.OWING else below


def _below_figure(level: Level, meter: Columns, lift: int) -> ColumnElement[bool]:
    """A figure that is not known is null, and nothing is below null."""
    return and_(meter.balance_minor < _figure(level, meter) + lift)


def _figure(level: Level, meter: Columns) -> ColumnElement[int]:
    match level.unit:
        case AlertUnit.MONEY:
            return literal(level.value)
        case AlertUnit.DAYS:
            return func.nullif(meter.daily_use_minor, 0) * level.value
        case AlertUnit.PERCENT:
            bought = select(col(Purchase.amount_minor)).where(col(Purchase.meter_id) == meter.id)
            bought = bought.where(col(Purchase.credited_at).is_not(None))
            last = bought.order_by(col(Purchase.credited_at).desc()).limit(1).scalar_subquery()
            return func.floor(last * level.value / 100)


_SEEN = text(
    """
    select meter.id, account_id, alarm_policy_id, daily_use_minor, balance_minor, balance_read_at, arrears_minor,
           alarm_depth
    from meter join account on account.id = meter.account_id
    where meter.id = any(cast(:ids as uuid[])) and balance_minor is not null and balance_read_at is not null
    order by meter.id for no key update of meter
    """
)


async def judge(db: AsyncSession, meters: Sequence[UUID], zone: ZoneInfo, now: datetime) -> Judged:
    """Lock some thousand meters, let the rule say where they stand, and write what moved; plan who is told of it."""
    rows = (await db.execute(_SEEN, {"ids": list(meters)})).all()
    places = [Place(*row[:4]) for row in rows]
    watched = await watches(db, await policies(db), places)
    stood = [Stood(row.id, row.alarm_depth, row.balance_minor, row.balance_read_at, row.arrears_minor) for row in rows]
    edges = [edge for each in stood if (edge := edge_of(each, watched[each.meter_id])) is not None]
    opened = await move(db, edges)
    return await _tell(db, edges, opened, zone, now)


async def _tell(
    db: AsyncSession, edges: Sequence[Edge], opened: dict[UUID, UUID | None], zone: ZoneInfo, now: datetime
) -> Judged:
    news, again = [], {}
    for edge in edges:
        level = edge.level
        if level is None or edge.episode_id not in opened or level.cycle is AlertCycle.NONE:
            continue
        kind, reading_id = ALARMS[level.tone], opened[edge.episode_id]
        news.append(News(kind, edge.episode_id, edge.stood.meter_id, str(edge.episode_id), reading_id=reading_id))
        due = alarm.told_next(level.cycle, level.hour, now, zone)
        if due is not None:
            again[edge.episode_id] = due
    if again:
        about = {"ids": list(again), "dues": list(again.values())}
        await db.execute(_AGAIN, about | {"job": Job.ANNOUNCE_ALARM.value, "importance": Importance.PLANNING.value})
    return Judged(len(edges), len(opened), await plan_many(db, news, now))


_AGAIN = text(
    """
    insert into outbox (job, subject_id, due_at, created_at, attempts, importance)
    select cast(:job as text), id, due, due, 0, cast(:importance as smallint)
    from unnest(cast(:ids as uuid[]), cast(:dues as timestamptz[])) as again (id, due)
    on conflict do nothing
    """
)
