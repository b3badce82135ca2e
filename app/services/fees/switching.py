"""Switches a meter between local and remote fee control, by what it was just read to hold (SPEC, vocabulary; L-4).

Nothing is changed in the meter by the switch itself: it is one reading, and one transaction. What the meter's own
limits are then follows by a promise of its own (`own_limits`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.clock import local_day
from app.domain.fees import FeeControl, Registers, to_download
from app.domain.handheld import LineState
from app.domain.ledger import BookingKind, fund_closed_booking, fund_opened_booking
from app.domain.meter_life import MeterLife
from app.domain.purchase import PurchaseKind, PurchaseState
from app.models import Fund, HandheldLine, Meter, MeterGroup, MeterModel, Purchase
from app.services.fees import charging, earlier, newcomers, own_limits
from app.services.fees.holding import credit_in_ledger, follow, held_minor, open_fund_of
from app.services.ledger import book
from app.services.purchases import STS_PROFILE, new_ref, promise_download
from app.settings import settings

Values = Mapping[str, int | str | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What a meter said of itself, one register after the other, from `since` on."""

    values: Values
    since: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What a meter said. `balance_minor` None: it has no wallet. `limits`: its own, as far as it has any."""

    registers: Registers
    balance_minor: int | None
    count: int | None
    limits: dict[str, int] | None


async def bar(db: AsyncSession, meter: Meter, to: FeeControl) -> str | None:
    """Why a meter cannot be switched now; None: it can, as far as our books know. `already_so`: it is so."""
    if meter.fee_control == to:
        return "already_so"
    if (await db.get_one(MeterModel, meter.model_id)).profile == STS_PROFILE:
        return "not_offered"
    if await db.get(MeterGroup, meter.id) is not None:
        return "terminal_keeps"
    if meter.life in (MeterLife.LEAVING, MeterLife.REMOVED):
        return "meter_leaves"
    if await _on_its_way(db, meter, to):
        return "purchase_on_its_way"
    fund = await open_fund_of(db, meter.id) if to is FeeControl.LOCAL else None
    return "energy_in_doubt" if fund is not None and fund.doubt else None


async def _on_its_way(db: AsyncSession, meter: Meter, to: FeeControl) -> bool:
    """May something be in the meter already, or get there at any moment? What was never sent goes into the ledger."""
    unsettled = (PurchaseState.SENDING, PurchaseState.REVIEW)
    states = unsettled if to is FeeControl.REMOTE else (*unsettled, PurchaseState.PAID)
    moving = select(Purchase.id).where(Purchase.meter_id == meter.id, col(Purchase.state).in_(states))
    carried = select(HandheldLine.id).where(
        HandheldLine.meter_id == meter.id,
        HandheldLine.state == LineState.OUT,
        col(HandheldLine.purchase_id).is_not(None),
    )
    found = (await db.exec(moving.limit(1))).first() or (await db.exec(carried.limit(1))).first()
    return found is not None


def held_of(said: Values) -> Held | None:
    """Read what the wire brought: `energies_wh` (in all, then by tariff) or `energy_wh`; None: it told no energy."""
    row = said.get("energies_wh")
    figures = [int(each) for each in str(row).split(",") if each.strip().isdigit()] if row else []
    total = figures[0] if figures else said.get("energy_wh")
    if not isinstance(total, int):
        return None
    balance, count = said.get("balance_minor"), said.get("purchase_count")
    return Held(
        Registers(total, tuple(figures[1:5])),
        balance if isinstance(balance, int) else None,
        count if isinstance(count, int) else None,
        _limits(said),
    )


def _limits(said: Values) -> dict[str, int] | None:
    found = {name: value for name in newcomers.NAMES if isinstance(value := said.get(name), int)}
    return found if len(found) == len(newcomers.NAMES) else None


async def switch(db: AsyncSession, meter: Meter, to: FeeControl, told: Told, now: datetime) -> str | None:
    """Switch a locked meter by what it was just read to hold; return why it was not, None where it is done.

    A recharge overtakes such a reading: what landed meanwhile may be in the balance that was read, or not.
    """
    held = held_of(told.values)
    if held is None:
        return "energy_unknown"
    barred = await bar(db, meter, to)
    if barred is not None:
        return barred
    if to is FeeControl.LOCAL:
        return await _to_local(db, meter, held, now)
    if await _landed_since(db, meter, told.since):
        return "purchase_on_its_way"
    return await _to_remote(db, meter, held, now)


async def _landed_since(db: AsyncSession, meter: Meter, since: datetime) -> bool:
    landed = select(Purchase.id).where(Purchase.meter_id == meter.id, col(Purchase.credited_at) > since)
    return (await db.exec(landed.limit(1))).first() is not None


async def _to_remote(db: AsyncSession, meter: Meter, held: Held, now: datetime) -> str | None:
    if held.balance_minor is not None and held.limits is None:
        return "limits_unknown"
    counted = await earlier.counted(db, meter, held.registers, now)
    fund = Fund(
        id=uuid4(),
        meter_id=meter.id,
        opened_at=now,
        day=counted.day,
        total_wh=counted.registers.total_wh,
        by_tariff_wh=list(counted.registers.by_tariff_wh),
        counted_at=now,
        used_wh=counted.used_wh,
        own_limits=held.limits,
    )
    db.add(fund)
    meter.fee_control = FeeControl.REMOTE
    await db.flush()
    carried = fund_opened_booking(meter.id, held.balance_minor or 0)
    if carried:
        await book(db, BookingKind.FUND_OPENED, fund.id, carried, now)
    await follow(db, [meter.id], now)
    await db.refresh(meter)
    await _credit_what_waits(db, meter, now)
    if held.limits is not None:
        await own_limits.promise(db, meter, now)
    return None


async def _credit_what_waits(db: AsyncSession, meter: Meter, now: datetime) -> None:
    """What was paid and never sent is in the ledger at once; its download finds nothing left to do."""
    waiting = select(Purchase).where(Purchase.meter_id == meter.id, Purchase.state == PurchaseState.PAID)
    for purchase in await db.exec(waiting.order_by(col(Purchase.created_at), col(Purchase.id))):
        await credit_in_ledger(db, purchase, now)


async def _to_local(db: AsyncSession, meter: Meter, held: Held, now: datetime) -> str | None:
    if held.balance_minor is None:
        return "no_wallet"
    today = _today(now)
    await charging.charge_meter(db, meter.id, today, now)
    fund = await open_fund_of(db, meter.id, lock=True)
    if fund is None or fund.doubt:
        return "energy_in_doubt"
    rest = await charging.price_rest(db, fund, held.registers, today)
    if rest is None:
        return "energy_in_doubt"
    if fund.own_limits == {} and held.limits is not None:  # it came by an exchange, and nobody could ask it until now
        fund.own_limits = await newcomers.limits_of(db, meter, held.limits)
    holds = await held_minor(db, meter.id) - rest.amount_minor
    missing = to_download(holds, held.balance_minor)
    if missing is None:
        return "meter_holds_more"
    if 0 < meter.hoarding_limit_minor < holds:
        return "over_hoard_limit"
    await charging.charge_rest(db, fund, rest, now)
    await _close(db, meter, fund, (holds, held.balance_minor), now)
    if held.count is not None:
        meter.purchase_count = held.count
    if missing:
        await _send_back(db, meter, missing, now)
    else:
        await own_limits.promise(db, meter, now)
    return None


async def _close(db: AsyncSession, meter: Meter, fund: Fund, sums: tuple[int, int], now: datetime) -> None:
    """The meter holds its money itself: what the books hold is owed to it, but for what is in it already."""
    entries = fund_closed_booking(meter.id, *sums)
    if entries:
        await book(db, BookingKind.FUND_CLOSED, fund.id, entries, now)
    fund.closed_at = now
    meter.fee_control = FeeControl.LOCAL
    await db.flush()


async def _send_back(db: AsyncSession, meter: Meter, amount_minor: int, now: datetime) -> None:
    """What the ledger held goes into the meter as a purchase, by the rules of any download."""
    purchase = Purchase(
        ref=new_ref(),
        kind=PurchaseKind.CARRIED,
        meter_id=meter.id,
        amount_minor=amount_minor,
        credit_minor=amount_minor,
        state=PurchaseState.PAID,
        created_at=now,
    )
    db.add(purchase)
    await db.flush()
    await promise_download(db, purchase, meter, now)


def _today(now: datetime) -> date:
    return local_day(now, ZoneInfo(settings().timezone))
