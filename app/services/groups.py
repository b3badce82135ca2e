"""Meters whose purchases their terminal keeps, in money or in energy (购电控, SPEC H-14)."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, cast, func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK, add_once
from app.domain.clock import local_day
from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.purchase import ON_ITS_WAY
from app.domain.purchase_control import CountedIn, GroupTerms, bits_of, may_hold, rounds_of
from app.models import (
    Account,
    Audit,
    Concentrator,
    Meter,
    MeterGroup,
    Purchase,
    Tariff,
    TariffSet,
)
from app.settings import settings
from app.terminal_words import GDW1376, Group

LONGEST_REASON = 500


class GroupRefused(Exception):
    """Why a terminal cannot keep a meter's purchases. `code`: group_taken, group_tokens, group_remote, group_way,
    group_price (its tariff has more than one price), group_under_way (a purchase is on its way), group_holds (it may
    hold something still, and nobody has said why it is given up), group_reason (too long)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def terms_of(row: MeterGroup) -> GroupTerms:
    """What is agreed with a terminal."""
    return GroupTerms(row.number, rounds_of(row.rounds), CountedIn(row.counted_in), row.alarm, row.trip)


async def row_of(db: AsyncSession, meter: Meter) -> MeterGroup | None:
    """The group of a meter where it hangs now."""
    row = await db.get(MeterGroup, meter.id)
    return row if row is not None and row.concentrator_id == meter.concentrator_id else None


async def of_concentrator(db: AsyncSession, concentrator_id: UUID) -> Sequence[tuple[MeterGroup, Meter]]:
    """The groups of a terminal and their meters, by number."""
    wanted = select(MeterGroup, Meter).join(Meter, col(Meter.id) == col(MeterGroup.meter_id))
    wanted = wanted.where(MeterGroup.concentrator_id == concentrator_id, Meter.concentrator_id == concentrator_id)
    return (await db.exec(wanted.order_by(col(MeterGroup.number)))).all()


async def groups_of(db: AsyncSession, meters: Collection[Meter]) -> dict[UUID, Group]:
    """How the head end speaks of the groups of these meters; most have none, and that is one question for all.

    Energy is valued at the price of today; without one price it counts as nothing.
    """
    rows = await db.exec(select(MeterGroup).where(col(MeterGroup.meter_id).in_([meter.id for meter in meters])))
    here = {meter.id: meter for meter in meters}
    found: dict[UUID, Group] = {}
    for row in rows:
        meter = here[row.meter_id]
        if row.concentrator_id == meter.concentrator_id:
            price = (
                await _price(db, meter, cast(func.timezone(_zone().key, func.now()), Date)) or 0
                if row.counted_in == CountedIn.ENERGY
                else None
            )
            found[meter.id] = Group(row.number, rounds_of(row.rounds), price, row.alarm, row.trip)
    return found


async def set_group(
    db: AsyncSession, meter_id: UUID, terms: GroupTerms, staff_id: UUID | None, now: datetime
) -> MeterGroup:
    """Let the terminal keep what a meter buys from now on, or otherwise than so far. Raises GroupRefused.

    Another group, or another count, ends the one before: what that may hold is given up first (`remove_group`).
    """
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    await _demand_fit(db, meter, terms, now)
    old = await row_of(db, meter)
    if old is None or (old.number, old.counted_in) != (terms.number, terms.counted_in):
        await _demand_quiet(db, meter)
        if old is not None and holds(meter):
            raise GroupRefused("group_holds")
    await _drop(db, meter.id)
    row = MeterGroup(
        meter_id=meter.id,
        concentrator_id=meter.concentrator_id,
        number=terms.number,
        rounds=bits_of(terms.rounds),
        counted_in=terms.counted_in,
        alarm=terms.alarm,
        trip=terms.trip,
    )
    if not await add_once(db, row):
        raise GroupRefused("group_taken")
    spelled = f"{terms.number}: {','.join(map(str, terms.rounds))} {terms.counted_in} {terms.alarm}/{terms.trip}"
    db.add(_act(meter, spelled, staff_id, now))
    return row


async def remove_group(
    db: AsyncSession, meter_id: UUID, staff_id: UUID | None, now: datetime, *, reason: str = ""
) -> None:
    """Let the terminal keep nothing for a meter any more. Raises GroupRefused while a purchase is on its way.

    What may still lie in the terminal is given up only by somebody who says why; what it was is in the audit log.
    """
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    words = " ".join(reason.split())
    if len(words) > LONGEST_REASON:
        raise GroupRefused("group_reason")
    await _demand_quiet(db, meter)
    row = await row_of(db, meter)
    held = row is not None and holds(meter)
    if held and not words:
        raise GroupRefused("group_holds")
    await _drop(db, meter.id)
    db.add(_given_up(meter, words, staff_id, now) if held else _act(meter, "", staff_id, now))


def holds(meter: Meter) -> bool:
    """May something of this meter's purchases still lie at its terminal, by what was read last?"""
    return may_hold(meter.balance_minor, meter.purchase_count)


def _given_up(meter: Meter, reason: str, staff_id: UUID | None, now: datetime) -> Audit:
    detail: dict[str, str | int | None] = {
        "subject": meter.number,
        "reason": reason,
        "balance_minor": meter.balance_minor,
        "read_at": meter.balance_read_at.isoformat() if meter.balance_read_at else None,
    }
    return Audit(staff_id=staff_id, act="meter_group_given_up", subject_id=meter.id, detail=detail, at=now)


async def _demand_fit(db: AsyncSession, meter: Meter, terms: GroupTerms, now: datetime) -> None:
    concentrator = await db.get_one(Concentrator, meter.concentrator_id, with_for_update=LOCK)
    if meter.sgc is not None:
        raise GroupRefused("group_tokens")
    if meter.fee_control != FeeControl.LOCAL:
        raise GroupRefused("group_remote")
    if concentrator.driver != GDW1376:
        raise GroupRefused("group_way")
    if terms.counted_in is CountedIn.ENERGY and not await price_today(db, meter, now):
        raise GroupRefused("group_price")
    await _forget_stale(db, concentrator.id)
    taken = select(MeterGroup.meter_id).where(
        MeterGroup.concentrator_id == concentrator.id,
        MeterGroup.meter_id != meter.id,
        (col(MeterGroup.number) == terms.number) | (col(MeterGroup.rounds).bitwise_and(bits_of(terms.rounds)) != 0),
    )
    if (await db.exec(taken.limit(1))).first() is not None:
        raise GroupRefused("group_taken")


async def _forget_stale(db: AsyncSession, concentrator_id: UUID) -> None:
    """A meter that hangs elsewhere by now, or nowhere, keeps no group from another."""
    gone = select(Meter.id).where(
        col(Meter.id) == col(MeterGroup.meter_id),
        (col(Meter.concentrator_id) != concentrator_id) | (col(Meter.life) == MeterLife.REMOVED),
    )
    stale = delete(MeterGroup).where(col(MeterGroup.concentrator_id) == concentrator_id, gone.exists())
    await db.execute(stale)


async def _demand_quiet(db: AsyncSession, meter: Meter) -> None:
    """A purchase whose way has begun ends where it began."""
    begun = select(Purchase.id).where(Purchase.meter_id == meter.id, col(Purchase.state).in_(ON_ITS_WAY)).limit(1)
    if (await db.exec(begun)).first() is not None:
        raise GroupRefused("group_under_way")


async def _drop(db: AsyncSession, meter_id: UUID) -> None:
    row = await db.get(MeterGroup, meter_id)
    if row is not None:
        await db.delete(row)
        await db.flush()


async def energy_price_of(db: AsyncSession, meter: Meter, now: datetime) -> int | None:
    """What a kWh costs at a meter whose terminal counts energy; None where it does not, or there is no one price."""
    row = await row_of(db, meter)
    counts = row is not None and row.counted_in == CountedIn.ENERGY
    return await price_today(db, meter, now) if counts else None


async def price_today(db: AsyncSession, meter: Meter, now: datetime) -> int | None:
    """What a kWh costs the meter's account today, 1/10000; None where there is no one price."""
    return await _price(db, meter, local_day(now, _zone()))


async def _price(db: AsyncSession, meter: Meter, today: date | ColumnElement[date]) -> int | None:
    """What a kWh costs the meter's account today; None where that hangs on the hour or on how much is used."""
    account = await db.get_one(Account, meter.account_id)
    begun = select(TariffSet).where(TariffSet.tariff_id == account.tariff_id, col(TariffSet.from_day) <= today)
    row = (await db.exec(begun.order_by(col(TariffSet.from_day).desc()).limit(1))).first()
    if row is None:
        return (await db.get_one(Tariff, account.tariff_id)).price_e4
    return row.prices_e4[0] if len(row.prices_e4) == 1 and not row.steps else None


def _zone() -> ZoneInfo:
    return ZoneInfo(settings().timezone)


def _act(meter: Meter, spelled: str, staff_id: UUID | None, now: datetime) -> Audit:
    detail: dict[str, str | int | None] = {"subject": meter.number, "after": spelled}
    act = "meter_group_set" if spelled else "meter_group_removed"
    return Audit(staff_id=staff_id, act=act, subject_id=meter.id, detail=detail, at=now)
