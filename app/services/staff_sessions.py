"""Sessions of staff: half open after the password, open after the second step, over in time (OWASP ASVS 4.0.3, 3)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Audit, Staff, StaffSession
from app.services.staff import Attempt, Officer, roles_of, sha256
from app.services.tries import forget_tries

LONGEST_SESSION = timedelta(hours=12)
IDLE = timedelta(hours=1)
HALF_OPEN = timedelta(minutes=10)
_TOUCH = timedelta(minutes=5)  # a session's end is moved in steps: not every click writes


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """Somebody whose password was right and who has not taken the second step."""

    session_id: UUID
    person: Staff

    @property
    def has_device(self) -> bool:
        """Can they take it, or do they have to set a device up first?"""
        return self.person.totp_since is not None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody is signed in with."""

    id: UUID
    opened_at: datetime
    expires_at: datetime


async def open_session(db: AsyncSession, attempt: Attempt, replaces: str, now: datetime, *, proved: bool) -> str:
    """The password was right: open a session and return the secret of its cookie, always a new one.

    `replaces`: the secret that the browser came with, if any; it opens nothing any more. `proved`: the password is
    all that is asked for; else the session is half open until `settle`. Raises ValueError for nobody.
    """
    if attempt.staff_id is None:
        raise ValueError("nobody signs in")
    await forget_tries(db, attempt.login_hash)
    ended = (col(StaffSession.expires_at) <= now) | (col(StaffSession.secret_hash) == sha256(replaces))
    await db.execute(delete(StaffSession).where(ended))
    secret = secrets.token_urlsafe(32)
    until = now + (IDLE if proved else HALF_OPEN)
    session = StaffSession(staff_id=attempt.staff_id, secret_hash=sha256(secret), opened_at=now, expires_at=until)
    session.second_step_at = now if proved else None
    db.add(session)
    if proved:
        db.add(Audit(staff_id=attempt.staff_id, act="signed_in", subject_id=attempt.staff_id, at=now))
    await db.flush()
    return secret


async def settle(db: AsyncSession, session_id: UUID, now: datetime) -> str:
    """The second step is taken: the session is open, under a new secret, which is returned."""
    session = await db.get_one(StaffSession, session_id, with_for_update=True)
    secret = secrets.token_urlsafe(32)
    session.secret_hash, session.second_step_at, session.expires_at = sha256(secret), now, now + IDLE
    db.add(Audit(staff_id=session.staff_id, act="signed_in", subject_id=session.staff_id, at=now))
    return secret


async def prove_again(db: AsyncSession, session_id: UUID, now: datetime) -> None:
    """Somebody who is signed in has proved once more who they are."""
    (await db.get_one(StaffSession, session_id, with_for_update=True)).second_step_at = now


async def half_open_of(db: AsyncSession, secret: str, now: datetime) -> HalfOpen | None:
    """Whose half-open session this secret is of; None for any other."""
    found = await _find(db, secret, now)
    if found is None or found[0].second_step_at is not None:
        return None
    return HalfOpen(found[0].id, found[1])


async def officer_of(db: AsyncSession, secret: str, now: datetime) -> Officer | None:
    """Whose session this secret opens, and move its end on; None for one that is over, half open or never was."""
    found = await _find(db, secret, now)
    if found is None or found[0].second_step_at is None:
        return None
    session, person = found
    until = min(session.opened_at + LONGEST_SESSION, now + IDLE)
    if until - session.expires_at > _TOUCH:
        session.expires_at = until
    roles = await roles_of(db, person.id)
    has_device = person.totp_since is not None
    return Officer(person.id, person.login, person.name, roles, session.id, session.second_step_at, has_device)


async def _find(db: AsyncSession, secret: str, now: datetime) -> tuple[StaffSession, Staff] | None:
    if not secret:
        return None
    rows = select(StaffSession, Staff).join(Staff, col(Staff.id) == col(StaffSession.staff_id))
    here = rows.where(StaffSession.secret_hash == sha256(secret), StaffSession.expires_at > now)
    row = (await db.exec(here.where(col(Staff.left_at).is_(None)))).first()
    return (row[0], row[1]) if row is not None else None


async def close_session(db: AsyncSession, secret: str, now: datetime) -> None:
    """Sign out. A secret that opens nothing is no error."""
    ended = delete(StaffSession).where(col(StaffSession.secret_hash) == sha256(secret))
    row = (await db.execute(ended.returning(col(StaffSession.staff_id)))).first()
    if row is not None:
        db.add(Audit(staff_id=row[0], act="signed_out", subject_id=row[0], at=now))


async def sessions_of(db: AsyncSession, staff_id: UUID, now: datetime) -> list[Session]:
    """Where somebody is signed in, the newest first."""
    rows = select(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.expires_at > now)
    opened = rows.where(col(StaffSession.second_step_at).is_not(None)).order_by(col(StaffSession.opened_at).desc())
    return [Session(each.id, each.opened_at, each.expires_at) for each in await db.exec(opened)]


async def end_session(db: AsyncSession, staff_id: UUID, session_id: UUID, now: datetime) -> None:
    """End one of somebody's own sessions."""
    mine = delete(StaffSession).where(col(StaffSession.id) == session_id, col(StaffSession.staff_id) == staff_id)
    if (await db.execute(mine.returning(col(StaffSession.id)))).first() is not None:
        db.add(Audit(staff_id=staff_id, act="session_ended", subject_id=staff_id, at=now))


async def end_sessions(db: AsyncSession, staff_id: UUID, by: UUID, now: datetime, *, but: UUID | None = None) -> int:
    """End all of somebody's sessions, but the one named; return how many there were."""
    theirs = delete(StaffSession).where(col(StaffSession.staff_id) == staff_id)
    ended = theirs if but is None else theirs.where(col(StaffSession.id) != but)
    count = len((await db.execute(ended.returning(col(StaffSession.id)))).all())
    if count:
        db.add(Audit(staff_id=by, act="sessions_ended", subject_id=staff_id, detail={"sessions": count}, at=now))
    return count
