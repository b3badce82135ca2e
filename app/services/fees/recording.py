"""Writes charges down and books them: many funds in a statement each, each charge once (SPEC L-4)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.fees import Charge, Counted, Doubt, Part, Registers
from app.domain.ledger import BookingKind, charge_booking


class Counts(Protocol):
    """A fund, or as much of its row as says up to where it is charged."""

    id: UUID
    meter_id: UUID
    day: date
    total_wh: int
    by_tariff_wh: list[int]
    carried_e5: int
    used_wh: int
    believed_day: date | None


@dataclass(frozen=True, slots=True)
class Item:
    """Some days on a bill. `from_wh`: the register before them; `at`: when the meter held that of their end."""

    made: Charge
    from_wh: int
    at: datetime


@dataclass(slots=True)
class Bill:
    """What one fund is charged in one go. `counted`: up to where it is charged with all of `charges`."""

    fund_id: UUID
    meter_id: UUID
    counted: Counted
    believed_day: date | None
    charges: list[Item] = field(default_factory=list)
    doubt: tuple[Doubt, date, Registers] | None = None

    def add(self, made: Charge, at: datetime) -> None:
        """Charge some days more."""
        self.charges.append(Item(made, self.counted.registers.total_wh, at))
        self.counted = made.after


def bill_of(fund: Counts) -> Bill:
    """A bill with nothing on it yet."""
    registers = Registers(fund.total_wh, tuple(fund.by_tariff_wh))
    return Bill(fund.id, fund.meter_id, Counted(fund.day, registers, fund.carried_e5, fund.used_wh), fund.believed_day)


_CHARGES = text(
    """
    insert into fee_charge (id, fund_id, meter_id, first, last, from_wh, to_wh, energy_wh, amount_minor, parts,
        charged_at)
    select made.id, fund_id, meter_id, first, last, from_wh, to_wh, energy_wh, minor, cast(parts as json),
        cast(:now as timestamptz)
    from unnest(cast(:ids as uuid[]), cast(:funds as uuid[]), cast(:meters as uuid[]), cast(:firsts as date[]),
                cast(:lasts as date[]), cast(:froms as bigint[]), cast(:tos as bigint[]), cast(:energies as bigint[]),
                cast(:minors as bigint[]), cast(:parts as text[]))
        as made (id, fund_id, meter_id, first, last, from_wh, to_wh, energy_wh, minor, parts)
    """
)
_BOOKINGS = text(
    """
    insert into booking (id, kind, subject_id, booked_at)
    select id, cast(:kind as text), subject_id, cast(:now as timestamptz)
    from unnest(cast(:ids as uuid[]), cast(:subjects as uuid[])) as made (id, subject_id)
    """
)
_ENTRIES = text(
    """
    insert into ledger_entry (id, booking_id, ledger_account, amount_minor)
    select gen_random_uuid(), booking_id, account, minor
    from unnest(cast(:bookings as uuid[]), cast(:accounts as text[]), cast(:minors as bigint[]))
        as made (booking_id, account, minor)
    """
)
_COUNT_UP = text(
    """
    update fund set day = counted.day, total_wh = counted.total_wh, by_tariff_wh = cast(counted.by_tariff as json),
        carried_e5 = counted.carried_e5, used_wh = counted.used_wh, counted_at = greatest(fund.counted_at, counted.at)
    from unnest(cast(:ids as uuid[]), cast(:days as date[]), cast(:totals as bigint[]), cast(:by_tariffs as text[]),
                cast(:carried as int[]), cast(:used as bigint[]), cast(:ats as timestamptz[]))
        as counted (id, day, total_wh, by_tariff, carried_e5, used_wh, at)
    where fund.id = counted.id
    """
)


async def record(db: AsyncSession, bills: Sequence[Bill], now: datetime) -> None:
    """Write the charges down, book each under its own id, and count their locked funds up: objects are stale."""
    made = [(uuid4(), bill, each) for bill in bills for each in bill.charges]
    if not made:
        return
    await _write_down(db, made, now)
    await _book(db, made, now)
    await _count_up(db, [bill for bill in bills if bill.charges])


_Made = Sequence[tuple[UUID, Bill, Item]]


async def _write_down(db: AsyncSession, made: _Made, now: datetime) -> None:
    about = {
        "ids": [key for key, _, _ in made],
        "funds": [bill.fund_id for _, bill, _ in made],
        "meters": [bill.meter_id for _, bill, _ in made],
        "firsts": [each.made.first for _, _, each in made],
        "lasts": [each.made.last for _, _, each in made],
        "froms": [each.from_wh for _, _, each in made],
        "tos": [each.made.after.registers.total_wh for _, _, each in made],
        "energies": [each.made.energy_wh for _, _, each in made],
        "minors": [each.made.amount_minor for _, _, each in made],
        "parts": [json.dumps([_as_json(part) for part in each.made.parts]) for _, _, each in made],
    }
    await db.execute(_CHARGES, about | {"now": now})


def _as_json(part: Part) -> dict[str, int]:
    return {"energy_wh": part.energy_wh, "price_e4": part.price_e4, "tariff": part.tariff, "step": part.step}


async def _book(db: AsyncSession, made: _Made, now: datetime) -> None:
    """What costs nothing is not booked."""
    booked = [
        (uuid4(), key, found)
        for key, bill, each in made
        if (found := charge_booking(bill.meter_id, each.made.amount_minor))
    ]
    if not booked:
        return
    about = {"ids": [key for key, _, _ in booked], "subjects": [subject for _, subject, _ in booked]}
    await db.execute(_BOOKINGS, about | {"kind": BookingKind.CHARGE.value, "now": now})
    entries = [(key, entry) for key, _, found in booked for entry in found]
    about = {"bookings": [key for key, _ in entries]}
    sides = {"accounts": [e.account for _, e in entries], "minors": [e.amount_minor for _, e in entries]}
    await db.execute(_ENTRIES, about | sides)


async def _count_up(db: AsyncSession, bills: Sequence[Bill]) -> None:
    about = {
        "ids": [bill.fund_id for bill in bills],
        "days": [bill.counted.day for bill in bills],
        "totals": [bill.counted.registers.total_wh for bill in bills],
        "by_tariffs": [json.dumps(bill.counted.registers.by_tariff_wh) for bill in bills],
        "carried": [bill.counted.carried_e5 for bill in bills],
        "used": [bill.counted.used_wh for bill in bills],
        "ats": [max(each.at for each in bill.charges) for bill in bills],
    }
    await db.execute(_COUNT_UP, about)
