"""What somebody of the staff changes about themselves: name and password."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.password import trouble
from app.models import Audit, Staff
from app.services import passwords
from app.services.staff import Officer, StaffError
from app.services.staff_sessions import end_sessions, prove_again

LONGEST_NAME = 60


async def rename(db: AsyncSession, staff_id: UUID, name: str, now: datetime) -> None:
    """What others read. Raises StaffError."""
    new = " ".join(name.split())
    if not 0 < len(new) <= LONGEST_NAME:
        raise StaffError("name_missing")
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    if new == person.name:
        return
    detail: dict[str, str | int | None] = {"before": person.name, "after": new}
    db.add(Audit(staff_id=staff_id, act="staff_renamed", subject_id=staff_id, detail=detail, at=now))
    person.name = new


async def new_password_hash(officer: Officer, password: str) -> str:
    """Hash a new password outside of any transaction. Raises StaffError and passwords.TooBusy."""
    if (wrong := trouble(password, officer.login, officer.name)) is not None:
        raise StaffError(wrong)
    return await passwords.hashed(password)


async def change_password(db: AsyncSession, officer: Officer, password_hash: str, now: datetime) -> None:
    """Let a new password hold; every other session ends."""
    person = await db.get_one(Staff, officer.id, with_for_update=True)
    person.password_hash = password_hash
    db.add(Audit(staff_id=officer.id, act="password_changed", subject_id=officer.id, at=now))
    await end_sessions(db, officer.id, officer.id, now, but=officer.session_id)
    if officer.session_id is not None and not officer.second_step:
        await prove_again(db, officer.session_id, now)
