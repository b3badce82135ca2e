"""What purchases are in energy, where a terminal counts kWh: fixed when they are paid, shown ever after (H-14)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase_control import CountedIn, bought
from app.models import EnergyPurchase, Meter, Purchase
from app.services import groups


@dataclass(frozen=True, slots=True)
class Sold:
    """What a purchase is in energy. `rounding_minor`: what that is worth beyond what was paid."""

    energy_kwh: int
    rounding_minor: int


async def fix_energy(db: AsyncSession, purchase: Purchase, meter: Meter, now: datetime) -> None:
    """Say what a purchase that has just been opened is in energy, where its terminal counts that.

    Where there is no one price, nothing is said: the head end refuses to send it, and a person decides.
    """
    price = await groups.energy_price_of(db, meter, now) if purchase.credit_minor else None
    if price:
        await _write(db, purchase, price)


async def fix_anew(db: AsyncSession, purchase: Purchase, meter: Meter, now: datetime) -> None:
    """A purchase of which nothing has left goes to another meter: what it is there is said at today's price."""
    await _forget(db, purchase)
    await fix_energy(db, purchase, meter, now)


async def follow_credit(db: AsyncSession, purchase: Purchase) -> None:
    """Less of a purchase is left for the meter than when it was paid: so is the energy, at the price of that day."""
    row = await db.get(EnergyPurchase, purchase.id)
    if row is None:
        return
    price = row.price_e4
    await _forget(db, purchase)
    if purchase.credit_minor:
        await _write(db, purchase, price)


async def _write(db: AsyncSession, purchase: Purchase, price_e4: int) -> None:
    found = bought(purchase.credit_minor, price_e4)
    db.add(
        EnergyPurchase(
            purchase_id=purchase.id,
            energy_kwh=found.energy_kwh,
            price_e4=found.price_e4,
            rounding_minor=found.rounding_minor,
        )
    )
    await db.flush()


async def _forget(db: AsyncSession, purchase: Purchase) -> None:
    row = await db.get(EnergyPurchase, purchase.id)
    if row is not None:
        await db.delete(row)
        await db.flush()


async def energy_of(db: AsyncSession, purchase: Purchase, meter: Meter) -> Sold | None:
    """What a purchase is to be at its meter in energy; None: its meter counts money."""
    row = await groups.row_of(db, meter)
    if row is None or row.counted_in != CountedIn.ENERGY:
        return None
    return await sold(db, purchase.id)


async def sold(db: AsyncSession, purchase_id: UUID) -> Sold | None:
    """What a purchase was sold as in energy; None: as money."""
    return (await sold_of(db, [purchase_id])).get(purchase_id)


async def sold_of(db: AsyncSession, purchases: Collection[UUID]) -> dict[UUID, Sold]:
    """The same for many; those that were sold as money are not there."""
    rows = await db.exec(select(EnergyPurchase).where(col(EnergyPurchase.purchase_id).in_(purchases)))
    return {row.purchase_id: Sold(row.energy_kwh, row.rounding_minor) for row in rows}
