"""Records what meters told us, and what follows from it. Nothing else writes the learned columns of a meter."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.clock import local_day
from app.domain.relay import RelayBits, supply
from app.domain.wallet import BalanceSource, ReadingKind, silent_after
from app.models import Meter, Reading, RelayState
from app.services import alarms
from app.settings import settings


async def record_balance(
    db: AsyncSession, meter: Meter, balance_minor: int, source: BalanceSource, read_at: datetime
) -> Reading:
    """Store a balance for its local day and let the alarms follow it; return the day's reading.

    The caller has locked the meter's row (`with_for_update`), because levels move by edges: two readings at once would
    see one edge twice. An older figure never replaces a newer one, neither the day's nor the meter's.
    """
    reading = await _keep_newest(db, meter.id, balance_minor, source, read_at)
    if meter.balance_read_at is not None and read_at < meter.balance_read_at:
        return reading
    meter.balance_minor = balance_minor
    meter.balance_read_at = read_at
    meter.balance_source = source
    meter.silent_after = silent_after(read_at)
    await alarms.follow(db, meter, reading)
    return reading


async def _keep_newest(
    db: AsyncSession, meter_id: UUID, value: int, source: BalanceSource, read_at: datetime
) -> Reading:
    day = local_day(read_at, ZoneInfo(settings().timezone))
    kind = ReadingKind.BALANCE
    fresh = insert(Reading).values(
        id=uuid4(), meter_id=meter_id, day=day, kind=kind, value=value, source=source, read_at=read_at
    )
    figure = {"value": fresh.excluded.value, "source": fresh.excluded.source, "read_at": fresh.excluded.read_at}
    await db.execute(
        fresh.on_conflict_do_update(
            index_elements=["meter_id", "day", "kind"],
            set_=figure,
            where=col(Reading.read_at) <= fresh.excluded.read_at,
        )
    )
    stored = select(Reading).where(Reading.meter_id == meter_id, Reading.day == day, Reading.kind == kind)
    return (await db.exec(stored.execution_options(populate_existing=True))).one()


@dataclass(frozen=True, slots=True)
class After:
    """What a relay was read after: a verb, and the purchase that it served, if any."""

    verb: str
    purchase_id: UUID | None = None


async def record_relay(db: AsyncSession, meter: Meter, bits: RelayBits, after: After, read_at: datetime) -> RelayState:
    """Store status word 3 as it was read, and what the resident therefore has.

    The caller has locked the meter's row. Every read is kept; only a newest one changes the meter.
    """
    state = RelayState(
        meter_id=meter.id,
        purchase_id=after.purchase_id,
        relay_open=bits.relay_open,
        command_open=bits.command_open,
        keep_power=bits.keep_power,
        after_verb=after.verb,
        read_at=read_at,
    )
    db.add(state)
    if meter.supply_read_at is None or meter.supply_read_at <= read_at:
        meter.supply = supply(bits)
        meter.supply_read_at = read_at
    return state
