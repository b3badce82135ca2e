"""The money that the ledger holds for a meter under remote fee control, and what follows when it moves (SPEC L-4)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.clock import local_day
from app.domain.fees import Counted, FeeControl, Registers
from app.domain.ledger import BookingKind, fund_credit_booking
from app.domain.purchase import PurchaseState
from app.domain.wallet import FRESH_FOR, BalanceSource
from app.models import Fund, Meter, Purchase
from app.outbox import Job
from app.services import alarms
from app.services.ledger import book
from app.settings import settings

_RELAY_TAKES = timedelta(seconds=1)  # at the least; people are told of the credit and of their supply in one message


async def held_minor(db: AsyncSession, meter_id: UUID) -> int:
    """What the ledger holds for a meter, minor units; below zero it has used more than was paid for."""
    return (await held_of_many(db, [meter_id]))[meter_id]


async def held_of_many(db: AsyncSession, meters: Sequence[UUID]) -> dict[UUID, int]:
    """The same of many meters, in one statement."""
    held = dict.fromkeys(meters, 0)
    held |= {row.meter_id: int(row.minor) for row in await db.execute(_HELD, {"ids": list(meters)})}
    return held


# Closed terms hold nothing; in the transaction that closes one it is still being emptied.
_HELD = text(
    """
    select meter_id, sum(held_minor) as minor from fund where meter_id = any(cast(:ids as uuid[])) group by meter_id
    """
)


async def open_fund_of(db: AsyncSession, meter_id: UUID, *, lock: bool = False) -> Fund | None:
    """The fund of a meter under remote fee control; None under local. `lock`: whoever holds its meter's row already."""
    wanted = select(Fund).where(Fund.meter_id == meter_id, col(Fund.closed_at).is_(None))
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return (await db.exec(wanted)).first()


def counted_of(fund: Fund) -> Counted:
    """Up to where a fund is charged."""
    return Counted(fund.day, Registers(fund.total_wh, tuple(fund.by_tariff_wh)), fund.carried_e5, fund.used_wh)


def count_up_to(fund: Fund, counted: Counted, at: datetime) -> None:
    """A fund is charged up to there; `at`: when the meter held these registers."""
    fund.day, fund.carried_e5, fund.used_wh = counted.day, counted.carried_e5, counted.used_wh
    fund.total_wh, fund.by_tariff_wh = counted.registers.total_wh, list(counted.registers.by_tariff_wh)
    fund.counted_at = max(at, fund.counted_at)


async def credit_in_ledger(db: AsyncSession, purchase: Purchase, now: datetime) -> bool:
    """Credit a paid purchase whose meter's money the ledger holds: at once, for nothing has to be carried anywhere.

    False where the meter holds its money itself, as it is known under its lock; then nothing was done.
    """
    meter = await db.get_one(Meter, purchase.meter_id, with_for_update=LOCK, populate_existing=True)
    if meter.fee_control != FeeControl.REMOTE:
        return False
    before = await held_minor(db, meter.id)
    await book(db, BookingKind.CREDIT, purchase.id, fund_credit_booking(meter.id, purchase.credit_minor), now)
    purchase.state, purchase.credited_at, purchase.trouble = PurchaseState.CREDITED, now, None
    purchase.balance_before_minor, purchase.balance_after_minor = before, before + purchase.credit_minor
    await follow(db, [meter.id], now)
    await db.refresh(meter)
    await outbox.promise(db, Job.CHECK_RELAY, purchase.id, now, concentrator_id=meter.concentrator_id)
    await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase.id, now + _RELAY_TAKES)
    await outbox.promise(db, Job.RENDER_RECEIPT, purchase.id, now)
    return True


# What a meter has is what the books say; when it was last read is when the registers were that are charged.
_MOVE = text(
    """
    update meter set balance_minor = held.minor, balance_read_at = fund.counted_at, balance_source = 'ledger',
        silent_after = greatest(silent_after, fund.counted_at + cast(:fresh as interval)),
        spent_since = case when held.minor > -overdraft_limit_minor then null else coalesce(spent_since, :now) end,
        daily_use_minor = coalesce(learned.use, daily_use_minor)
    from unnest(cast(:ids as uuid[]), cast(:minors as bigint[])) as held (id, minor)
    join fund on fund.meter_id = held.id and fund.closed_at is null
    left join (
        select meter_id, round(sum(amount_minor)::numeric / sum(last - first + 1))::bigint as use from fee_charge
        where meter_id = any(cast(:ids as uuid[])) and last > cast(:used_since as date) group by meter_id
    ) as learned on learned.meter_id = held.id
    where meter.id = held.id
    """
)
_READ = text(
    """
    insert into reading (id, meter_id, day, kind, value, source, read_at)
    select * from unnest(cast(:keys as uuid[]), cast(:ids as uuid[]), cast(:days as date[]),
                         cast(:kinds as text[]), cast(:minors as bigint[]), cast(:sources as text[]),
                         cast(:ats as timestamptz[]))
    on conflict (meter_id, day, kind) do update
        set value = excluded.value, source = excluded.source, read_at = excluded.read_at
        where reading.read_at <= excluded.read_at
    """
)


async def follow(db: AsyncSession, meters: Sequence[UUID], now: datetime, *, used_since: date | None = None) -> None:
    """Let the balances of locked meters be what their funds hold now, and the alarms follow them.

    `used_since`: learn what each uses a day from the charges of the days after it; None: that stays as it is known.
    """
    held = await held_of_many(db, meters)
    about = {"ids": list(held), "minors": list(held.values())}
    await db.flush()
    await db.execute(_MOVE, about | {"now": now, "fresh": FRESH_FOR, "used_since": used_since})
    today = local_day(now, ZoneInfo(settings().timezone))
    await keep_balances(db, [(meter_id, today, minor, now) for meter_id, minor in held.items()])
    await alarms.follow_many(db, await alarms.standings(db, meters))


async def keep_balances(db: AsyncSession, rows: Sequence[tuple[UUID, object, int, datetime]]) -> None:
    """Store balances (meter, day, minor units, when) as figures of their days: the newest of a day stays."""
    if not rows:
        return
    about = {
        "keys": [uuid4() for _ in rows],
        "ids": [row[0] for row in rows],
        "days": [row[1] for row in rows],
        "kinds": ["balance"] * len(rows),
        "minors": [row[2] for row in rows],
        "sources": [BalanceSource.LEDGER.value] * len(rows),
        "ats": [row[3] for row in rows],
    }
    await db.execute(_READ, about)
