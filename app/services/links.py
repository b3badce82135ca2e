"""Links that open the pay page of a meter filled in (SPEC R-8).

The word in the address is derived from the row's id with the installation's key, and the row holds only its SHA-256:
a leaked table opens nothing, and whoever has the key can show or send the same address again.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.payment import PaymentState
from app.domain.proving import pay_word
from app.models import Meter, PayLink, Payment
from app.models.topup import LinkPurpose

LONGEST_GREETING = 120
MOST_GIFTS = 10
_LONGEST_SECRET = 64
LASTS = {
    LinkPurpose.GIFT: timedelta(days=30),
    LinkPurpose.REMINDER: timedelta(days=7),
    LinkPurpose.RULE: timedelta(days=7),
}


class TooManyLinks(ValueError):
    """Somebody has as many open links for one meter as anybody needs."""

    code = "links_too_many"


@dataclass(frozen=True, slots=True)
class LinkWish:
    """What a link is to open. `id`: of what it goes with, so that one message has one link; a new one else."""

    meter_id: UUID
    purpose: LinkPurpose
    amount_minor: int | None = None
    greeting: str = ""
    made_by: UUID | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that somebody has followed."""

    id: UUID
    meter_id: UUID
    meter_number: str
    purpose: LinkPurpose
    amount_minor: int | None
    greeting: str


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link as its maker sees it: that it was used, never by whom."""

    id: UUID
    amount_minor: int | None
    greeting: str
    made_at: datetime
    expires_at: datetime
    used: int


async def make_link(db: AsyncSession, wish: LinkWish, key: str, now: datetime) -> str:
    """Add a link and return the secret for its address; the same id again gives the same. `key`: session secret."""
    id_ = wish.id or uuid4()
    secret = pay_word(key, id_)
    row = PayLink(
        id=id_,
        meter_id=wish.meter_id,
        purpose=wish.purpose,
        secret_hash=_hash(secret),
        amount_minor=wish.amount_minor,
        greeting=" ".join(wish.greeting.split())[:LONGEST_GREETING],
        made_by=wish.made_by,
        made_at=now,
        expires_at=now + LASTS[wish.purpose],
    )
    await add_once(db, row)
    return secret


async def make_gift(db: AsyncSession, wish: LinkWish, key: str, now: datetime) -> str:
    """Add a link that somebody gives away. Raises TooManyLinks."""
    if wish.made_by is not None and len(await gifts_of(db, wish.made_by, wish.meter_id, now)) >= MOST_GIFTS:
        raise TooManyLinks
    return await make_link(db, wish, key, now)


async def follow_link(db: AsyncSession, secret: str, now: datetime) -> OpenLink | None:
    """What a secret opens; None for one that never was, has been stopped or has run out: nobody learns which."""
    if not (secret.isascii() and 0 < len(secret) <= _LONGEST_SECRET):
        return None
    wanted = select(PayLink, Meter.number).join(Meter, col(Meter.id) == col(PayLink.meter_id))
    alive = wanted.where(col(PayLink.stopped_at).is_(None), col(PayLink.expires_at) > now)
    row = (await db.exec(alive.where(PayLink.secret_hash == _hash(secret)))).first()
    if row is None:
        return None
    link, number = row
    return OpenLink(link.id, link.meter_id, number, LinkPurpose(link.purpose), link.amount_minor, link.greeting)


async def gifts_of(db: AsyncSession, resident_id: UUID, meter_id: UUID, now: datetime) -> list[MadeLink]:
    """The open links that somebody has made for a meter, newest first."""
    paid = (
        select(func.count())
        .select_from(Payment)
        .where(Payment.link_id == PayLink.id, Payment.state == PaymentState.PAID)
        .scalar_subquery()
    )
    wanted = (
        select(PayLink, paid)
        .where(PayLink.made_by == resident_id, PayLink.meter_id == meter_id, PayLink.purpose == LinkPurpose.GIFT)
        .where(col(PayLink.stopped_at).is_(None), col(PayLink.expires_at) > now)
        .order_by(col(PayLink.made_at).desc(), col(PayLink.id))
    )
    return [
        MadeLink(link.id, link.amount_minor, link.greeting, link.made_at, link.expires_at, used)
        for link, used in await db.exec(wanted)
    ]


async def stop_link(db: AsyncSession, resident_id: UUID, link_id: UUID, now: datetime) -> None:
    """Stop a link of one's own; money that is on its way through it arrives all the same."""
    mine = update(PayLink).where(col(PayLink.id) == link_id, col(PayLink.made_by) == resident_id)
    await db.execute(mine.where(col(PayLink.stopped_at).is_(None)).values(stopped_at=now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
