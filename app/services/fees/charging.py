"""Charges the days of meters under remote fee control: each once, in order, by the prices of its day (SPEC L-4, B-8).

A sweep, not an errand of each reading: a day that comes late, twice or out of order is found like any other, and what
a killed office had begun is begun anew. Many meters are charged in one transaction, in a few statements.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.fees import Charge, Counted, Doubt, Registers, charge, in_force, next_due
from app.domain.ledger import BookingKind, charge_booking, fund_of
from app.domain.review import ReviewKind
from app.domain.rules import FeeRules
from app.domain.topup import TopUpKind
from app.domain.wallet import BY_TARIFF, ReadingKind
from app.models import Account, Booking, FeeCharge, Fund, LedgerEntry, Meter, Reading, TopUpRule
from app.outbox import Job
from app.services.fees.holding import count_up_to, counted_of, follow, held_of_many, keep_balances
from app.services.fees.tariffs import Dated, sets_of
from app.services.reviews import Evidence, Question, open_review
from app.services.rulebook import rules

MOST = 500
FIRST = UUID(int=0)
_WH = 1000
_WEEK = timedelta(days=7)
_REGISTERS = (ReadingKind.ENERGY, *BY_TARIFF)

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


@dataclass(slots=True)
class Bill:
    """What one fund is charged in one go."""

    fund: Fund
    charges: list[tuple[Charge, datetime]] = field(default_factory=list)
    doubt: tuple[Doubt, date, Registers] | None = None

    @property
    def minor(self) -> int:
        """In all."""
        return sum(each.amount_minor for each, _ in self.charges)


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
    await _record(db, [Bill(fund, [(made, now)])], now)


async def _charge(db: AsyncSession, meters: Sequence[UUID], terms: FeeRules, at: tuple[date, datetime]) -> None:
    today, now = at
    tariffs = {row.id: row.tariff_id for row in await db.execute(_LOCK, {"ids": list(meters)})}
    funds = await _funds(db, meters)
    sets = await sets_of(db, set(tariffs.values()))
    taken = await _taken(db, funds, today)
    bills = [_bill(fund, taken[fund.meter_id], sets[tariffs[fund.meter_id]], (terms, today)) for fund in funds]
    bills = [each for each in bills if each.charges or each.doubt]
    charged = [each for each in bills if each.charges]
    if charged:
        await _record(db, charged, now)
        await _tell_balances(db, charged, at)
    for each in bills:
        if each.doubt is not None:
            await _ask(db, each.fund, each.doubt, now)


async def _funds(db: AsyncSession, meters: Sequence[UUID]) -> Sequence[Fund]:
    """Asked under the meters' locks: whoever charged them a moment ago has moved on."""
    wanted = select(Fund).where(
        col(Fund.meter_id).in_(meters), col(Fund.closed_at).is_(None), col(Fund.doubt).is_(None)
    )
    return (await db.exec(wanted.with_for_update().execution_options(populate_existing=True))).all()


async def _taken(db: AsyncSession, funds: Iterable[Fund], today: date) -> dict[UUID, dict[date, Taken]]:
    """What was read of days that are over and not charged yet."""
    since = {fund.meter_id: fund.day for fund in funds}
    found: dict[UUID, dict[date, dict[ReadingKind, tuple[int, datetime]]]] = defaultdict(lambda: defaultdict(dict))
    if since:
        wanted = sql_select(
            col(Reading.meter_id), col(Reading.day), col(Reading.kind), col(Reading.value), col(Reading.read_at)
        )
        wanted = wanted.where(col(Reading.meter_id).in_(since), col(Reading.kind).in_([k.value for k in _REGISTERS]))
        wanted = wanted.where(col(Reading.day) > min(since.values()), col(Reading.day) < today)
        for meter_id, day, kind, value, at in await db.execute(wanted):
            if day > since[meter_id]:
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


def _bill(fund: Fund, taken: dict[date, Taken], sets: Sequence[Dated], terms: tuple[FeeRules, date]) -> Bill:
    """Charge day after day, as far as days are known and can be charged. Of several at once the first one's prices."""
    ruling, today = terms
    bill, counted = Bill(fund), counted_of(fund)
    while (day := next_due(counted.day, list(taken), today, ruling.waits_days)) is not None:
        read, prices = taken[day], in_force(sets, counted.day + timedelta(days=1))
        if prices is None:
            break
        believed = fund.believed_day is not None and day <= fund.believed_day
        most = None if believed else ruling.most_kwh_a_day * _WH
        made = charge(counted, day, read.registers, prices, most_wh_a_day=most)
        if made is Doubt.DOES_NOT_ADD_UP and (today - day).days <= ruling.waits_days:
            break  # the energy by tariff may still come
        if isinstance(made, Doubt):
            bill.doubt = made, day, read.registers
            break
        bill.charges.append((made, read.at))
        counted = made.after
    return bill


async def _record(db: AsyncSession, bills: Sequence[Bill], now: datetime) -> None:
    """Write the charges down and book them: each has its own booking, under its own id."""
    charges, bookings, entries = [], [], []
    for bill in bills:
        counted = counted_of(bill.fund)
        for made, at in bill.charges:
            row = _row(bill.fund, counted, made, now)
            charges.append(row)
            found = charge_booking(bill.fund.meter_id, made.amount_minor)
            if found:
                booking = {"id": uuid4(), "kind": BookingKind.CHARGE.value, "subject_id": row["id"], "booked_at": now}
                bookings.append(booking)
                entries += [
                    {
                        "id": uuid4(),
                        "booking_id": booking["id"],
                        "ledger_account": e.account,
                        "amount_minor": e.amount_minor,
                    }
                    for e in found
                ]
            counted = made.after
            count_up_to(bill.fund, counted, at)
    await db.flush()
    await db.execute(insert(table_of(FeeCharge)), charges)
    if bookings:
        await db.execute(insert(table_of(Booking)), bookings)
        await db.execute(insert(table_of(LedgerEntry)), entries)


def _row(fund: Fund, before: Counted, made: Charge, now: datetime) -> dict[str, object]:
    return {
        "id": uuid4(),
        "fund_id": fund.id,
        "meter_id": fund.meter_id,
        "first": made.first,
        "last": made.last,
        "from_wh": before.registers.total_wh,
        "to_wh": made.after.registers.total_wh,
        "energy_wh": made.energy_wh,
        "amount_minor": made.amount_minor,
        "parts": [asdict(part) for part in made.parts],
        "charged_at": now,
    }


async def _tell_balances(db: AsyncSession, bills: Sequence[Bill], at: tuple[date, datetime]) -> None:
    """What each meter had at the end of each day that is charged now, and what it has now; and what follows."""
    today, now = at
    meters = [each.fund.meter_id for each in bills]
    held = await held_of_many(db, meters)
    await keep_balances(db, await _at_ends_of_days(db, bills, held))
    await follow(db, meters, now)
    await _learn_use(db, meters, today)
    await _look_at_top_ups(db, meters, now)


async def _at_ends_of_days(
    db: AsyncSession, bills: Sequence[Bill], held: dict[UUID, int]
) -> list[tuple[UUID, object, int, datetime]]:
    """Backwards from what is held now: charges are of their days, everything else is of its moment."""
    since = min(at for bill in bills for _, at in bill.charges)
    moved = await _moved_since(db, list(held), since)
    rows: list[tuple[UUID, object, int, datetime]] = []
    for bill in bills:
        meter_id = bill.fund.meter_id
        balance = held[meter_id]
        for made, at in reversed(bill.charges):
            later = sum(minor for moment, minor in moved[meter_id] if moment > at)
            rows.append((meter_id, made.last, balance - later, at))
            balance += made.amount_minor
    return rows


async def _moved_since(
    db: AsyncSession, meters: Sequence[UUID], since: datetime
) -> dict[UUID, list[tuple[datetime, int]]]:
    """What came into funds after a moment, other than by charges."""
    names = {fund_of(each): each for each in meters}
    wanted = select(LedgerEntry.ledger_account, Booking.booked_at, LedgerEntry.amount_minor)
    wanted = wanted.join(Booking, col(Booking.id) == col(LedgerEntry.booking_id)).where(
        col(LedgerEntry.ledger_account).in_(names), Booking.kind != BookingKind.CHARGE, col(Booking.booked_at) > since
    )
    found: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for name, at, amount in await db.exec(wanted):
        found[names[name]].append((at, -amount))
    return found


_LEARN = text(
    """
    update meter set daily_use_minor = learned.use
    from (select meter_id, round(sum(amount_minor)::numeric / sum(last - first + 1))::bigint as use from fee_charge
          where meter_id = any(cast(:ids as uuid[])) and last > :since group by meter_id) as learned
    where meter.id = learned.meter_id
    """
)


async def _learn_use(db: AsyncSession, meters: Sequence[UUID], today: date) -> None:
    """What each uses a day: the mean of the days that were charged in a week."""
    await db.execute(_LEARN, {"ids": list(meters), "since": today - _WEEK - timedelta(days=1)})


async def _look_at_top_ups(db: AsyncSession, meters: Sequence[UUID], now: datetime) -> None:
    low = select(TopUpRule.id).join(Meter, col(Meter.id) == col(TopUpRule.meter_id))
    low = low.where(TopUpRule.kind == TopUpKind.LOW, col(TopUpRule.stopped_at).is_(None), col(Meter.id).in_(meters))
    for rule_id in await db.exec(low.where(col(TopUpRule.below_minor) > col(Meter.balance_minor))):
        await outbox.promise(db, Job.CHARGE_RULE, rule_id, now)


async def _ask(db: AsyncSession, fund: Fund, doubt: tuple[Doubt, date, Registers], now: datetime) -> None:
    """No rule settles it: the fund is not charged on until a person has looked."""
    code, day, registers = doubt
    fund.doubt = code.value
    evidence: Evidence = {
        "doubt": code.value,
        "day": day.isoformat(),
        "before_wh": fund.total_wh,
        "now_wh": registers.total_wh,
    }
    await open_review(db, Question(ReviewKind.ENERGY_IN_DOUBT, fund.id, evidence, meter_id=fund.meter_id), now)
