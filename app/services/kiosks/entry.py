"""Lets a signed request in: each sequence number and each nonce once."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.terminal import NONCE_KEPT, Bar, Signed
from app.models import Kiosk, KioskNonce
from app.models.kiosk import KioskState


async def key_of(db: AsyncSession, kiosk_id: UUID) -> str | None:
    """The public key that a terminal's requests must fit; None for one that is not let in."""
    kiosk = await db.get(Kiosk, kiosk_id)
    return kiosk.public_key if kiosk else None


async def admit(db: AsyncSession, kiosk_id: UUID, signed: Signed, now: datetime) -> Kiosk | Bar:
    """Count a request whose signature is good, or say why it is not let in. A locked terminal may still beat and tell.

    The row is locked, so two requests that bear the same number are told apart whichever comes first.
    """
    kiosk = await db.get(Kiosk, kiosk_id, with_for_update=True)
    if kiosk is None or kiosk.state in (KioskState.REVOKED, KioskState.WAITING):
        return Bar.REVOKED
    if signed.sequence <= kiosk.sequence:
        return Bar.REPLAYED
    if not await add_once(db, KioskNonce(id=uuid4(), kiosk_id=kiosk_id, nonce=signed.nonce, used_at=now)):
        return Bar.REPLAYED
    kiosk.sequence = signed.sequence
    await db.flush()
    return kiosk


class Revoked(Exception):
    """The terminal was let in when its request came, and has been revoked since."""


async def hold(db: AsyncSession, kiosk_id: UUID) -> Kiosk:
    """Lock a terminal's row as it is now, to change it. Raises Revoked.

    Nothing of the row that was read when the request came is written back: staff may have revoked it meanwhile.
    """
    kiosk = await db.get_one(Kiosk, kiosk_id, with_for_update=True)
    if kiosk.state in (KioskState.REVOKED, KioskState.WAITING):
        raise Revoked
    return kiosk


async def forget_nonces(db: AsyncSession, now: datetime) -> None:
    """Drop nonces that no request could bear any more."""
    await db.exec(delete(KioskNonce).where(col(KioskNonce.used_at) < now - 2 * NONCE_KEPT))
