"""How much of an operation is promised to the front-ends at a time.

A concentrator gets a few items at a time, a front-end so many that hands are left for those who wait for light, and
items behind a concentrator that has no link are not promised at all: it holds nobody up.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.importance import Importance
from app.domain.operation import TRAITS, DeviceItemState, OperationKind
from app.models import Operation
from app.outbox import Job

PER_ROUTE = 3  # one on the line, and the next ones at hand
PER_FRONT_END = 120  # of the two hundred hands of a front-end
SLICE = 500  # one step is one short transaction
SMALL = 5  # somebody looks at the page: it goes out at once, and before what is done by the thousand
AT_ONCE = 10_000  # items that one statement ends
PAUSE = timedelta(seconds=1)
WAITS_FOR_LINK = timedelta(minutes=30)

_CHANGING = [kind.value for kind, traits in TRAITS.items() if traits.changes]
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('relight:operations'))")

# The first of each concentrator come before the second of any. A device that another operation is changing waits.
_NEXT = text(
    """
    with busy as (
        select route_id, count(*) as items from operation_item where state = 'under_way' group by route_id
    ), room as (
        select c.id, c.front_end, :per_route - coalesce(busy.items, 0) as free
        from concentrator c left join busy on busy.route_id = c.id
        where c.front_end is not null
    ), hands as (
        select c.front_end, :per_front_end - sum(busy.items) as free
        from busy join concentrator c on c.id = busy.route_id where c.front_end is not null group by c.front_end
    ), ready as (
        select item.id, room.id as route_id, room.front_end, item.turn, item.place
        from room, lateral (
            select i.id, i.place, row_number() over (order by i.place) as turn from operation_item i
            where i.operation_id = :operation and i.route_id = room.id and i.state = 'waiting'
              and (not :changes or not exists (
                select from operation_item other join operation its on its.id = other.operation_id
                where (other.meter_id = i.meter_id or other.concentrator_id = i.concentrator_id)
                  and other.state = 'under_way' and its.kind = any(:changing)))
            order by i.place limit room.free
        ) as item
        where room.free > 0
    ), ordered as (
        select ready.*, row_number() over (partition by front_end order by turn, place) as rank from ready
    )
    select ordered.id, ordered.route_id from ordered left join hands using (front_end)
    where ordered.rank <= coalesce(hands.free, :per_front_end)
    order by ordered.turn, ordered.place limit :most
    """
)
_BEGIN = text(
    """
    update operation_item set state = 'under_way', began_at = coalesce(began_at, :now)
    where id = any(:ids) and state = 'waiting' returning id, route_id
    """
)


async def promise_next(db: AsyncSession, row: Operation, now: datetime) -> int:
    """Promise the next items of an operation whose row is locked; return how many."""
    await db.execute(_ONE_AT_A_TIME)
    kind = OperationKind(row.kind)
    room = {"per_route": PER_ROUTE, "per_front_end": PER_FRONT_END, "most": SLICE}
    about = {"operation": row.id, "changes": TRAITS[kind].changes, "changing": _CHANGING}
    found = [each.id for each in await db.execute(_NEXT, room | about)]
    if not found:
        return 0
    begun = [outbox.Errand(each.id, each.route_id) for each in await db.execute(_BEGIN, {"ids": found, "now": now})]
    await outbox.promise_errands(db, Job.OPERATE, begun, now, importance_of(kind, row.item_count))
    return len(begun)


def importance_of(kind: OperationKind, items: int) -> Importance:
    """Whoever gets light goes first, then what somebody looks at, then what is done by the thousand."""
    if TRAITS[kind].restores:
        return Importance.RESULT
    return Importance.USUAL if items <= SMALL else Importance.PLANNING


# What nobody has in hand. Where an earlier try may have changed the device, the note stays, and finds out.
_TAKE_BACK = text(
    """
    with ended as (
        update outbox set done_at = :now, last_error = :reason
        where job = 'operate' and done_at is null and (taken_until is null or taken_until <= :now)
          and subject_id in (
            select i.id from operation_item i join concentrator c on c.id = i.route_id
            where i.operation_id = :operation and i.state = 'under_way' and not i.maybe_done
              and (not :unlinked or c.front_end is null))
        returning subject_id
    )
    update operation_item set state = :state, code = :code, ended_at = :ended_at
    where id in (select subject_id from ended) and state = 'under_way'
    """
)


async def recall(db: AsyncSession, operation_id: UUID, now: datetime) -> None:
    """Take back what was promised behind concentrators that have lost their links: it waits again."""
    await _take_back(db, operation_id, now, {"unlinked": True, "state": DeviceItemState.WAITING.value})


async def take_back(db: AsyncSession, operation_id: UUID, state: DeviceItemState, now: datetime) -> None:
    """Take back whatever was promised and nobody has in hand: it waits, or is stopped."""
    await _take_back(db, operation_id, now, {"unlinked": False, "state": state.value})


async def _take_back(db: AsyncSession, operation_id: UUID, now: datetime, how: dict[str, object]) -> None:
    ended = how["state"] == DeviceItemState.STOPPED
    left = {"code": "stopped" if ended else "", "ended_at": now if ended else None, "reason": "taken back"}
    await db.execute(_TAKE_BACK, {"operation": operation_id, "now": now} | how | left)


_GIVE_UP = text(
    """
    update operation_item i set state = case when maybe_done then 'unknown' else 'unreached' end, code = 'no_link',
        ended_at = :now
    where id in (
        select waiting.id from operation_item waiting join concentrator c on c.id = waiting.route_id
        where waiting.operation_id = :operation and waiting.state = 'waiting' and c.front_end is null limit :most)
    """
)


async def give_up_unlinked(db: AsyncSession, operation_id: UUID, now: datetime) -> None:
    """End items that wait behind concentrators without a link: they have waited for long enough. The next step goes
    on where there are more than one statement may end."""
    await db.execute(_GIVE_UP, {"operation": operation_id, "now": now, "most": AT_ONCE})


_STOP = text(
    """
    update operation_item set state = 'stopped', code = 'stopped', ended_at = :now
    where id in (select id from operation_item where operation_id = :operation and state = 'waiting' limit :most)
    returning id
    """
)


async def end_waiting(db: AsyncSession, operation_id: UUID, now: datetime) -> None:
    """Stop every item that waits; so many a statement that none takes longer than a statement may."""
    about = {"operation": operation_id, "now": now, "most": AT_ONCE}
    while len((await db.execute(_STOP, about)).all()) == AT_ONCE:
        pass
