"""How a terminal becomes one of ours: staff make a code, the terminal shows it once, with the key it has made."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.terminal import CODE_ALPHABET, CODE_LASTS, CODE_LENGTH, FIRST_SETTINGS, plain_code
from app.models import Audit, Kiosk
from app.models.kiosk import KioskState


class CodeUnknown(ValueError):
    """No terminal waits for this code: it is wrong, was used, or has expired."""

    code = "code_unknown"


@dataclass(frozen=True, slots=True)
class NewKiosk:
    """What staff say of a terminal that is to be set up."""

    name: str
    concentrator_id: UUID
    staff_id: UUID | None


async def expect(db: AsyncSession, new: NewKiosk, now: datetime) -> tuple[Kiosk, str]:
    """Add a terminal that is to come, and return the code it will show. The row keeps the code's SHA-256 only."""
    code = _make_code()
    kiosk = Kiosk(
        id=uuid4(),
        name=new.name,
        concentrator_id=new.concentrator_id,
        code_hash=_hash(code),
        code_expires_at=now + CODE_LASTS,
        settings=dict(FIRST_SETTINGS),
    )
    db.add(kiosk)
    await db.flush()
    _note(db, "kiosk_expected", kiosk.id, new.staff_id, now)
    return kiosk, code


async def expect_again(db: AsyncSession, kiosk_id: UUID, staff_id: UUID | None, now: datetime) -> str:
    """Return a fresh code for a terminal whose key is lost: from now on the old key opens nothing."""
    kiosk = await db.get_one(Kiosk, kiosk_id, with_for_update=True)
    code = _make_code()
    kiosk.state, kiosk.public_key = KioskState.WAITING.value, None
    kiosk.code_hash, kiosk.code_expires_at = _hash(code), now + CODE_LASTS
    _note(db, "kiosk_expected", kiosk.id, staff_id, now)
    return code


async def enrol(db: AsyncSession, typed: str, public_key: str, now: datetime) -> Kiosk:
    """Let in the terminal that shows a code, once. Raises CodeUnknown."""
    wanted = select(Kiosk).where(Kiosk.code_hash == _hash(plain_code(typed)), Kiosk.state == KioskState.WAITING)
    kiosk = (await db.exec(wanted.with_for_update())).first()
    if kiosk is None or kiosk.code_expires_at is None or kiosk.code_expires_at <= now:
        raise CodeUnknown
    kiosk.state, kiosk.public_key, kiosk.enrolled_at = KioskState.ACTIVE.value, public_key, now
    kiosk.code_hash = kiosk.code_expires_at = None
    kiosk.sequence, kiosk.beat_at = 0, now
    _note(db, "kiosk_enrolled", kiosk.id, None, now)
    return kiosk


async def move(db: AsyncSession, kiosk_id: UUID, state: KioskState, staff_id: UUID | None, now: datetime) -> None:
    """Staff lock, unlock or revoke a terminal. A revoked one stays revoked: it is expected again under a new key."""
    kiosk = await db.get_one(Kiosk, kiosk_id, with_for_update=True)
    if kiosk.state in (KioskState.REVOKED, KioskState.WAITING) or kiosk.state == state:
        return
    kiosk.state = state.value
    if state is KioskState.REVOKED:
        kiosk.public_key = None
    _note(db, f"kiosk_{state}", kiosk.id, staff_id, now)


def _note(db: AsyncSession, act: str, kiosk_id: UUID, staff_id: UUID | None, now: datetime) -> None:
    db.add(Audit(staff_id=staff_id, act=act, subject_id=kiosk_id, at=now))


def _make_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def _hash(code: str) -> str:
    return sha256(code.encode()).hexdigest()
