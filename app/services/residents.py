"""Residents: how they sign in, and how long that lasts (SPEC R-1; OWASP ASVS level 2, chapter 3)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import SQLModel, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once, table_of
from app.domain import masking
from app.i18n import DEFAULT, Locale, locale_or_none
from app.models import KeptMeter, Resident, ResidentSession
from app.services import kept_meters

LASTS = timedelta(days=90)
_TOUCH = timedelta(days=1)  # a session's end is moved in steps: not every click writes


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in. `phone` is masked, and empty for somebody known by WeChat alone."""

    id: UUID
    phone: str
    locale: Locale
    large_type: bool


async def sign_in_with_phone(db: AsyncSession, phone: str, now: datetime, before: str = "") -> tuple[Resident, str]:
    """Sign in who has just proved `phone` (E.164); return the row and the secret for the cookie, always a new one.

    `before` is the secret that the browser came with; it opens nothing any more. Whoever it had signed in by WeChat
    alone now has this phone too.
    """
    here, known = await _signed_in(db, before, now), await _by_phone(db, phone)
    fresh = known is None
    if here is not None and here.phone is None:
        if known is None:
            here.phone, known = phone, here
        elif known.openid is None:
            await _join(db, here, known)
    known = known or await _add(db, Resident(phone=phone, created_at=now))
    await kept_meters.judge_anew(db, known.id)
    if fresh:
        await kept_meters.keep_own(db, known, now)
    return known, await open_session(db, known.id, before, now)


async def sign_in_with_openid(db: AsyncSession, openid: str, now: datetime, before: str = "") -> tuple[Resident, str]:
    """Sign in who has come by WeChat; as `sign_in_with_phone`. Whoever had proved a phone here now has both.

    The caller has seen by the OAuth `state` that this very browser began it.
    """
    here, known = await _signed_in(db, before, now), await _by_openid(db, openid)
    if here is not None and here.openid is None:
        if known is None:
            here.openid, known = openid, here
        elif known.phone is None:
            await _join(db, known, here)
            known = here
    known = known or await _add(db, Resident(openid=openid, created_at=now))
    await kept_meters.judge_anew(db, known.id)
    return known, await open_session(db, known.id, before, now)


async def open_session(db: AsyncSession, resident_id: UUID, before: str, now: datetime) -> str:
    """Open a session and return its secret. Sessions that are over, and the one of `before`, are deleted."""
    ended = (col(ResidentSession.expires_at) <= now) | (col(ResidentSession.secret_hash) == _sha256(before))
    await db.execute(delete(ResidentSession).where(ended))
    secret = secrets.token_urlsafe(32)
    session = ResidentSession(
        resident_id=resident_id, secret_hash=_sha256(secret), opened_at=now, expires_at=now + LASTS
    )
    db.add(session)
    await db.flush()
    return secret


async def resident_of(db: AsyncSession, secret: str, now: datetime) -> Me | None:
    """Whose session this secret opens, and move its end on; None for one that is over or never was."""
    if not secret:
        return None
    rows = select(ResidentSession, Resident).join(Resident, col(Resident.id) == col(ResidentSession.resident_id))
    found = (await db.exec(rows.where(ResidentSession.secret_hash == _sha256(secret)))).first()
    if found is None or found[0].expires_at <= now:
        return None
    session, resident = found
    if now + LASTS - session.expires_at > _TOUCH:
        session.expires_at = now + LASTS
    return view(resident)


def view(resident: Resident) -> Me:
    """A resident as pages may know them."""
    phone = masking.phone(resident.phone) if resident.phone else ""
    return Me(resident.id, phone, locale_or_none(resident.locale) or DEFAULT, resident.large_type)


async def prefer(db: AsyncSession, resident_id: UUID, locale: Locale, *, large_type: bool) -> None:
    """Keep how somebody wants pages to look."""
    chosen = update(Resident).where(col(Resident.id) == resident_id)
    await db.execute(chosen.values(locale=locale.value, large_type=large_type))


async def close_session(db: AsyncSession, secret: str) -> None:
    """Sign out here. A secret that opens nothing is no error."""
    await db.execute(delete(ResidentSession).where(col(ResidentSession.secret_hash) == _sha256(secret)))


async def close_all(db: AsyncSession, resident_id: UUID) -> None:
    """Sign out everywhere."""
    await db.execute(delete(ResidentSession).where(col(ResidentSession.resident_id) == resident_id))


async def _by_phone(db: AsyncSession, phone: str) -> Resident | None:
    return (await db.exec(select(Resident).where(Resident.phone == phone).with_for_update())).first()


async def _by_openid(db: AsyncSession, openid: str) -> Resident | None:
    return (await db.exec(select(Resident).where(Resident.openid == openid).with_for_update())).first()


async def _signed_in(db: AsyncSession, secret: str, now: datetime) -> Resident | None:
    me = await resident_of(db, secret, now)
    return await db.get(Resident, me.id, with_for_update=True) if me else None


async def _add(db: AsyncSession, resident: Resident) -> Resident:
    """Add somebody, unless another request has just done so."""
    resident.id = uuid4()
    if await add_once(db, resident):
        return await db.get_one(Resident, resident.id)
    known = await (_by_phone(db, resident.phone) if resident.phone else _by_openid(db, resident.openid or ""))
    if known is None:
        raise RuntimeError("a resident came and went at once")
    return known


async def _join(db: AsyncSession, gone: Resident, stays: Resident) -> None:
    """Two rows are one person: everything of `gone`, its openid too, becomes that of `stays`."""
    openid, doubled = gone.openid, select(KeptMeter.meter_id).where(KeptMeter.resident_id == stays.id)
    mine = col(KeptMeter.resident_id) == gone.id
    await db.execute(delete(KeptMeter).where(mine, col(KeptMeter.meter_id).in_(doubled)))
    for table in SQLModel.metadata.sorted_tables:
        for key in [k for k in table.foreign_keys if k.column.table is table_of(Resident)]:
            await db.execute(table.update().where(key.parent == gone.id).values({key.parent.name: stays.id}))
    await db.delete(gone)
    await db.flush()
    stays.openid = openid
    await db.flush()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
