"""Everything that ought not to be after a crowd was warned, in words. What came is counted by the providers' memory."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.context import utc_now
from app.domain.notice import MessageKind, MessageState
from tests.journeys.crowd import SOON, Crowd
from tests.journeys.crowd_people import Lot, Soul

_LAST = MessageKind.ALARM_OWING
_OPEN = (MessageState.QUEUED, MessageState.SENDING)
_CLOCK = timedelta(seconds=1)
"""A try is written down a moment before its transaction ends, and so is a payment."""
_MESSAGES = """
    select m.id, m.meter_id, m.kind, m.channel, m.state, m.trouble, m.not_before,
           (select max(began_at) from message_attempt a where a.message_id = m.id) as tried_at
    from message m join contact c on c.id = m.contact_id
"""
_OPEN_TRIES = """
    select m.kind, m.state, a.carrier, count(*) as n from message_attempt a join message m on m.id = a.message_id
    where a.ended_at is null group by m.kind, m.state, a.carrier
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One message to one resident, and how often it came."""

    id: UUID
    meter_id: UUID
    kind: MessageKind
    channel: str
    state: MessageState
    trouble: str | None
    not_before: datetime
    tried_at: datetime | None
    came: int

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.state} {self.trouble or ''}, came {self.came} times"


async def verdict(people: Crowd) -> list[str]:
    """What is wrong, each with whom it is about."""
    arrived = people.sides.arrived()
    messages = await told(people, arrived)
    wrong = [f"{each}" for each in messages if each.came > 1]
    wrong += [f"{id_} came and nobody planned it" for id_ in arrived.keys() - {str(each.id) for each in messages}]
    wrong += [f"{each} has no end" for each in messages if _endless(each)]
    wrong += await _open_tries(people)
    by_meter: dict[UUID, list[Told]] = {}
    for each in messages:
        by_meter.setdefault(each.meter_id, []).append(each)
    for soul in people.souls:
        theirs = by_meter.get(soul.meter_id, [])
        wrong += [f"{soul.place} ({soul.lot}): {words}" for words in _wrong_with(people, soul, theirs)]
    return wrong


async def told(people: Crowd, arrived: Counter[str]) -> list[Told]:
    """Every message that was to go to somebody."""
    async with people.deps.begin() as db:
        rows = (await db.execute(text(_MESSAGES))).all()
    return [
        Told(
            r.id,
            r.meter_id,
            MessageKind(r.kind),
            r.channel,
            MessageState(r.state),
            r.trouble,
            r.not_before,
            r.tried_at,
            arrived[str(r.id)],
        )
        for r in rows
    ]


def _endless(each: Told) -> bool:
    """Open, and not because it waits for the end of quiet hours."""
    return each.state in _OPEN and not (each.state is MessageState.QUEUED and each.not_before > utc_now() + SOON)


async def _open_tries(people: Crowd) -> list[str]:
    async with people.deps.begin() as db:
        rows = (await db.execute(text(_OPEN_TRIES))).all()
    return [f"{row.n} tries by {row.carrier} have no end: {row.kind} {row.state}" for row in rows]


def _wrong_with(people: Crowd, soul: Soul, theirs: list[Told]) -> list[str]:
    match soul.lot:
        case Lot.OPTED_OUT | Lot.QUIET:
            return [f"{each}" for each in theirs if each.came]
        case Lot.PAYS:
            paid_at = people.paid_at[soul.meter_id] + _CLOCK
            return [f"{each}, tried after the payment" for each in theirs if (each.tried_at or _NEVER) > paid_at]
        case Lot.PLAIN | Lot.MAIL_ONLY | Lot.WRONG_NUMBER:
            return (
                [] if any(map(_settled, theirs)) else [f"the last warning did not come: {', '.join(map(str, theirs))}"]
            )


def _settled(each: Told) -> bool:
    """It came; or it was a mail whose answer was lost, which nobody can ask for and nobody repeats (SPEC N-9)."""
    lost = each.channel == "email" and each.state is MessageState.UNKNOWN
    return each.kind is _LAST and (each.came > 0 or lost)


async def ends_of_tries(people: Crowd) -> dict[str, int]:
    """How each provider's tries ended, by name and outcome."""
    counted = "select carrier, outcome, count(*) as n from message_attempt group by carrier, outcome"
    async with people.deps.begin() as db:
        return {f"{row.carrier} {row.outcome}": row.n for row in await db.execute(text(counted))}


async def moved_away(people: Crowd) -> set[str]:
    """Providers that lost points for errors or credentials, as the log of shares has it."""
    moves = (
        "select distinct name from carrier_move where (reason = 'errors' and after < before) or reason = 'credentials'"
    )
    async with people.deps.begin() as db:
        return set((await db.execute(text(moves))).scalars())


_NEVER = datetime.min.replace(tzinfo=UTC)
