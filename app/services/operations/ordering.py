"""Which order a kind of operation is, with its arguments: one table for meters, one for concentrators."""

from collections.abc import Callable
from datetime import datetime

from app.domain.operation import OperationKind
from app.domain.operation_arguments import LIMITS, TARIFFS, YES, Arguments, FieldKind
from app.ports import MeterOrder, Read, ReadFrozen, RelayWish, SetClock, Switch, TerminalOrder, Write
from app.services.operations.looking import Look, LookAtRegisters, LookAtRelay
from app.terminal_words import (
    ClearArchive,
    ControlGroup,
    ReadArchive,
    ReadGroup,
    ReadParameters,
    ReadTerminalClock,
    SetParameters,
    SetTerminalClock,
    SyncMeters,
)

_K = OperationKind
_ENERGY = ("energy_wh", "energy_1_wh", "energy_2_wh", "energy_3_wh", "energy_4_wh")
_LIVE = ("voltage_a_dv", "current_a_ma", "power_w", "power_factor_milli", "frequency_chz")
_STATUS = tuple(f"status_{n}" for n in range(1, 8))
_TARIFFS = (
    *("active_zones", "active_days", "price_now_e4", "prices_e4", "prices_backup_e4", "prices_switch_at"),
    *("zones", "zones_second", "zones_switch_at", "days_1", "days_1_second", "days_2", "days_2_second"),
    "days_switch_at",
)
_RUNNING = 33
_MASTER = 24
_EVERY_DAY = 0x7FFFFFFF  # a bit for each day of the month, the first the lowest

WISHES = {
    _K.ALLOW_CLOSE: RelayWish.ALLOW_CLOSE,
    _K.CLOSE: RelayWish.CLOSE,
    _K.KEEP_POWER_ON: RelayWish.KEEP_POWER_ON,
    _K.KEEP_POWER_OFF: RelayWish.KEEP_POWER_OFF,
}


class NotOffered(Exception):
    """Nobody here knows how to do that."""


def meter_order(kind: OperationKind, given: Arguments) -> MeterOrder | None:
    """The order to a meter; None for those that have a verb of their own. Raises NotOffered."""
    if kind in (_K.READ_WALLET, _K.READ_RECORDS, _K.READ_RELAY, _K.TRIP_RELAY, _K.SWITCH_FEE_CONTROL):
        return None
    if kind in WISHES:
        return Switch(WISHES[kind])
    make = _METER.get(kind)
    if make is None:
        raise NotOffered
    return make(given)


def look_for(kind: OperationKind, order: MeterOrder | None) -> Look | None:
    """What is read first where an earlier try may have done it; None: doing it twice is no harm."""
    if kind in WISHES or kind is _K.TRIP_RELAY:
        return LookAtRelay(kind)
    if isinstance(order, Write):
        return LookAtRegisters(tuple((name, value) for name, value in order.values if isinstance(value, int | str)))
    return None


def terminal_order(kind: OperationKind, given: Arguments) -> TerminalOrder:
    """The order to a concentrator, where it needs nothing from the archive. Raises NotOffered."""
    make = _TERMINAL.get(kind)
    if make is None:
        raise NotOffered
    return make(given)


def _limits(given: Arguments) -> Write:
    return Write(tuple((name, _number(given, name)) for name in LIMITS if name in given))


def _tariffs(given: Arguments) -> Write:
    """Moments as meters write them: YYMMDDhhmm."""
    named = [(name, kind, str(given[name])) for name, kind in TARIFFS if name in given]
    return Write(tuple((name, _digits(text) if kind is FieldKind.MOMENT else text) for name, kind, text in named))


def _digits(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%y%m%d%H%M")


def _running(given: Arguments) -> SetParameters:
    """One port's block of F33: read on every day, without periods of its own."""
    read_at, clock_at = (str(given[name]).replace(":", "") for name in ("read_at", "clock_at"))
    return SetParameters(
        (
            (
                _RUNNING,
                [
                    {
                        "port": _number(given, "port"),
                        "control": 0,
                        "read_days": _EVERY_DAY,
                        "read_at": read_at,
                        "interval_min": _number(given, "interval_min"),
                        "clock_broadcast_at": f"01{clock_at}",
                        "periods": [],
                    }
                ],
            ),
        )
    )


def _number(given: Arguments, name: str) -> int:
    value = given.get(name)
    return value if isinstance(value, int) else 0


_METER: dict[OperationKind, Callable[[Arguments], MeterOrder]] = {
    _K.READ_ENERGY: lambda _: Read(_ENERGY),
    _K.READ_LIVE: lambda _: Read(_LIVE),
    _K.READ_STATUS: lambda _: Read(_STATUS),
    _K.READ_LIMITS: lambda _: Read(LIMITS),
    _K.READ_CLOCK: lambda _: Read(("date", "time")),
    _K.READ_FROZEN: lambda given: ReadFrozen(_number(given, "days_ago")),
    _K.SET_LIMITS: _limits,
    _K.SET_CLOCK: lambda _: SetClock(),
    _K.READ_TARIFFS: lambda _: Read(_TARIFFS),
    _K.SET_TARIFFS: _tariffs,
    _K.READ_GROUP: lambda _: ReadGroup(),
    _K.START_PURCHASE_CONTROL: lambda _: ControlGroup(on=True),
    _K.STOP_PURCHASE_CONTROL: lambda _: ControlGroup(on=False),
}
_TERMINAL: dict[OperationKind, Callable[[Arguments], TerminalOrder]] = {
    _K.READ_TERMINAL_CLOCK: lambda _: ReadTerminalClock(),
    _K.SET_TERMINAL_CLOCK: lambda _: SetTerminalClock(),
    _K.START_TIME_SYNC: lambda _: SyncMeters(on=True),
    _K.STOP_TIME_SYNC: lambda _: SyncMeters(on=False),
    _K.READ_ARCHIVE: lambda _: ReadArchive(),
    _K.CLEAR_ARCHIVE: lambda given: ClearArchive(history=given.get("history") == YES),
    _K.READ_RUNNING: lambda _: ReadParameters((_RUNNING,)),
    _K.SET_RUNNING: _running,
    _K.SET_MASTER_INTERVAL: lambda given: SetParameters(((_MASTER, _number(given, "interval_min")),)),
}
