"""What a terminal knows of a meter: registers, relay, purchases; as values, and as the fields of its functions.

What the terminal does not have it fills with EE: None here. A meter that is charged from far away (remote fee control)
has no purchase information at all.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from meters_io.errors import RemoteError
from meters_io.gdw1376.asking import decimal_in, number_in, numbers_in
from meters_io.gdw1376.formats import MISSING
from meters_io.gdw1376.moments import clock_from_plain, clock_to_plain, moment_from_digits, moment_to_digits
from meters_io.layout import Plain

_ON, _OFF = 0x11, 0x00
_FORM_15_ORDERS = ("closed", "opened")
_FORM_1_ORDERS = ("closed_clock", "opened_clock")


@dataclass(frozen=True, slots=True)
class Register:
    """Forward active energy in kWh: the total, and each tariff."""

    read_at: datetime | None
    total_kwh: Decimal | None
    tariffs_kwh: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class RelayState:
    """`closed`: whether the meter lets power through; None is not known. The last orders from far away, if any.

    `to_the_second`: how the 2013 edition writes the last orders; the 2009 edition ends at the minute.
    """

    read_at: datetime | None
    closed: bool | None
    last_close: datetime | None
    last_trip: datetime | None
    to_the_second: bool = False


@dataclass(frozen=True, slots=True)
class PurchaseInfo:
    """F167: what a prepayment meter holds, in yuan or in kWh; `count` is the number of purchases it took."""

    read_at: datetime | None
    count: int | None
    balance_yuan: Decimal | None
    purchased_yuan: Decimal | None
    remaining_kwh: Decimal | None = None
    overdrawn_kwh: Decimal | None = None
    purchased_kwh: Decimal | None = None
    credit_kwh: Decimal | None = None
    alarm_kwh: Decimal | None = None
    fault_kwh: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StatusWords:
    """F28: the seven status words of a DL/T 645 meter, 16 bits each, and which of their bits changed.

    Words count from 0 here: bit 7 of `words[2]`, the third, says that the balance is low.
    """

    read_at: datetime | None
    changed: tuple[int, ...]
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TerminalClock:
    """F2 of point 0: what time it is for the terminal."""

    at: datetime | None


Value = Register | RelayState | PurchaseInfo | StatusWords | TerminalClock


def register_from_fields(fields: dict[str, Plain], zone: tzinfo) -> Register:
    """Read the fields of a register block. RemoteError names the field."""
    values = fields["energies"]
    numbers = [decimal_in({"energies": each}, "energies") for each in values] if isinstance(values, list) else []
    return Register(_read_at(fields, zone), numbers[0], tuple(numbers[1:]))


def register_to_fields(register: Register, zone: tzinfo) -> dict[str, Plain]:
    """Return the fields of a register block. Raises LocalError."""
    energies: list[Plain] = [register.total_kwh, *register.tariffs_kwh]
    read = moment_to_digits(register.read_at, zone)
    return {"read": read, "tariffs": len(register.tariffs_kwh), "energies": energies}


def relay_from_fields(fields: dict[str, Plain], zone: tzinfo) -> RelayState:
    """Read the fields of F161, in the form of either edition. RemoteError names the field."""
    state = number_in(fields, "state")
    if state not in (_ON, _OFF, MISSING):
        raise RemoteError("a relay is on (11H) or off (00H)", code="out_of_range", field="state")
    to_the_second = _FORM_1_ORDERS[0] in fields
    read = clock_from_plain if to_the_second else moment_from_digits
    close, trip = (read(fields[name], zone, name) for name in (_FORM_1_ORDERS if to_the_second else _FORM_15_ORDERS))
    return RelayState(_read_at(fields, zone), None if state == MISSING else state == _ON, close, trip, to_the_second)


def relay_to_fields(state: RelayState, zone: tzinfo) -> dict[str, Plain]:
    """Return the fields of F161. Raises LocalError."""
    written = MISSING if state.closed is None else _ON if state.closed else _OFF
    fields: dict[str, Plain] = {"read": moment_to_digits(state.read_at, zone), "state": written}
    names = _FORM_1_ORDERS if state.to_the_second else _FORM_15_ORDERS
    for name, moment in zip(names, (state.last_close, state.last_trip), strict=True):
        fields[name] = clock_to_plain(moment, zone) if state.to_the_second else moment_to_digits(moment, zone)
    return fields


_PURCHASE_FIELDS = {
    "balance_yuan": "balance",
    "purchased_yuan": "purchased",
    "remaining_kwh": "remaining_energy",
    "overdrawn_kwh": "overdrawn_energy",
    "purchased_kwh": "purchased_energy",
    "credit_kwh": "credit_energy",
    "alarm_kwh": "alarm_energy",
    "fault_kwh": "fault_energy",
}


def purchase_from_fields(fields: dict[str, Plain], zone: tzinfo) -> PurchaseInfo:
    """Read the fields of F167. RemoteError names the field."""
    count = None if fields["purchase_count"] is None else number_in(fields, "purchase_count")
    amounts = {ours: decimal_in(fields, theirs) for ours, theirs in _PURCHASE_FIELDS.items()}
    return PurchaseInfo(_read_at(fields, zone), count, **amounts)


def purchase_to_fields(info: PurchaseInfo, zone: tzinfo) -> dict[str, Plain]:
    """Return the fields of F167. Raises LocalError."""
    fields: dict[str, Plain] = {"read": moment_to_digits(info.read_at, zone), "purchase_count": info.count}
    return fields | {theirs: getattr(info, ours) for ours, theirs in _PURCHASE_FIELDS.items()}


def status_from_fields(fields: dict[str, Plain], zone: tzinfo) -> StatusWords:
    """Read the fields of F28. RemoteError names the field."""
    return StatusWords(_read_at(fields, zone), numbers_in(fields, "changed"), numbers_in(fields, "words"))


def status_to_fields(status: StatusWords, zone: tzinfo) -> dict[str, Plain]:
    """Return the fields of F28. Raises LocalError."""
    read = moment_to_digits(status.read_at, zone)
    return {"read": read, "changed": list(status.changed), "words": list(status.words)}


def clock_from_fields(fields: dict[str, Plain], zone: tzinfo) -> TerminalClock:
    """Read the fields of F2. RemoteError names the field."""
    return TerminalClock(clock_from_plain(fields["clock"], zone, "clock"))


def _read_at(fields: dict[str, Plain], zone: tzinfo) -> datetime | None:
    return moment_from_digits(fields["read"], zone, "read")
