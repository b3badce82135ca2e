"""Staff: who they are, how they sign in, and how long that lasts (OWASP ASVS level 2, chapters 2 and 3)."""

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.roles import Permission, Role, may
from app.models import Audit, SignInTries, Staff, StaffRole, StaffSession
from app.services import passwords

FREE_TRIES = 5
LOCKED_FOR = timedelta(minutes=5)
LONGEST_SESSION = timedelta(hours=12)
IDLE = timedelta(hours=1)
_TOUCH = timedelta(minutes=5)  # a session's end is moved in steps: not every click writes
_FORGOTTEN = timedelta(days=1)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHORTEST, _LONGEST = 12, 256


class StaffError(ValueError):
    """Why nobody can be added. `code`: login_bad, login_taken, name_missing, password_short, password_long."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SignInLocked(Exception):
    """Too many wrong passwords in a row; `until` says when the next may be tried."""

    def __init__(self, until: datetime) -> None:
        super().__init__("sign_in_locked")
        self.until = until


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to sign in that has been counted. Nobody may have this login: then there is no id and no hash."""

    login_hash: str
    failures: int
    locked_until: datetime | None
    staff_id: UUID | None = None
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Officer:
    """Who is signed in, and as what."""

    id: UUID
    login: str
    name: str
    roles: frozenset[Role] = frozenset()

    def may(self, wanted: Permission) -> bool:
        """Do their roles allow it?"""
        return may(self.roles, wanted)


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Somebody to be added: what they type to sign in, what others read, and what they may do."""

    login: str
    name: str
    roles: frozenset[Role]


async def create(db: AsyncSession, wanted: NewStaff, password: str, now: datetime) -> Staff:
    """Add somebody who may sign in. Raises StaffError."""
    login, name = wanted.login, wanted.name
    known_as = _normal(login)
    if not _LOGIN.fullmatch(known_as):
        raise StaffError("login_bad")
    if not name.strip():
        raise StaffError("name_missing")
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise StaffError("password_short" if len(password) < _SHORTEST else "password_long")
    person = Staff(id=uuid4(), login=known_as, name=name.strip(), password_hash=await passwords.hashed(password))
    if not await add_once(db, person):
        raise StaffError("login_taken")
    db.add_all([StaffRole(staff_id=person.id, role=role) for role in sorted(wanted.roles)])
    detail: dict[str, str | int | None] = {"login": known_as, "roles": ",".join(sorted(wanted.roles))}
    db.add(Audit(act="staff_added", subject_id=person.id, detail=detail, at=now))
    return await db.get_one(Staff, person.id)


async def begin_sign_in(db: AsyncSession, login: str, now: datetime) -> Attempt:
    """Count a try before its password is looked at, so that many at once get no more tries than one after another.

    To be committed before the password is compared; then `open_session` or `note_failure`. Raises SignInLocked.
    """
    login_hash = _sha256(_normal(login))
    tries = await _locked(db, login_hash, now)
    if tries.locked_until is not None and now < tries.locked_until:
        raise SignInLocked(tries.locked_until)
    fresh = tries.locked_until is not None or tries.tried_at < now - _FORGOTTEN
    tries.failures = 1 if fresh else tries.failures + 1
    tries.tried_at = now
    tries.locked_until = now + LOCKED_FOR if tries.failures >= FREE_TRIES else None
    person = (await db.exec(select(Staff).where(Staff.login == _normal(login)))).first()
    attempt = Attempt(login_hash, tries.failures, tries.locked_until)
    return replace(attempt, staff_id=person.id, password_hash=person.password_hash) if person else attempt


async def _locked(db: AsyncSession, login_hash: str, now: datetime) -> SignInTries:
    """The row of a login, there and locked in one step: another sign-in may be deleting it."""
    row = insert(SignInTries).values(login_hash=login_hash, failures=0, tried_at=now)
    same = {"failures": SignInTries.failures}
    await db.execute(row.on_conflict_do_update(index_elements=["login_hash"], set_=same))
    return await db.get_one(SignInTries, login_hash)


async def note_failure(db: AsyncSession, attempt: Attempt, now: datetime) -> None:
    """The password was wrong. Raises nothing: whether this was the last free try, `attempt.locked_until` says."""
    await db.execute(delete(SignInTries).where(col(SignInTries.tried_at) < now - _FORGOTTEN))
    detail: dict[str, str | int | None] = {"login_sha256": attempt.login_hash, "failures": attempt.failures}
    act = "sign_in_locked" if attempt.locked_until else "sign_in_failed"
    db.add(Audit(staff_id=attempt.staff_id, act=act, subject_id=attempt.staff_id, detail=detail, at=now))


async def open_session(db: AsyncSession, attempt: Attempt, replaces: str, now: datetime) -> str:
    """The password was right: open a session and return the secret of its cookie, always a new one.

    `replaces`: the secret that the browser came with, if any; it opens nothing any more. Raises ValueError for nobody.
    """
    if attempt.staff_id is None:
        raise ValueError("nobody signs in")
    await db.execute(delete(SignInTries).where(col(SignInTries.login_hash) == attempt.login_hash))
    ended = (col(StaffSession.expires_at) <= now) | (col(StaffSession.secret_hash) == _sha256(replaces))
    await db.execute(delete(StaffSession).where(ended))
    secret = secrets.token_urlsafe(32)
    session = StaffSession(staff_id=attempt.staff_id, secret_hash=_sha256(secret), opened_at=now, expires_at=now + IDLE)
    db.add(session)
    db.add(Audit(staff_id=attempt.staff_id, act="signed_in", subject_id=attempt.staff_id, at=now))
    await db.flush()
    return secret


async def officer_of(db: AsyncSession, secret: str, now: datetime) -> Officer | None:
    """Whose session this secret opens, and move its end on; None for one that is over or never was."""
    if not secret:
        return None
    rows = select(StaffSession, Staff).join(Staff, col(Staff.id) == col(StaffSession.staff_id))
    found = (await db.exec(rows.where(StaffSession.secret_hash == _sha256(secret)))).first()
    if found is None or found[0].expires_at <= now or found[1].left_at is not None:
        return None
    session, person = found
    until = min(session.opened_at + LONGEST_SESSION, now + IDLE)
    if until - session.expires_at > _TOUCH:
        session.expires_at = until
    return Officer(person.id, person.login, person.name, await roles_of(db, person.id))


async def roles_of(db: AsyncSession, staff_id: UUID) -> frozenset[Role]:
    """What somebody is."""
    return frozenset(Role(role) for role in await db.exec(select(StaffRole.role).where(StaffRole.staff_id == staff_id)))


async def close_session(db: AsyncSession, secret: str, now: datetime) -> None:
    """Sign out. A secret that opens nothing is no error."""
    ended = delete(StaffSession).where(col(StaffSession.secret_hash) == _sha256(secret))
    row = (await db.execute(ended.returning(col(StaffSession.staff_id)))).first()
    if row is not None:
        db.add(Audit(staff_id=row[0], act="signed_out", subject_id=row[0], at=now))


def _normal(login: str) -> str:
    return login.strip().casefold()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
