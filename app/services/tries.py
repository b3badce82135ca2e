"""Counts wrong passwords and codes in a row, and locks for a while (OWASP ASVS 4.0.3, 2.2.1)."""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import SignInTries

FREE_TRIES = 5
LOCKED_FOR = timedelta(minutes=5)
FORGOTTEN = timedelta(days=1)


class SignInLocked(Exception):
    """Too many wrong tries in a row; `until` says when the next may be made."""

    def __init__(self, until: datetime) -> None:
        super().__init__("sign_in_locked")
        self.until = until


async def count_try(db: AsyncSession, mark: str, now: datetime) -> SignInTries:
    """Count a try before it is looked at, so that many at once get no more tries than one after another.

    `mark`: a hash of whom it is about. Raises SignInLocked.
    """
    tries = await _locked(db, mark, now)
    if tries.locked_until is not None and now < tries.locked_until:
        raise SignInLocked(tries.locked_until)
    fresh = tries.locked_until is not None or tries.tried_at < now - FORGOTTEN
    tries.failures = 1 if fresh else tries.failures + 1
    tries.tried_at = now
    tries.locked_until = now + LOCKED_FOR if tries.failures >= FREE_TRIES else None
    return tries


async def _locked(db: AsyncSession, mark: str, now: datetime) -> SignInTries:
    """The row of a mark, there and locked in one step: another sign-in may be deleting it."""
    row = insert(SignInTries).values(login_hash=mark, failures=0, tried_at=now)
    same = {"failures": SignInTries.failures}
    await db.execute(row.on_conflict_do_update(index_elements=["login_hash"], set_=same))
    return await db.get_one(SignInTries, mark, populate_existing=True)


async def forget_tries(db: AsyncSession, mark: str) -> None:
    """It was right: those before count no more."""
    await db.flush()
    await db.execute(delete(SignInTries).where(col(SignInTries.login_hash) == mark))


async def forget_old_tries(db: AsyncSession, now: datetime) -> None:
    """After a day nobody remembers."""
    await db.execute(delete(SignInTries).where(col(SignInTries.tried_at) < now - FORGOTTEN))
