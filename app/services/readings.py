"""Records what meters told us, and what follows from it. Nothing else writes the learned columns of a meter."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.clock import local_day
from app.domain.cutting import spent_since
from app.domain.fees import FeeControl
from app.domain.relay import RelayBits, supply
from app.domain.wallet import BalanceSource, ReadingKind, silent_after
from app.models import Meter, Reading, RelayState
from app.services import alarms, topups
from app.settings import settings

_READING = table_of(Reading)
_FRESH = insert(_READING)
_KEEP_NEWEST = _FRESH.on_conflict_do_update(
    index_elements=[_READING.c.meter_id, _READING.c.day, _READING.c.kind],
    set_={name: _FRESH.excluded[name] for name in ("value", "source", "read_at")},
    where=_READING.c.read_at <= _FRESH.excluded.read_at,
).returning(_READING.c.id)


async def record_balance(
    db: AsyncSession, meter: Meter, balance_minor: int, source: BalanceSource, read_at: datetime
) -> None:
    """Store a balance for its local day and let the alarms follow it.

    The caller has locked the meter's row (`with_for_update`), because levels move by edges: two readings at once would
    see one edge twice. An older figure never replaces a newer one, neither the day's nor the meter's. What a meter's
    wallet says under remote fee control is nobody's balance: the ledger holds the money.
    """
    if meter.fee_control == FeeControl.REMOTE:
        return
    reading = await _keep_newest(db, meter.id, balance_minor, source, read_at)
    if reading is None or (meter.balance_read_at is not None and read_at < meter.balance_read_at):
        return
    meter.balance_minor = balance_minor
    meter.balance_read_at = read_at
    meter.balance_source = source
    meter.silent_after = silent_after(read_at)
    meter.spent_since = spent_since(meter.spent_since, balance_minor, meter.overdraft_limit_minor, read_at)
    await alarms.follow(db, meter, reading)
    await topups.follow(db, meter, read_at)


async def _keep_newest(
    db: AsyncSession, meter_id: UUID, value: int, source: BalanceSource, read_at: datetime
) -> Reading | None:
    """Return the day's reading as it is now stored; None if a newer one was there."""
    day = local_day(read_at, ZoneInfo(settings().timezone))
    figure = {"value": value, "source": source.value, "read_at": read_at}
    row = {"id": uuid4(), "meter_id": meter_id, "day": day, "kind": ReadingKind.BALANCE.value, **figure}
    stored = (await db.execute(_KEEP_NEWEST, row)).scalar_one_or_none()
    return None if stored is None else Reading(**{**row, "id": stored})


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
