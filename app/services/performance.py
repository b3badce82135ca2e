"""Counts for the public page, from the rows that the money and the meters left (SPEC M-18).

A purchase counts from its provider's time of payment to the proof: the relay read back closed, where it was looked at,
or else the credit read back from the meter. One that has no proof yet counts as not kept.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.clock import local_day
from app.domain.performance import WITHIN, Month, Performance, Share, month_of, months_back

_LIT = text(
    """
    with sold as (
        select pay.paid_at,
               date_trunc('month', pay.paid_at at time zone :zone)::date as month,
               coalesce(
                   (select min(r.read_at) from relay_state r
                    where r.purchase_id = p.id and not r.relay_open and r.read_at >= p.credited_at),
                   case when not exists (select 1 from relay_state r where r.purchase_id = p.id) then p.credited_at end
               ) as lit_at
        from purchase p join payment pay on pay.id = p.payment_id
        where pay.paid_at >= :since and pay.paid_at < :until and p.credit_minor > 0
          and p.state not in ('settled', 'refunded')
    )
    select month, count(*) as sold,
           count(*) filter (where lit_at - paid_at <= :one) as one,
           count(*) filter (where lit_at - paid_at <= :two) as two,
           count(*) filter (where lit_at - paid_at <= :three) as three,
           count(*) filter (where lit_at is null) as open
    from sold group by month order by month
    """
)

# A cut: a meter's frozen balance falls to where its relay opens. Warned: a warning had arrived in the weeks before.
_CUTS = text(
    """
    with days as (
        select r.meter_id, r.day, r.value, m.reclose_limit_minor as limit_minor,
               lag(r.value) over (partition by r.meter_id order by r.day) as before
        from reading r join meter m on m.id = r.meter_id
        where r.kind = 'balance' and r.day >= :first and r.day < :last
    ), cuts as (
        select meter_id, day from days where value <= limit_minor and before > limit_minor
    )
    select count(*) as cut,
           count(*) filter (where exists (
               select 1 from message g
               where g.meter_id = cuts.meter_id and g.kind in ('alarm_a', 'alarm_b', 'alarm_owing')
                 and g.state = 'delivered' and g.channel <> 'inbox'
                 and g.delivered_at >= (cuts.day - 14)::timestamp at time zone :zone
                 and g.delivered_at < (cuts.day + 1)::timestamp at time zone :zone
           )) as warned
    from cuts
    """
)

# Kept is judged by the first end that was told: the row of the publication is the first of its updates.
_ESTIMATES = text(
    """
    with ended as (
        select a.restored_at, a.until_at,
               (select u.until_at from announcement_update u
                where u.announcement_id = a.id and u.until_at is not null order by u.at limit 1) as first_until,
               (select count(distinct u.until_at) from announcement_update u where u.announcement_id = a.id) as told
        from announcement a
        where kind <> 'news' and state = 'restored' and restored_at >= :since and restored_at < :until
    )
    select count(*) as ended,
           count(*) filter (where restored_at <= coalesce(first_until, until_at)) as kept,
           count(*) filter (where told > 1) as revised
    from ended
    """
)


async def performance(db: AsyncSession, now: datetime, zone: ZoneInfo) -> Performance:
    """The last twelve months, this one included."""
    today = local_day(now, zone)
    months = months_back(today)
    since, until = _midnight(months[0], zone), _midnight(today + timedelta(days=1), zone)
    lit = await _lit(db, since, until, zone)
    spans = {"zone": zone.key, "first": months[0], "last": today + timedelta(days=1)}
    cuts = (await db.execute(_CUTS, spans)).one()
    told = (await db.execute(_ESTIMATES, {"since": since, "until": until})).one()
    return Performance(
        since=months[0],
        until=today + timedelta(days=1),
        within=_shares(lit),
        open=sum(row.open for row in lit),
        months=_by_month(lit, months),
        warned=Share(cuts.warned, cuts.cut),
        estimates=Share(told.kept, told.ended),
        revised=told.revised,
    )


async def _lit(db: AsyncSession, since: datetime, until: datetime, zone: ZoneInfo) -> Sequence[Row[tuple[object, ...]]]:
    asked = dict(zip(("one", "two", "three"), WITHIN, strict=True))
    return (await db.execute(_LIT, {"zone": zone.key, "since": since, "until": until, **asked})).all()


def _shares(rows: Sequence[Row[tuple[object, ...]]]) -> tuple[Share, ...]:
    sold = sum(row.sold for row in rows)
    return tuple(Share(sum(getattr(row, name) for row in rows), sold) for name in ("one", "two", "three"))


def _by_month(rows: Sequence[Row[tuple[object, ...]]], months: Sequence[date]) -> tuple[Month, ...]:
    told = {month_of(row.month): row for row in rows}
    return tuple(
        Month(first, _shares([told[first]] if first in told else []), told[first].open if first in told else 0)
        for first in months
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
