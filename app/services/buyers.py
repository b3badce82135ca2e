"""Who pays, and what they usually do."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.payment import UNOPENED, PaymentState
from app.models import Advance, Meter, Payment, Resident


@dataclass(frozen=True, slots=True)
class Usual:
    """What somebody paid for a meter last, and through whom."""

    amount_minor: int
    provider: str


async def usual(db: AsyncSession, resident_id: UUID, meter_id: UUID) -> Usual | None:
    """The last thing that this resident paid for this meter; None for the first time."""
    mine = select(Payment).where(Payment.resident_id == resident_id, Payment.meter_id == meter_id)
    paid = mine.where(Payment.state == PaymentState.PAID, col(Payment.way).in_(UNOPENED))
    row = (await db.exec(paid.order_by(col(Payment.created_at).desc()).limit(1))).first()
    return Usual(row.amount_minor, row.provider) if row else None


async def openid_of(db: AsyncSession, resident_id: UUID) -> str:
    """The resident's openid at WeChat; empty for somebody known by a phone alone."""
    return (await db.exec(select(Resident.openid).where(Resident.id == resident_id))).first() or ""


async def phone_of(db: AsyncSession, resident_id: UUID) -> str:
    """The resident's proven phone (E.164); empty for somebody known by WeChat alone."""
    return (await db.exec(select(Resident.phone).where(Resident.id == resident_id))).first() or ""


async def payment_of(db: AsyncSession, ref: str) -> tuple[Payment, str] | None:
    """A payment and the number of its meter; None for a reference that nobody was given."""
    wanted = select(Payment, Meter.number).join(Meter, col(Meter.id) == col(Payment.meter_id))
    row = (await db.exec(wanted.where(Payment.ref == ref))).first()
    return (row[0], row[1]) if row else None


async def open_advance(db: AsyncSession, meter_id: UUID) -> int:
    """What of the arrears is emergency credit that is not repaid yet, minor units."""
    account = select(Meter.account_id).where(Meter.id == meter_id).scalar_subquery()
    wanted = select(Advance.amount_minor).where(Advance.account_id == account, col(Advance.repaid_at).is_(None))
    return (await db.exec(wanted)).first() or 0
