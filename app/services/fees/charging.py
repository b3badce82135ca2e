"""Charges the days of meters under remote fee control: each once, in order, by the prices of its day (SPEC L-4, B-8).

A sweep, not an errand of each reading: a day that comes late, twice or out of order is found like any other, and what
a killed office had begun is begun anew. Many meters are charged in one transaction, in a few statements.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.fees import Charge, Doubt, Registers, charge, in_force, next_due
from app.domain.ledger import fund_of
from app.domain.review import ReviewKind
from app.domain.rules import FeeRules
from app.domain.topup import TopUpKind
from app.domain.wallet import BY_TARIFF, ReadingKind
from app.models import Account, Fund, Meter, TopUpRule
from app.outbox import Job
from app.services.fees.holding import counted_of, follow, held_of_many, keep_balances
from app.services.fees.recording import Bill, bill_of, record
from app.services.fees.tariffs import Dated, sets_of
from app.services.reviews import Evidence, Question, open_review
from app.services.rulebook import rules

MOST = 500
FIRST = UUID(int=0)
_WH = 1000
_WEEK = timedelta(days=7)
_KINDS = [kind.value for kind in (ReadingKind.ENERGY, *BY_TARIFF)]

_DUE = text(
    """
    select fund.meter_id from fund
    where fund.closed_at is null and fund.doubt is null and fund.day < :yesterday
      and exists (select from reading where reading.meter_id = fund.meter_id and reading.kind = 'energy'
                  and reading.day > fund.day and reading.day < :today
                  and (reading.day = fund.day + 1 or fund.day + 1 + cast(:waits as int) < :today))
      and fund.meter_id > :after
    order by fund.meter_id limit :most
    """
)
_LOCK = text(
    """
    select meter.id, account.tariff_id from meter join account on account.id = meter.account_id
    where meter.id = any(cast(:ids as uuid[])) order by meter.id for no key update of meter
    """
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Registers of a meter as they were read for a day, and when it held them."""

    registers: Registers
    at: datetime


async def charge_due(
    db: AsyncSession, today: date, now: datetime, *, after: UUID = FIRST, most: int = MOST
) -> UUID | None:
    """Charge what is due of the next meters, or ask a person about them; return the last of them, None: it was all."""
    terms = await rules(db, FeeRules)
    about = {"today": today, "yesterday": today - timedelta(days=1), "waits": terms.waits_days}
    due = list((await db.execute(_DUE, about | {"after": after, "most": most})).scalars())
    if due:
        await _charge(db, due, terms, (today, now))
    return due[-1] if len(due) == most else None


async def charge_meter(db: AsyncSession, meter_id: UUID, today: date, now: datetime) -> None:
    """Charge what is due of one meter now; its row may be locked by the caller."""
    await _charge(db, [meter_id], await rules(db, FeeRules), (today, now))


async def price_rest(
    db: AsyncSession, fund: Fund, registers: Registers, today: date, *, believed: bool = False
) -> Charge | None:
    """What was used since the last charge up to a reading of this moment; None: no rule may charge it.

    `believed`: a person says that the reading is right, however far it jumps.
    """
    meter = await db.get_one(Meter, fund.meter_id)
    tariff_id = (await db.get_one(Account, meter.account_id)).tariff_id
    counted = counted_of(fund)
    prices = in_force((await sets_of(db, [tariff_id]))[tariff_id], counted.day + timedelta(days=1))
    most = None if believed else (await rules(db, FeeRules)).most_kwh_a_day * _WH
    made = (
        charge(counted, max(today, counted.day + timedelta(days=1)), registers, prices, most_wh_a_day=most)
        if prices
        else None
    )
    return made if isinstance(made, Charge) else None


async def charge_rest(db: AsyncSession, fund: Fund, made: Charge, now: datetime) -> None:
    """Charge what `price_rest` said, in the transaction that closes the fund."""
    bill = bill_of(fund)
    bill.add(made, now)
    await db.flush()
    await record(db, [bill], now)
    await db.refresh(fund)


async def _charge(db: AsyncSession, meters: Sequence[UUID], terms: FeeRules, at: tuple[date, datetime]) -> None:
    today, now = at
    tariffs = {row.id: row.tariff_id for row in await db.execute(_LOCK, {"ids": list(meters)})}
    bills = await _funds(db, meters)
    sets = await sets_of(db, set(tariffs.values()))
    taken = await _taken(db, bills, today)
    for bill in bills:
        _fill(bill, taken[bill.meter_id], sets[tariffs[bill.meter_id]], (terms, today))
    charged = [each for each in bills if each.charges]
    if charged:
        await record(db, charged, now)
        await _tell_balances(db, charged, at)
    for each in bills:
        if each.doubt is not None:
            await _ask(db, each, each.doubt, now)


_FUNDS = text(
    """
    select id, meter_id, day, total_wh, by_tariff_wh, carried_e5, used_wh, believed_day from fund
    where meter_id = any(cast(:ids as uuid[])) and closed_at is null and doubt is null for update
    """
).columns(
    *(table_of(Fund).c[name] for name in ("id", "meter_id", "day", "total_wh", "by_tariff_wh")),
    *(table_of(Fund).c[name] for name in ("carried_e5", "used_wh", "believed_day")),
)
_TAKEN = text(
    """
    select reading.meter_id, reading.day, kind, value, read_at
    from unnest(cast(:ids as uuid[]), cast(:days as date[])) as due (meter_id, day)
    join reading on reading.meter_id = due.meter_id and reading.day > due.day
    where reading.day < :today and kind = any(cast(:kinds as text[]))
    """
)


async def _funds(db: AsyncSession, meters: Sequence[UUID]) -> list[Bill]:
    """Asked under the meters' locks: whoever charged them a moment ago has moved on."""
    await db.flush()
    return [bill_of(row) for row in await db.execute(_FUNDS, {"ids": list(meters)})]


async def _taken(db: AsyncSession, bills: Sequence[Bill], today: date) -> dict[UUID, dict[date, Taken]]:
    """What was read of days that are over and not charged yet."""
    found: dict[UUID, dict[date, dict[ReadingKind, tuple[int, datetime]]]] = defaultdict(lambda: defaultdict(dict))
    due = {"ids": [each.meter_id for each in bills], "days": [each.counted.day for each in bills]}
    for meter_id, day, kind, value, at in await db.execute(_TAKEN, due | {"today": today, "kinds": _KINDS}):
        found[meter_id][day][ReadingKind(kind)] = (value, at)
    return defaultdict(
        dict,
        {
            meter_id: {day: _together(said) for day, said in days.items() if ReadingKind.ENERGY in said}
            for meter_id, days in found.items()
        },
    )


def _together(said: dict[ReadingKind, tuple[int, datetime]]) -> Taken:
    """The registers of one moment: what was read at another is not of the same day's end."""
    total, at = said[ReadingKind.ENERGY]
    by_tariff: list[int] = []
    for kind in BY_TARIFF:
        value, its = said.get(kind, (0, None))
        if its != at:
            break
        by_tariff.append(value)
    return Taken(Registers(total, tuple(by_tariff)), at)


def _fill(bill: Bill, taken: dict[date, Taken], sets: Sequence[Dated], terms: tuple[FeeRules, date]) -> None:
    """Charge day after day, as far as days are known and can be charged. Of several at once the first one's prices."""
    ruling, today = terms
    while (day := next_due(bill.counted.day, list(taken), today, ruling.waits_days)) is not None:
        read, prices = taken[day], in_force(sets, bill.counted.day + timedelta(days=1))
        if prices is None:
            break
        believed = bill.believed_day is not None and day <= bill.believed_day
        most = None if believed else ruling.most_kwh_a_day * _WH
        made = charge(bill.counted, day, read.registers, prices, most_wh_a_day=most)
        if made is Doubt.DOES_NOT_ADD_UP and (today - day).days <= ruling.waits_days:
            break  # the energy by tariff may still come
        if isinstance(made, Doubt):
            bill.doubt = made, day, read.registers
            break
        bill.add(made, read.at)


async def _tell_balances(db: AsyncSession, bills: Sequence[Bill], at: tuple[date, datetime]) -> None:
    """What each meter had at the end of each day that is charged now, and what it has now; and what follows."""
    today, now = at
    meters = [each.meter_id for each in bills]
    held = await held_of_many(db, meters)
    await keep_balances(db, await _at_ends_of_days(db, bills, held))
    await follow(db, meters, now, used_since=today - _WEEK - timedelta(days=1))
    await _look_at_top_ups(db, meters, now)


async def _at_ends_of_days(
    db: AsyncSession, bills: Sequence[Bill], held: dict[UUID, int]
) -> list[tuple[UUID, object, int, datetime]]:
    """Backwards from what is held now: charges are of their days, everything else is of its moment."""
    since = min(each.at for bill in bills for each in bill.charges)
    moved = await _moved_since(db, list(held), since)
    rows: list[tuple[UUID, object, int, datetime]] = []
    for bill in bills:
        meter_id = bill.meter_id
        balance = held[meter_id]
        for each in reversed(bill.charges):
            later = sum(minor for moment, minor in moved[meter_id] if moment > each.at)
            rows.append((meter_id, each.made.last, balance - later, each.at))
            balance += each.made.amount_minor
    return rows


async def _moved_since(
    db: AsyncSession, meters: Sequence[UUID], since: datetime
) -> dict[UUID, list[tuple[datetime, int]]]:
    """What came into funds after a moment, other than by charges."""
    names = {fund_of(each): each for each in meters}
    found: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for name, at, amount in await db.execute(_MOVED, {"names": list(names), "since": since}):
        found[names[name]].append((at, -amount))
    return found


# From what was booked lately to the funds, and not from each fund through all that was ever charged to it.
_MOVED = text(
    """
    with lately as materialized (select id, booked_at from booking where kind <> 'charge' and booked_at > :since)
    select ledger_account, booked_at, amount_minor from lately join ledger_entry on booking_id = lately.id
    where ledger_account = any(cast(:names as text[]))
    """
)


async def _look_at_top_ups(db: AsyncSession, meters: Sequence[UUID], now: datetime) -> None:
    low = select(TopUpRule.id).join(Meter, col(Meter.id) == col(TopUpRule.meter_id))
    low = low.where(TopUpRule.kind == TopUpKind.LOW, col(TopUpRule.stopped_at).is_(None), col(Meter.id).in_(meters))
    for rule_id in await db.exec(low.where(col(TopUpRule.below_minor) > col(Meter.balance_minor))):
        await outbox.promise(db, Job.CHARGE_RULE, rule_id, now)


async def _ask(db: AsyncSession, bill: Bill, doubt: tuple[Doubt, date, Registers], now: datetime) -> None:
    """No rule settles it: the fund is not charged on until a person has looked."""
    code, day, registers = doubt
    fund = await db.get_one(Fund, bill.fund_id, populate_existing=True)
    fund.doubt = code.value
    evidence: Evidence = {
        "doubt": code.value,
        "day": day.isoformat(),
        "before_wh": bill.counted.registers.total_wh,
        "now_wh": registers.total_wh,
    }
    await open_review(db, Question(ReviewKind.ENERGY_IN_DOUBT, bill.fund_id, evidence, meter_id=bill.meter_id), now)
