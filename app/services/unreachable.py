"""Lists the meters that are known to be hard to reach, the worst first (SPEC M-15)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.unreachable import LEAST_TRIES, LOOK_BACK, Record, likely_to_fail


@dataclass(frozen=True, slots=True)
class HardToReach:
    """One meter of the list. `heard_at`: when its balance was read last, None: never."""

    meter_id: UUID
    number: str
    concentrator: str
    heard_at: datetime | None
    record: Record


_LIST = text(
    """
    with tried as (
        select coalesce(purchase.meter_id, note.subject_id) as meter_id, sum(note.attempts) as tries,
            count(*) filter (where note.done_at is not null and note.last_error is null) as landed
        from outbox note
        left join purchase on note.job = 'download_purchase' and purchase.id = note.subject_id
        where note.job in ('download_purchase', 'read_balance') and note.created_at > :begin
        group by 1 having sum(note.attempts) >= :least
    )
    select meter.id, meter.number, concentrator.name, meter.balance_read_at, tried.tries, tried.landed
    from tried
    join meter on meter.id = tried.meter_id
    join concentrator on concentrator.id = meter.concentrator_id
    join grid_node on grid_node.id = concentrator.node_id
    where grid_node.path like :below
    order by tried.landed * 1.0 / tried.tries, tried.tries desc, meter.number
    limit :most
    """
)


async def hard_to_reach(db: AsyncSession, now: datetime, *, below: str = "", most: int = 500) -> list[HardToReach]:
    """The meters whose remote credit is likely to fail. `below`: the path of a grid node, empty for everywhere.

    It reads the promises of two weeks once: a list to be looked at, not a question of every page.
    """
    asked = {"begin": now - LOOK_BACK, "below": f"{below}%", "least": LEAST_TRIES, "most": most}
    rows = await db.execute(_LIST, asked)
    found = [HardToReach(r[0], r[1], r[2], r[3], Record(int(r.tries), r.landed)) for r in rows]
    return [each for each in found if likely_to_fail(each.record)]
