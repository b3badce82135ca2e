"""Staff: who they are, how they sign in, and how long that lasts (OWASP ASVS level 2, chapters 2 and 3)."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.password import trouble
from app.domain.roles import Permission, Role, may
from app.models import Audit, Staff, StaffRole
from app.services import passwords
from app.services.tries import count_try, forget_old_tries, forget_tries

FRESH = timedelta(minutes=10)  # who changes staff, roles or keys has proved again not longer ago than this
NO_PASSWORD = "!"  # what begins like this is the hash of no password: somebody was invited and has chosen none yet
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class StaffError(ValueError):
    """Why nobody can be added. `code`: login_bad, login_taken, name_missing, roles_missing, password_..."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to sign in that has been counted. Nobody may have this login: then there is no id and no hash."""

    login_hash: str
    failures: int
    locked_until: datetime | None
    staff_id: UUID | None = None
    password_hash: str | None = None
    second_step: bool = False


@dataclass(frozen=True, slots=True)
class Officer:
    """Who is signed in, and as what. `proved_at`: when they last proved it; `second_step`: whether by a device."""

    id: UUID
    login: str
    name: str
    roles: frozenset[Role] = frozenset()
    session_id: UUID | None = None
    proved_at: datetime | None = None
    second_step: bool = False

    def may(self, wanted: Permission) -> bool:
        """Do their roles allow it?"""
        return may(self.roles, wanted)

    def fresh(self, now: datetime) -> bool:
        """Have they proved it just now, so that they may change who may do what?"""
        return self.proved_at is not None and now - self.proved_at < FRESH


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Somebody to be added: what they type to sign in, what others read, and what they may do."""

    login: str
    name: str
    roles: frozenset[Role]


def check_login(wanted: NewStaff) -> str:
    """The login as it is kept. Raises StaffError for one, or a name, that cannot be."""
    login = normal(wanted.login)
    if not _LOGIN.fullmatch(login):
        raise StaffError("login_bad")
    if not wanted.name.strip():
        raise StaffError("name_missing")
    return login


async def create(db: AsyncSession, wanted: NewStaff, password: str, now: datetime) -> Staff:
    """Add somebody who may sign in. Raises StaffError."""
    login = check_login(wanted)
    if (wrong := trouble(password, login, wanted.name)) is not None:
        raise StaffError(wrong)
    password_hash = await passwords.hashed(password)
    person = Staff(id=uuid4(), login=login, name=wanted.name.strip(), password_hash=password_hash)
    if not await add_once(db, person):
        raise StaffError("login_taken")
    db.add_all([StaffRole(staff_id=person.id, role=role) for role in sorted(wanted.roles)])
    detail: dict[str, str | int | None] = {"login": login, "roles": ",".join(sorted(wanted.roles))}
    db.add(Audit(act="staff_added", subject_id=person.id, detail=detail, at=now))
    return await db.get_one(Staff, person.id)


async def begin_sign_in(db: AsyncSession, login: str, now: datetime) -> Attempt:
    """Count a try before its password is looked at; to be committed before it is compared. Raises SignInLocked.

    Then `staff_sessions.open_session` or `note_failure`.
    """
    login_hash = sha256(normal(login))
    tries = await count_try(db, login_hash, now)
    person = (await db.exec(select(Staff).where(Staff.login == normal(login)))).first()
    attempt = Attempt(login_hash, tries.failures, tries.locked_until)
    if person is None or person.left_at is not None or person.password_hash.startswith(NO_PASSWORD):
        return attempt
    has = person.totp_since is not None
    return replace(attempt, staff_id=person.id, password_hash=person.password_hash, second_step=has)


async def note_failure(db: AsyncSession, attempt: Attempt, now: datetime) -> None:
    """The password was wrong. Raises nothing: whether this was the last free try, `attempt.locked_until` says."""
    await forget_old_tries(db, now)
    detail: dict[str, str | int | None] = {"login_sha256": attempt.login_hash, "failures": attempt.failures}
    act = "sign_in_locked" if attempt.locked_until else "sign_in_failed"
    db.add(Audit(staff_id=attempt.staff_id, act=act, subject_id=attempt.staff_id, detail=detail, at=now))


async def note_right(db: AsyncSession, attempt: Attempt) -> None:
    """The password was right: the wrong ones before it count no more."""
    await forget_tries(db, attempt.login_hash)


async def roles_of(db: AsyncSession, staff_id: UUID) -> frozenset[Role]:
    """What somebody is."""
    return frozenset(Role(role) for role in await db.exec(select(StaffRole.role).where(StaffRole.staff_id == staff_id)))


def normal(login: str) -> str:
    """A login as it is kept: people type it in any case."""
    return login.strip().casefold()


def sha256(text: str) -> str:
    """What is kept of secrets that are long enough not to be guessed."""
    return hashlib.sha256(text.encode()).hexdigest()
