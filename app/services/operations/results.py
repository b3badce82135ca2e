"""Records what devices said in operations: on the item, in the readings, at the meter."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.clock import local_day
from app.domain.collection import frozen_at
from app.domain.fees import FeeControl
from app.domain.operation import OperationKind
from app.domain.relay import RelayBits
from app.domain.wallet import BalanceSource, ReadingKind
from app.models import Meter, Operation, OperationItem
from app.ports import Readings, Relay, Wallet
from app.services.archive import holding
from app.services.collection import figures
from app.services.collection.figures import DayFigure
from app.services.operations import archive
from app.services.readings import After, record_balance, record_relay
from app.settings import settings

Said = Readings | Wallet | Relay
Values = dict[str, str | int | None]

_WHOLE_ARCHIVE = (OperationKind.READ_ARCHIVE, OperationKind.DOWNLOAD_ARCHIVE)
_LIVE = {"energy_wh": ReadingKind.ENERGY}
_OF_A_DAY = {
    OperationKind.READ_FROZEN: _LIVE | {"balance_minor": ReadingKind.BALANCE},
    OperationKind.SWITCH_FEE_CONTROL: {"frozen_energy_wh": ReadingKind.ENERGY},
}
_AT_METER = ("overdraft_limit_minor", "hoarding_limit_minor", "reclose_limit_minor")


def values(said: Said) -> Values:
    """What was said, by the names of registers, as the item keeps it."""
    match said:
        case Wallet():
            found: Values = {"balance_minor": said.balance_minor, "overdraft_minor": said.overdraft_minor}
            return found if said.count is None else found | {"purchase_count": said.count}
        case Relay():
            bits = {"relay_open": said.relay_open, "command_open": said.command_open}
            return {
                name: int(bit) for name, bit in (bits | {"alarm": said.alarm, "keep_power": said.keep_power}).items()
            }
        case Readings():
            return dict(said.values)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a device said, in a talk from `since` to `at`.

    A recharge overtakes such a talk, and what it left in the meter is newer: a balance is as old as its beginning.
    """

    said: Said
    since: datetime
    at: datetime


async def record(db: AsyncSession, row: Operation, item: OperationItem, heard: Heard) -> None:
    """Store what was said where it belongs. What concentrators say stays on the item."""
    kind, said, now = OperationKind(row.kind), heard.said, heard.at
    if item.meter_id is None:
        await _record_terminal(db, row, item, said, now)
        return
    meter = await db.get_one(Meter, item.meter_id, with_for_update=LOCK)
    match said:
        case Wallet():
            await record_balance(db, meter, said.balance_minor, BalanceSource.READBACK, heard.since)
        case Relay():
            await _record_relay(db, meter, said, kind, now)
        case Readings(relay=Relay() as relay):
            await _record_relay(db, meter, relay, kind, now)
        case Readings(values=found):
            if meter.fee_control != FeeControl.REMOTE:  # there they are ours, and the meter's own are lifted
                _record_limits(meter, found)
            balance = found.get("balance_minor")
            if kind is OperationKind.READ_RECORDS and isinstance(balance, int):
                await record_balance(db, meter, balance, BalanceSource.READBACK, heard.since)
            await figures.store(db, _figures(row, meter, found, now))


async def _record_terminal(db: AsyncSession, row: Operation, item: OperationItem, said: Said, now: datetime) -> None:
    kind = OperationKind(row.kind)
    if kind in _WHOLE_ARCHIVE and isinstance(said, Readings):
        await holding.record_archive(db, item.route_id, said.archive, now)
    if kind is OperationKind.READ_ARCHIVE and isinstance(said, Readings):
        item.values = await archive.compare(db, item.route_id, said)
    elif kind is OperationKind.CLEAR_ARCHIVE:
        await holding.forget_archive(db, item.route_id)
        await archive.forget(db, kind, row.arguments, item.route_id)
    elif kind is OperationKind.DELETE_FROM_ARCHIVE:
        await archive.forget(db, kind, row.arguments, item.route_id)


def _figures(row: Operation, meter: Meter, found: Values, now: datetime) -> list[DayFigure]:
    """Figures of a frozen day stand under that day, those of now under today."""
    zone = ZoneInfo(settings().timezone)
    if row.kind in _OF_A_DAY:
        day = _frozen_day(str(found.get("frozen_at") or ""))
        if day is None or day >= local_day(now, zone):
            return []  # no day that is not over has an end
        at, kinds = frozen_at(day, zone), _OF_A_DAY[OperationKind(row.kind)]
    elif row.kind == OperationKind.READ_ENERGY:
        day, at, kinds = local_day(now, zone), now, _LIVE
    else:
        return []
    said = {kind: found.get(name) for name, kind in kinds.items()}
    return [DayFigure(meter.id, day, kind, value, at) for kind, value in said.items() if isinstance(value, int)]


def _frozen_day(moment: str) -> date | None:
    """The day that ended at YYMMDDhhmm."""
    try:
        return (datetime.strptime(moment, "%y%m%d%H%M") - timedelta(minutes=1)).date()  # noqa: DTZ007  (a local clock)
    except ValueError:
        return None


async def _record_relay(db: AsyncSession, meter: Meter, relay: Relay, kind: OperationKind, now: datetime) -> None:
    bits = RelayBits(relay.relay_open, relay.command_open, relay.keep_power)
    await record_relay(db, meter, bits, After(kind.value), now)


def _record_limits(meter: Meter, found: Values) -> None:
    """The rules that a meter runs under are what it says they are."""
    for name in _AT_METER:
        value = found.get(name)
        if isinstance(value, int):
            setattr(meter, name, value)
