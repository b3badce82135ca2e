"""Counts what warnings led to, level by level and week by week (SPEC M-14)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.alert_effect import FOLLOWED_FOR, Effect, Week
from app.domain.notice import ALARMS, MessageKind

# One line an episode and level: an episode that was told over three ways, or daily, is one.
_EFFECT = """
    with warned as (
        select g.kind, g.cause_id, g.meter_id, min(g.created_at) as planned_at,
               min(g.delivered_at) filter (where g.state = 'delivered' and g.channel <> 'inbox') as told_at
        from message g
        where g.kind = any(:kinds) and g.created_at >= :since and g.created_at < :until and not g.rehearsed
        group by g.kind, g.cause_id, g.meter_id
    ), followed as (
        select w.*,
               (select min(p.paid_at) from payment p where p.meter_id = w.meter_id and p.state = 'paid'
                 and p.paid_at >= w.told_at and p.paid_at < w.told_at + :span) as paid_at,
               (select min(r.read_at) from relay_state r where r.meter_id = w.meter_id and r.relay_open
                 and r.read_at >= w.told_at and r.read_at < w.told_at + :span) as cut_at
        from warned w
    )
    select {by},
           count(told_at) as told,
           count(*) filter (where told_at is null) as undelivered,
           count(*) filter (where paid_at < coalesce(cut_at, 'infinity')) as paid,
           count(*) filter (where cut_at <= coalesce(paid_at, 'infinity')) as cut,
           percentile_cont(0.5) within group (order by paid_at - told_at)
               filter (where paid_at < coalesce(cut_at, 'infinity')) as half_paid_in
    from followed group by 1 order by 1
"""
_BY_LEVEL = text(_EFFECT.format(by="kind as part"))
_BY_WEEK = text(_EFFECT.format(by="date_trunc('week', planned_at at time zone :zone)::date as part"))


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of `since` until the beginning of `until`."""

    since: datetime
    until: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class AlertEffect:
    """By the kind of the warning, in the order of the levels, and by the week in which it was planned."""

    levels: tuple[tuple[MessageKind, Effect], ...]
    weeks: tuple[Week, ...]


async def alert_effect(db: AsyncSession, span: Span) -> AlertEffect:
    """What the warnings of a span led to."""
    kinds = [kind.value for kind in ALARMS.values()]
    asked = {"kinds": kinds, "since": span.since, "until": span.until, "span": FOLLOWED_FOR}
    levels = {MessageKind(row.part): _effect(row) for row in await db.execute(_BY_LEVEL, asked)}
    weeks = await db.execute(_BY_WEEK, asked | {"zone": span.zone.key})
    return AlertEffect(
        tuple((kind, levels.get(kind, Effect())) for kind in ALARMS.values()),
        tuple(Week(_day(row.part), _effect(row)) for row in weeks),
    )


def _day(part: object) -> date:
    if not isinstance(part, date):
        raise TypeError("not a day")
    return part


def _effect(row: object) -> Effect:
    names = ("told", "paid", "cut", "undelivered", "half_paid_in")
    return Effect(**{name: getattr(row, name) for name in names})
