"""How long providers took to deliver, from what they took lately and what they said of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.sharing import LOOKED_BACK, SLOW_AFTER, Pace
from app.models.account import ChannelName

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A provider in a medium."""

    name: str
    medium: ChannelName


@dataclass(frozen=True, slots=True)
class Lately:
    """The last hour of a provider. `errors`: tries that failed for the provider's own reasons or the message's;
    `half_s` and `most_s`: within how many seconds half and 95 of 100 arrived; None: it told of none."""

    tries: int = 0
    errors: int = 0
    arrived: int = 0
    half_s: float | None = None
    most_s: float | None = None


_PACE = text(
    """
    select a.carrier, m.channel, count(*) as taken,
           count(*) filter (where coalesce(m.delivered_at, :now) - a.began_at > :slow) as late
    from message_attempt a join message m on m.id = a.message_id
    where a.began_at > :since and a.began_at <= :until and a.outcome in ('sent', 'found')
      and m.state in ('sent', 'delivered') and m.importance < :bulk
      and exists (select 1 from message_attempt b join message n on n.id = b.message_id
                  where b.carrier = a.carrier and b.began_at > :day and n.delivered_at is not null)
    group by a.carrier, m.channel
    """
)
_BULK = 50


async def paces(db: AsyncSession, now: datetime) -> dict[Place, Pace]:
    """What each provider took in the last quarter of an hour and has had time to deliver.

    Bulk sends are left out: providers queue them. So is a provider that tells of no delivery at all: of it nothing is
    known.
    """
    bounds = {"now": now, "slow": SLOW_AFTER, "since": now - LOOKED_BACK, "until": now - SLOW_AFTER, "day": now - _DAY}
    rows = await db.execute(_PACE, bounds | {"bulk": _BULK})
    return {Place(row.carrier, ChannelName(row.channel)): Pace(row.taken, row.late) for row in rows}


_LATELY = text(
    """
    select a.carrier, m.channel, count(*) as tries,
           count(*) filter (where a.outcome not in ('', 'sent', 'found', 'absent')) as errors,
           count(m.delivered_at) as arrived,
           percentile_cont(0.5) within group (order by extract(epoch from m.delivered_at - a.began_at)) as half_s,
           percentile_cont(0.95) within group (order by extract(epoch from m.delivered_at - a.began_at)) as most_s
    from message_attempt a join message m on m.id = a.message_id
    where a.began_at > :since
    group by a.carrier, m.channel
    """
)


async def lately(db: AsyncSession, now: datetime) -> dict[Place, Lately]:
    """The last hour of every provider that was given anything in it."""
    rows = await db.execute(_LATELY, {"since": now - _HOUR})
    return {
        Place(row.carrier, ChannelName(row.channel)): Lately(row.tries, row.errors, row.arrived, row.half_s, row.most_s)
        for row in rows
    }
