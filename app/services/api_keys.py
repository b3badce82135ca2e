"""Keys with which other programs of the utility send messages: made once, shown once, revoked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.sending import SendMode
from app.models import ApiKey, Audit, Staff

LONGEST_NAME = 60
_LONGEST_SECRET = 128
_NOTED_EVERY = timedelta(minutes=1)  # when a key was used is told to the minute: not each request writes its row


class KeyNameWrong(ValueError):
    """A key needs a name that people tell it by."""

    code = "key_name"


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key and who made it."""

    key: ApiKey
    maker: str


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def make(db: AsyncSession, name: str, mode: SendMode, staff_id: UUID, now: datetime) -> str:
    """Make a key and return its secret, which is kept nowhere. Raises KeyNameWrong."""
    called = " ".join(name.split())
    if not 0 < len(called) <= LONGEST_NAME:
        raise KeyNameWrong
    secret = f"relight_{mode}_{secrets.token_urlsafe(32)}"
    key = ApiKey(id=uuid4(), name=called, mode=mode, secret_hash=_hash(secret), made_by=staff_id, made_at=now)
    db.add(key)
    db.add(Audit(staff_id=staff_id, act="key_made", subject_id=key.id, detail={"name": called, "mode": mode}, at=now))
    return secret


async def holder(db: AsyncSession, secret: str, now: datetime) -> ApiKey | None:
    """The key behind a secret; None for what is none, or is revoked."""
    if not secret or len(secret) > _LONGEST_SECRET:
        return None
    wanted = select(ApiKey).where(ApiKey.secret_hash == _hash(secret), col(ApiKey.revoked_at).is_(None))
    key = (await db.exec(wanted)).one_or_none()
    if key is not None and (key.used_at is None or now - key.used_at >= _NOTED_EVERY):
        key.used_at = now
    return key


async def revoke(db: AsyncSession, key_id: UUID, staff_id: UUID, now: datetime) -> bool:
    """Take a key out of use; False where there is none of this id, or it is out of use already."""
    key = await db.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.revoked_at is not None:
        return False
    key.revoked_at = now
    db.add(Audit(staff_id=staff_id, act="key_revoked", subject_id=key.id, detail={"name": key.name}, at=now))
    return True


async def list_keys(db: AsyncSession) -> list[KeyLine]:
    """All keys, those in use first, newest first."""
    rows = select(ApiKey, Staff.name).join(Staff, col(Staff.id) == col(ApiKey.made_by))
    rows = rows.order_by(col(ApiKey.revoked_at).is_not(None), col(ApiKey.made_at).desc())
    return [KeyLine(key, maker) for key, maker in await db.exec(rows)]
