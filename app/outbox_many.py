"""Takes and concludes many notes of one job at once, as `app.outbox` does each."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.outbox import QUEUES, SPARE, TIMEOUTS, Job, Taken, importance_of

_TAKE_ALIKE = text(
    """
    update outbox set attempts = attempts + 1, taken_until = :until, taken_by = :by
    where id in (
        select id from outbox where importance = :importance and job = :job and done_at is null and due_at <= :now
          and (taken_until is null or taken_until <= :now)
        order by due_at limit :most for update skip locked)
    returning id, subject_id, attempts, due_at
    """
)


async def take_alike(db: AsyncSession, job: Job, now: datetime, by: str, most: int) -> list[Taken]:
    """Take others of a job that are due, in nobody's hands and locked by nobody: what is done for many at once."""
    about = {"job": job.value, "importance": importance_of(job), "now": now, "by": by, "most": most}
    rows = await db.execute(_TAKE_ALIKE, about | {"until": now + TIMEOUTS[QUEUES[job]] + SPARE})
    return [Taken(*row) for row in rows]


_CONCLUDE_ALL = text(
    """
    update outbox set done_at = cast(:at as timestamptz), due_at = coalesce(cast(:due as timestamptz), due_at),
        attempts = outbox.attempts - cast(:unspent as int), last_error = cast(:reason as text),
        taken_until = null, taken_by = null, lease_until = null
    from unnest(cast(:ids as bigint[]), cast(:takings as int[])) as mine (id, taking)
    where outbox.id = mine.id and outbox.attempts = mine.taking and done_at is null and taken_until is not null
    returning subject_id
    """
)


async def keep_all(db: AsyncSession, notes: Sequence[Taken], now: datetime) -> set[UUID]:
    """As `keep` for each; return the subjects of those that were still ours."""
    return await _conclude_all(db, notes, {"at": now, "due": None, "unspent": 0, "reason": None})


async def put_back_all(db: AsyncSession, notes: Sequence[Taken], due: datetime, reason: str) -> set[UUID]:
    """As `put_back` for each; return the subjects of those that were still ours."""
    return await _conclude_all(db, notes, {"at": None, "due": due, "unspent": 1, "reason": reason})


async def _conclude_all(db: AsyncSession, notes: Sequence[Taken], how: dict[str, object]) -> set[UUID]:
    if not notes:
        return set()
    about = {"ids": [note.note_id for note in notes], "takings": [note.attempts for note in notes]}
    return set((await db.execute(_CONCLUDE_ALL, about | how)).scalars().all())
