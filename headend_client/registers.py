"""The registers of meters that operations read and write, by name: which item of DL/T 645-2007, in which unit.

Money is minor units (cents), energy Wh, power W (reactive: var), voltage 0.1 V, current mA, prices 1/10000 yuan. A
register that the meter does not have reads as None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from meters_io.dlt645.items import item_of
from meters_io.errors import LocalError
from meters_io.layout import Plain, Unreadable


@dataclass(frozen=True, slots=True)
class NamedRegister:
    """One register. `steps`: how many of our units one unit of the item is; None: text is kept as it is."""

    di: int
    steps: int | None = 1
    writable: bool = False


def _money(di: int, *, writable: bool = False) -> NamedRegister:
    return NamedRegister(di, 100, writable)


REGISTERS: dict[str, NamedRegister] = {
    "balance_minor": _money(0x00900200),
    "overdraft_minor": _money(0x00900201),
    "purchase_count": NamedRegister(0x03330201),
    "energy_wh": NamedRegister(0x00010000, 1000),
    "energy_1_wh": NamedRegister(0x00010100, 1000),
    "energy_2_wh": NamedRegister(0x00010200, 1000),
    "energy_3_wh": NamedRegister(0x00010300, 1000),
    "energy_4_wh": NamedRegister(0x00010400, 1000),
    "voltage_a_dv": NamedRegister(0x02010100, 10),
    "current_a_ma": NamedRegister(0x02020100, 1000),
    "power_w": NamedRegister(0x02030000, 1000),
    "status_1": NamedRegister(0x04000501, None),
    "status_3": NamedRegister(0x04000503, None),
    "alarm_1_minor": _money(0x04001001, writable=True),
    "alarm_2_minor": _money(0x04001002, writable=True),
    "overdraft_limit_minor": _money(0x04001003, writable=True),
    "hoarding_limit_minor": _money(0x04001004, writable=True),
    "reclose_limit_minor": _money(0x04001005, writable=True),
    "date": NamedRegister(0x04000101, None, writable=True),
    "time": NamedRegister(0x04000102, None, writable=True),
}


def from_item(register: NamedRegister, value: Plain) -> int | str | None:
    """Return an item's value in our units. None: not available, or no number."""
    if isinstance(value, Unreadable) or value is None:
        return None
    if register.steps is None:
        return str(value)
    return int(Decimal(str(value)) * register.steps)


def to_item(register: NamedRegister, value: Plain) -> Plain:
    """Return one of our values as the item has it. LocalError `out_of_range` where it has no such steps."""
    if register.steps is None or not isinstance(value, int):
        return value
    return Decimal(value) / register.steps


Named = Callable[[str], NamedRegister]


def register_of(name: str) -> NamedRegister:
    """Return a register by its name. LocalError `unknown_register`."""
    found = REGISTERS.get(name)
    if found is None or item_of(found.di) is None:
        raise LocalError(f"no register is called {name!r}", code="unknown_register", field="names")
    return found
