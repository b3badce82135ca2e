"""The registers of meters that operations read and write, by name: which item of DL/T 645-2007, in which unit.

Money is minor units (cents), energy Wh, power W (reactive: var), voltage 0.1 V, current mA, prices 1/10000 yuan.
Tables are one line of text (`headend_client.spelling`). A register that the meter does not have reads as None.

A change of tariffs goes into what is not in force (`*_backup`, or the second set) and then into its switch time: at
that moment the meter swaps the two.
"""

from collections.abc import Callable
from dataclasses import dataclass

from headend_client.spelling import AsItIs, Pairs, Row, Said, Scaled, Spelling, Steps, Words
from meters_io.dlt645.items import item_of
from meters_io.errors import LocalError
from meters_io.layout import Plain, write_all

_COUNT = Scaled()


@dataclass(frozen=True, slots=True)
class NamedRegister:
    """One register. `spelling`: how its value is said."""

    di: int
    spelling: Spelling = _COUNT
    writable: bool = False


_DAY_TABLES = 8
_PHASES = {"a": 1, "b": 2, "c": 3}
_TEXT, _PRICE, _PRICES = AsItIs(), Scaled(10_000), Row(10_000)
_SWITCHES = {"zones": 0x04000106, "days": 0x04000107, "prices": 0x04000108, "steps": 0x04000109}


def _money(di: int, *, writable: bool = False) -> NamedRegister:
    return NamedRegister(di, Scaled(100), writable)


def _phases(name: str, unit: str, di: int, steps: int) -> dict[str, NamedRegister]:
    return {f"{name}_{letter}_{unit}": NamedRegister(di | n << 8, Scaled(steps)) for letter, n in _PHASES.items()}


def _settable(di: int, spelling: Spelling = _TEXT) -> NamedRegister:
    return NamedRegister(di, spelling, writable=True)


def _tables(suffix: str, di: int) -> dict[str, NamedRegister]:
    """Year zones (from which day on which table), and the tables: from which hour on which tariff."""
    tables = {f"days_{n}{suffix}": _settable(di | n, Pairs("tariff")) for n in range(1, _DAY_TABLES + 1)}
    return {f"zones{suffix}": _settable(di, Pairs("table"))} | tables


REGISTERS: dict[str, NamedRegister] = {
    "balance_minor": _money(0x00900200),
    "overdraft_minor": _money(0x00900201),
    "purchase_count": NamedRegister(0x03330201),
    "newest_purchase_minor": _money(0x03330301),
    **{f"purchase_{n}_count": NamedRegister(0x03330200 | n) for n in range(1, 11)},  # of ten records, 1 the newest
    **{f"purchase_{n}_minor": _money(0x03330300 | n) for n in range(1, 11)},
    **{f"purchase_{n}_at": NamedRegister(0x03330100 | n, _TEXT) for n in range(1, 11)},  # YYMMDDhhmm, local time
    "energy_wh": NamedRegister(0x00010000, Scaled(1000)),
    **{f"energy_{n}_wh": NamedRegister(0x00010000 | n << 8, Scaled(1000)) for n in range(1, 5)},
    "energies_wh": NamedRegister(0x0001FF00, Row(1000)),  # in all, then by tariff: one exchange
    "reverse_energy_wh": NamedRegister(0x00020000, Scaled(1000)),
    "month_energy_wh": NamedRegister(0x000C0000, Scaled(1000)),
    **_phases("voltage", "dv", 0x02010000, 10),
    **_phases("current", "ma", 0x02020000, 1000),
    "power_w": NamedRegister(0x02030000, Scaled(1000)),
    **_phases("power", "w", 0x02030000, 1000),
    "reactive_power_var": NamedRegister(0x02040000, Scaled(1000)),
    "power_factor_milli": NamedRegister(0x02060000, Scaled(1000)),
    "frequency_chz": NamedRegister(0x02800002, Scaled(100)),
    "temperature_dc": NamedRegister(0x02800007, Scaled(10)),
    **{f"status_{n}": NamedRegister(0x04000500 | n, Words()) for n in range(1, 8)},
    "active_zones": NamedRegister(0x04000503, Words("year_zones")),
    "active_days": NamedRegister(0x04000503, Words("day_periods")),
    "alarm_1_minor": _money(0x04001001, writable=True),
    "alarm_2_minor": _money(0x04001002, writable=True),
    "overdraft_limit_minor": _money(0x04001003, writable=True),
    "hoarding_limit_minor": _money(0x04001004, writable=True),
    "reclose_limit_minor": _money(0x04001005, writable=True),
    "limits_minor": NamedRegister(0x040010FF, Row(100)),  # the five in one exchange
    "trip_delay_min": _settable(0x04001401, _COUNT),
    "relay_waits_above_ma": _settable(0x04001402, Scaled(1000)),
    "date": _settable(0x04000101),
    "time": _settable(0x04000102),
    "clock": _settable(0x0400010C),
    "price_now_e4": NamedRegister(0x02800020, _PRICE),
    "prices_e4": NamedRegister(0x040501FF, _PRICES),
    "prices_backup_e4": _settable(0x040502FF, _PRICES),
    "steps": NamedRegister(0x040604FF, Steps()),
    "steps_backup": _settable(0x040605FF, Steps()),
    **_tables("", 0x04010000),
    **_tables("_second", 0x04020000),
    **{f"{name}_switch_at": _settable(di) for name, di in _SWITCHES.items()},
    "customer": NamedRegister(0x0400040E, _TEXT),
    "meter_number": NamedRegister(0x04000402, _TEXT),
}

FINDINGS = ("frozen_at", "clock_error_s", "clock_was_off_s", "token_1", "relay_open", "command_open")
"""What verbs say beside registers: of a frozen day, of a clock that was set, of a token, of a relay."""


def from_item(register: NamedRegister, value: Plain) -> Said:
    """Return an item's value in our words. None: not available, or no number."""
    return register.spelling.say(value)


def to_item(register: NamedRegister, value: Plain) -> Plain:
    """Return one of our values as the item has it. LocalError where it means nothing there, or does not fit."""
    meant = register.spelling.mean(value)
    item = item_of(register.di)
    if item is not None:
        write_all(item.form, meant)
    return meant


Named = Callable[[str], NamedRegister]


def register_of(name: str) -> NamedRegister:
    """Return a register by its name. LocalError `unknown_register`."""
    found = REGISTERS.get(name)
    if found is None or item_of(found.di) is None:
        raise LocalError(f"no register is called {name!r}", code="unknown_register", field="names")
    return found
