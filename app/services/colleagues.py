"""Who works here: inviting, roles, and leaving. Every change is in the audit log, with what was before and after."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.password import trouble
from app.domain.proving import invitation_word, same_word
from app.domain.roles import Role
from app.models import Audit, Staff, StaffRole, StaffSession
from app.services import passwords
from app.services.staff import NO_PASSWORD, NewStaff, StaffError, check_login, roles_of
from app.services.staff_sessions import end_sessions

INVITED_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the staff. `invited`: they have chosen no password yet. `seen_at`: of their newest session."""

    id: UUID
    login: str
    name: str
    roles: frozenset[Role]
    second_step: bool
    invited: bool
    left_at: datetime | None
    seen_at: datetime | None


async def colleagues(db: AsyncSession) -> list[Colleague]:
    """Everybody, those who work here first."""
    seen = dict((await db.exec(select(StaffSession.staff_id, func.max(StaffSession.opened_at)).group_by(
        col(StaffSession.staff_id)))).all())  # fmt: skip
    roles: dict[UUID, set[Role]] = {}
    for held in await db.exec(select(StaffRole)):
        roles.setdefault(held.staff_id, set()).add(Role(held.role))
    people = await db.exec(select(Staff).order_by(col(Staff.left_at).is_not(None), col(Staff.login)))
    return [_colleague(each, frozenset(roles.get(each.id, ())), seen.get(each.id)) for each in people]


async def colleague(db: AsyncSession, staff_id: UUID) -> Colleague | None:
    """One of them."""
    person = await db.get(Staff, staff_id)
    if person is None:
        return None
    newest = select(func.max(StaffSession.opened_at)).where(col(StaffSession.staff_id) == staff_id)
    return _colleague(person, await roles_of(db, staff_id), (await db.exec(newest)).one())


def _colleague(person: Staff, roles: frozenset[Role], seen_at: datetime | None) -> Colleague:
    invited = person.password_hash.startswith(NO_PASSWORD)
    has_device = person.totp_since is not None
    return Colleague(person.id, person.login, person.name, roles, has_device, invited, person.left_at, seen_at)


async def invite(db: AsyncSession, wanted: NewStaff, by: UUID, now: datetime) -> UUID:
    """Add somebody who chooses a password by the link of `invitation`. Raises StaffError."""
    login = check_login(wanted)
    if not wanted.roles:
        raise StaffError("roles_missing")
    person = Staff(id=uuid4(), login=login, name=wanted.name.strip(), password_hash=_no_password())
    if not await add_once(db, person):
        raise StaffError("login_taken")
    db.add_all([StaffRole(staff_id=person.id, role=role) for role in sorted(wanted.roles)])
    _note(db, "staff_added", person.id, by, now, after=f"{login}: {_listed(wanted.roles)}")
    await db.flush()
    return person.id


async def invitation(db: AsyncSession, staff_id: UUID, key: str, now: datetime) -> str:
    """The word of a link by which an invited person chooses a password, once, within three days.

    It is derived from the row and kept nowhere; choosing a password, or another invitation, ends it.
    """
    person = await db.get_one(Staff, staff_id)
    until = int((now + INVITED_FOR).timestamp())
    return f"{person.id.hex}-{until}-{invitation_word(key, person.id, until, person.password_hash)}"


async def invited(db: AsyncSession, word: str, key: str, now: datetime) -> Staff | None:
    """Whom a link invites, locked; None for one that is over, was used or never was."""
    parts = word.split("-", 2)
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdecimal() and len(parts[1]) < 12):
        return None
    try:
        staff_id = UUID(hex=parts[0])
    except ValueError:
        return None
    person = await db.get(Staff, staff_id, with_for_update=True)
    if person is None or person.left_at is not None or not person.password_hash.startswith(NO_PASSWORD):
        return None
    right = invitation_word(key, person.id, int(parts[1]), person.password_hash)
    return person if same_word(parts[2], right) and now.timestamp() < int(parts[1]) else None


async def accept(db: AsyncSession, person: Staff, password: str, now: datetime) -> None:
    """An invited person, found by `invited` in this transaction, has chosen a password. Raises StaffError."""
    if (wrong := trouble(password, person.login, person.name)) is not None:
        raise StaffError(wrong)
    person.password_hash = await passwords.hashed(password)
    _note(db, "invitation_accepted", person.id, person.id, now)


async def forget_password(db: AsyncSession, staff_id: UUID, by: UUID, now: datetime) -> None:
    """Their password opens nothing any more, nor do their sessions; a new invitation lets them choose another."""
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    person.password_hash = _no_password()
    await end_sessions(db, staff_id, by, now)
    _note(db, "password_reset", staff_id, by, now)


async def invite_again(db: AsyncSession, staff_id: UUID, by: UUID, key: str, now: datetime) -> str:
    """Another invitation for somebody who has not taken the first, which ends with it. Raises StaffError."""
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    if not person.password_hash.startswith(NO_PASSWORD) or person.left_at is not None:
        raise StaffError("not_invited")
    person.password_hash = _no_password()
    _note(db, "staff_invited", staff_id, by, now)
    return await invitation(db, staff_id, key, now)


async def set_roles(db: AsyncSession, staff_id: UUID, roles: frozenset[Role], by: UUID, now: datetime) -> None:
    """Let somebody be this from now on. Raises StaffError: roles_missing, own_admin, last_admin."""
    if not roles:
        raise StaffError("roles_missing")
    before = await roles_of(db, staff_id)
    if Role.ADMIN in before and Role.ADMIN not in roles:
        await _may_lose_admin(db, staff_id, by)
    if before == roles:
        return
    await db.execute(delete(StaffRole).where(col(StaffRole.staff_id) == staff_id))
    db.add_all([StaffRole(staff_id=staff_id, role=role) for role in sorted(roles)])
    _note(db, "roles_changed", staff_id, by, now, before=_listed(before), after=_listed(roles))


async def deactivate(db: AsyncSession, staff_id: UUID, by: UUID, now: datetime) -> None:
    """Somebody has left: their sessions end at once, and they sign in no more. Raises StaffError."""
    if staff_id == by:
        raise StaffError("own_leaving")
    if Role.ADMIN in await roles_of(db, staff_id):
        await _may_lose_admin(db, staff_id, by)
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    if person.left_at is not None:
        return
    person.left_at = now
    await end_sessions(db, staff_id, by, now)
    _note(db, "staff_left", staff_id, by, now)


async def readmit(db: AsyncSession, staff_id: UUID, by: UUID, now: datetime) -> None:
    """Somebody who had left is back, by a new invitation."""
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    if person.left_at is None:
        return
    person.left_at, person.password_hash = None, _no_password()
    _note(db, "staff_readmitted", staff_id, by, now)


async def _may_lose_admin(db: AsyncSession, staff_id: UUID, by: UUID) -> None:
    """The others who could undo it are locked: two who take the role from each other do so one after the other."""
    if staff_id == by:
        raise StaffError("own_admin")
    rows = select(StaffRole.staff_id).join(Staff, col(Staff.id) == col(StaffRole.staff_id))
    admins = rows.where(StaffRole.role == Role.ADMIN, col(Staff.left_at).is_(None)).order_by(col(Staff.id))
    if set((await db.exec(admins.with_for_update())).all()) <= {staff_id}:
        raise StaffError("last_admin")


def _no_password() -> str:
    return NO_PASSWORD + secrets.token_urlsafe(16)


def _listed(roles: frozenset[Role]) -> str:
    return ",".join(sorted(roles))


def _note(db: AsyncSession, act: str, subject: UUID, by: UUID, now: datetime, **detail: str) -> None:  # fmt: skip
    db.add(Audit(staff_id=by, act=act, subject_id=subject, detail=dict(detail), at=now))
