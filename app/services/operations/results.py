"""Records what devices said in operations: on the item, in the readings, at the meter."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.operation import OperationKind
from app.domain.relay import RelayBits
from app.domain.wallet import BalanceSource
from app.models import Meter, OperationItem
from app.ports import Readings, Relay, Wallet
from app.services.readings import After, record_balance, record_relay

Said = Readings | Wallet | Relay
Values = dict[str, str | int | None]

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


async def record(db: AsyncSession, kind: OperationKind, item: OperationItem, said: Said, now: datetime) -> None:
    """Store what was said where it belongs. What concentrators say stays on the item."""
    if item.meter_id is None:
        return
    meter = await db.get_one(Meter, item.meter_id, with_for_update=LOCK)
    match said:
        case Wallet():
            await record_balance(db, meter, said.balance_minor, BalanceSource.READBACK, now)
        case Relay():
            await _record_relay(db, meter, said, kind, now)
        case Readings(relay=Relay() as relay):
            await _record_relay(db, meter, relay, kind, now)
        case Readings(values=found):
            _record_limits(meter, found)


async def _record_relay(db: AsyncSession, meter: Meter, relay: Relay, kind: OperationKind, now: datetime) -> None:
    bits = RelayBits(relay.relay_open, relay.command_open, relay.keep_power)
    await record_relay(db, meter, bits, After(kind.value), now)


def _record_limits(meter: Meter, found: Values) -> None:
    """The rules that a meter runs under are what it says they are."""
    for name in _AT_METER:
        value = found.get(name)
        if isinstance(value, int):
            setattr(meter, name, value)
