"""Letting family in: a holder's word, once, by a link (SPEC R-2)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.standing import Standing
from app.models import Invitation, KeptMeter, Meter, Resident
from app.services.kept_meters import standing

LASTS = timedelta(days=7)
MOST_OPEN = 5


class InvitationError(ValueError):
    """Why nobody is let in. `code`: invitation_over, invitations_too_many, invitation_own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody who was let in: their row in "my meters", and as much of their phone as tells it from others."""

    kept_id: UUID
    phone: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Welcome:
    """What an invitation leads to."""

    meter_id: UUID
    meter_number: str


async def invite(db: AsyncSession, holder_id: UUID, meter_id: UUID, now: datetime) -> str:
    """Make an invitation and return the secret of its link, which is kept nowhere. The caller has seen a holder.

    Raises InvitationError("invitations_too_many").
    """
    await db.get_one(Resident, holder_id, with_for_update=True)
    await db.execute(delete(Invitation).where(col(Invitation.expires_at) <= now, col(Invitation.used_at).is_(None)))
    if len(await open_invitations(db, meter_id, now)) >= MOST_OPEN:
        raise InvitationError("invitations_too_many")
    secret = secrets.token_urlsafe(24)
    row = Invitation(
        meter_id=meter_id, made_by=holder_id, secret_hash=_sha256(secret), made_at=now, expires_at=now + LASTS
    )
    db.add(row)
    await db.flush()
    return secret


async def open_invitations(db: AsyncSession, meter_id: UUID, now: datetime) -> list[Invitation]:
    """Invitations that still let somebody in; the newest first."""
    unused = select(Invitation).where(Invitation.meter_id == meter_id, col(Invitation.used_at).is_(None))
    return list(await db.exec(unused.where(Invitation.expires_at > now).order_by(col(Invitation.made_at).desc())))


async def revoke(db: AsyncSession, meter_id: UUID, invitation_id: UUID) -> None:
    """Take an invitation back. One that was used, or is of another meter, is left alone."""
    mine = delete(Invitation).where(col(Invitation.id) == invitation_id, col(Invitation.meter_id) == meter_id)
    await db.execute(mine.where(col(Invitation.used_at).is_(None)))


async def look_at(db: AsyncSession, secret: str, now: datetime) -> Welcome | None:
    """What a link leads to; None for one that is over, was used, or never was."""
    invitation = await _open(db, secret, now)
    if invitation is None:
        return None
    meter = await db.get_one(Meter, invitation.meter_id)
    return Welcome(meter.id, meter.number)


async def accept(db: AsyncSession, resident_id: UUID, secret: str, now: datetime) -> str:
    """Become family of a meter; return its number. Raises InvitationError("invitation_over" or "invitation_own")."""
    invitation = await _open(db, secret, now)
    if invitation is None:
        raise InvitationError("invitation_over")
    if invitation.made_by == resident_id:
        raise InvitationError("invitation_own")
    invitation.used_at = now
    kept = KeptMeter(
        id=uuid4(), resident_id=resident_id, meter_id=invitation.meter_id, standing=Standing.PAYER, added_at=now
    )
    await add_once(db, kept)
    mine = update(KeptMeter).where(col(KeptMeter.resident_id) == resident_id)
    await db.execute(
        mine.where(col(KeptMeter.meter_id) == invitation.meter_id).values(
            standing=Standing.FAMILY.value, invited_by=invitation.made_by
        )
    )
    return (await db.get_one(Meter, invitation.meter_id)).number


async def _open(db: AsyncSession, secret: str, now: datetime) -> Invitation | None:
    """The invitation of a link, locked; its maker must still be a holder."""
    wanted = select(Invitation).where(Invitation.secret_hash == _sha256(secret)).with_for_update()
    found = (await db.exec(wanted)).first()
    if found is None or found.used_at is not None or found.expires_at <= now:
        return None
    return found if await standing(db, found.made_by, found.meter_id) is Standing.HOLDER else None


async def relatives(db: AsyncSession, meter_id: UUID) -> list[Relative]:
    """Everybody who was let in."""
    phone = func.coalesce(func.right(col(Resident.phone), 4), "")
    rows = select(KeptMeter.id, phone, KeptMeter.added_at).join(
        Resident, col(Resident.id) == col(KeptMeter.resident_id)
    )
    inside = rows.where(KeptMeter.meter_id == meter_id, KeptMeter.standing == Standing.FAMILY)
    found = await db.exec(inside.order_by(col(KeptMeter.added_at)))
    return [Relative(id_, f"•••• {end}" if end else "", at) for id_, end, at in found]


async def show_out(db: AsyncSession, meter_id: UUID, kept_id: UUID) -> None:
    """Somebody is family no longer; the meter stays in their list as a payer's."""
    theirs = update(KeptMeter).where(col(KeptMeter.id) == kept_id, col(KeptMeter.meter_id) == meter_id)
    theirs = theirs.where(col(KeptMeter.standing) == Standing.FAMILY.value)
    await db.execute(theirs.values(standing=Standing.PAYER.value, invited_by=None))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
