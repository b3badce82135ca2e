"""Takes and keeps many promises in one statement, for jobs of which each is less work than a round trip.

As in `app.outbox`: `attempts` counts the takings and fences the conclusion. What somebody else is about to change is
passed over, for whoever holds several must wait for nobody: its turn comes with the next look.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.importance import Importance
from app.outbox import QUEUES, SPARE, TIMEOUTS, Job, Taken

TOGETHER = (Job.SEND_MESSAGE, Job.SEND_BULK)
MOST = 25
"""So many at a time: what a batch costs is shared by then, and none waits long for the others."""
_PAUSE = timedelta(seconds=2)
_LEVELS = {
    Job.SEND_MESSAGE: [level.value for level in Importance if level < Importance.USUAL],
    Job.SEND_BULK: [level.value for level in Importance if level > Importance.PLANNING],
}
_MINE = "attempts = attempts + 1, taken_until = :until, taken_by = :by"
_FREE = "done_at is null and due_at <= :now and (taken_until is null or taken_until <= :now)"
_TAKE = text(
    f"""
    update outbox set {_MINE}
    where id in (select id from outbox where id = any(cast(:ids as bigint[])) and {_FREE} for update skip locked)
    returning id, subject_id, attempts, due_at
    """  # noqa: S608  (words of ours)
)
_TAKE_DUE = text(
    f"""
    update outbox set {_MINE}
    where id in (
        select due.id from unnest(cast(:levels as smallint[])) as level (importance),
        lateral (
            select id from outbox
            where importance = level.importance and job = :job and {_FREE}
            order by due_at limit :most for update skip locked
        ) as due
        order by level.importance limit :most)
    returning id, subject_id, attempts, due_at
    """  # noqa: S608  (words of ours)
)
_KEEP = text(
    """
    update outbox set done_at = :now, taken_until = null, taken_by = null, lease_until = null, last_error = null
    from unnest(cast(:ids as bigint[]), cast(:takings as int[])) as mine (id, taking)
    where outbox.id = mine.id and attempts = mine.taking and done_at is null and taken_until is not null
    returning outbox.id
    """
)
_SET_ASIDE = text(
    """
    update outbox set due_at = :due, last_error = :reason, taken_until = null, taken_by = null, lease_until = null
    where id = any(cast(:ids as bigint[])) and done_at is null
      and (taken_by = :by or taken_until is null or taken_until <= :now)
    """
)


async def take(db: AsyncSession, job: Job, note_ids: Sequence[int], now: datetime, by: str) -> list[Taken]:
    """Take those of these notes that are due and free."""
    about = {"ids": list(note_ids), "now": now, "until": _until(job, now), "by": by}
    return [Taken(*row) for row in await db.execute(_TAKE, about)]


async def take_due(db: AsyncSession, job: Job, now: datetime, by: str, most: int = MOST) -> list[Taken]:
    """Take what is due of a job that sends messages, the more important first."""
    which = {"job": job.value, "levels": _LEVELS[job], "most": most}
    rows = await db.execute(_TAKE_DUE, {**which, "now": now, "until": _until(job, now), "by": by})
    return [Taken(*row) for row in rows]


async def keep(db: AsyncSession, notes: Sequence[Taken], now: datetime) -> frozenset[int]:
    """Mark promises kept; return the ids of those that were still in our hands, and only they may be concluded."""
    about = {"ids": [note.note_id for note in notes], "takings": [note.attempts for note in notes], "now": now}
    return frozenset((await db.execute(_KEEP, about)).scalars())


async def set_aside(db: AsyncSession, note_ids: Sequence[int], by: str, now: datetime, reason: str) -> None:
    """Look again in a moment at notes that broke off in our hands, or before they came into them."""
    about = {"ids": list(note_ids), "by": by, "now": now, "due": now + _PAUSE, "reason": reason}
    await db.execute(_SET_ASIDE, about)


def _until(job: Job, now: datetime) -> datetime:
    return now + TIMEOUTS[QUEUES[job]] + SPARE
