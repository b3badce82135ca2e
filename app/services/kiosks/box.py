"""What a terminal keeps for the time when it cannot ask: its meters, tokens that have not reached them, inboxes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.meter_life import MeterLife
from app.domain.purchase import ON_ITS_WAY
from app.models import Account, Meter, MeterModel, Purchase, Token
from app.services.inbox import Posted, at_terminal


@dataclass(frozen=True, slots=True)
class BoxMeter:
    """One meter of a metering box, as a guest may see it. Money in minor units."""

    number: str
    address: str
    profile: str
    balance_minor: int | None
    read_at: datetime | None
    source: str
    supply: str
    reclose_limit_minor: int
    arrears_minor: int
    policy: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A token that was issued and is not known to be in its meter."""

    purchase: str
    meter: str
    digits: str
    amount_minor: int
    issued_at: datetime


async def meters(db: AsyncSession, concentrator_id: UUID) -> list[BoxMeter]:
    """The meters behind one concentrator, by number."""
    rows = (
        select(Meter, MeterModel.profile, Account.arrears_minor)
        .where(Meter.concentrator_id == concentrator_id, Meter.life != MeterLife.REMOVED)
        .where(MeterModel.id == Meter.model_id, Account.id == Meter.account_id)
        .order_by(col(Meter.number))
    )
    return [
        BoxMeter(
            number=meter.number,
            address=meter.address,
            profile=profile,
            balance_minor=meter.balance_minor,
            read_at=meter.balance_read_at,
            source=meter.balance_source,
            supply=meter.supply,
            reclose_limit_minor=meter.reclose_limit_minor,
            arrears_minor=arrears_minor,
            policy=meter.relay_policy,
        )
        for meter, profile, arrears_minor in await db.exec(rows)
    ]


async def undelivered(db: AsyncSession, concentrator_id: UUID) -> list[Undelivered]:
    """Tokens for the meters of one concentrator whose purchases are on their way, in the order to be entered."""
    rows = (
        select(Purchase, Meter.number, Token)
        .where(Purchase.meter_id == Meter.id, Token.purchase_id == Purchase.id)
        .where(Meter.concentrator_id == concentrator_id, col(Purchase.state).in_(ON_ITS_WAY))
        .order_by(col(Token.issued_at), col(Token.position))
    )
    return [
        Undelivered(purchase.ref, number, token.digits, purchase.credit_minor, token.issued_at)
        for purchase, number, token in await db.exec(rows)
    ]


async def inbox(db: AsyncSession, concentrator_id: UUID, now: datetime) -> list[Posted]:
    """What lies in the inboxes of the meters of one concentrator, as a terminal may show it."""
    here = list(await db.exec(select(Meter.id).where(Meter.concentrator_id == concentrator_id)))
    return await at_terminal(db, here, now)
