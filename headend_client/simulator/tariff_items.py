"""The items of tariffs (0401..., 0402..., 0405..., 0406... and their switch times) over `tariffs.Tariffs`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from headend_client.simulator.meter import Meter
from headend_client.simulator.tariffs import (
    MAX_PERIODS,
    MAX_TABLES,
    MAX_ZONES,
    TARIFFS,
    Period,
    TableSet,
    Zone,
)
from headend_client.simulator.view import Setting, View
from meters_io.dlt645 import values
from meters_io.dlt645.items import item_of
from meters_io.dlt645.refusals import RefusalCode
from meters_io.errors import RemoteError
from meters_io.layout import Form, Plain, read_all, write_all

_SETS = (0x04010000, 0x04020000)  # year zones of either set; the tables of day periods follow, from 1
_SWITCHES = {0x04000106: "zones", 0x04000107: "days", 0x04000108: "prices", 0x04000109: "steps"}
_PRICES, _BACKUP = 0x04050100, 0x04050200
_STEPS, _STEPS_BACKUP = 0x040604FF, 0x040605FF
_ALL = 0xFF
_NO_DATES = "000000" * 4  # the settlement dates of a table without steps, behind its one price


def day_table(di: int) -> Setting | None:
    """Return a table of day periods (040100nn, 040200nn), None where a meter has no such table."""
    head, number = di & ~_ALL, di & _ALL
    if head not in _SETS or not 1 <= number <= MAX_TABLES:
        return None
    place = _SETS.index(head)

    def show(view: View) -> bytes:
        days = view.meter.tariffs.sets[place].days
        periods = days[min(number, len(days)) - 1]
        return _write(di, [{"begins": _hhmm(one.begins), "tariff": one.tariff} for one in periods])

    def take(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
        rows = _rows(di, raw)
        if len(rows) > MAX_PERIODS:
            return RefusalCode.DAY_PERIODS
        if any(not 1 <= row[1] <= TARIFFS for row in rows):
            return RefusalCode.TARIFFS
        periods = tuple(Period(_minute(begins), tariff) for begins, tariff in rows)
        if not periods or list(periods) != sorted(periods, key=lambda period: period.begins):
            return RefusalCode.OTHER
        table = meter.tariffs.sets[place]
        _put_set(meter, place, replace(table, days=_with(table.days, number, periods)))
        return None

    return Setting(show, take)


def _zones(place: int) -> Setting:
    di = _SETS[place]

    def show(view: View) -> bytes:
        zones = view.meter.tariffs.sets[place].zones
        return _write(di, [{"begins": f"{one.month:02}{one.day:02}", "table": one.table} for one in zones])

    def take(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
        rows = _rows(di, raw)
        if len(rows) > MAX_ZONES:
            return RefusalCode.YEAR_ZONES
        zones = tuple(Zone(int(begins[:2]), int(begins[2:]), table) for begins, table in rows)
        if not zones or not all(_is_day(zone) and 1 <= zone.table <= MAX_TABLES for zone in zones):
            return RefusalCode.OTHER
        _put_set(meter, place, replace(meter.tariffs.sets[place], zones=tuple(sorted(zones, key=_date_of))))
        return None

    return Setting(show, take)


def _switch(name: str) -> Setting:
    def show(view: View) -> bytes:
        return view.moment(getattr(view.meter.tariffs.switches, name), 5)

    def take(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
        if len(raw) != 5:
            return RefusalCode.OTHER
        moment = values.moment_from_bytes(raw, meter.around.zone)
        tariffs = meter.tariffs
        meter.state.tariffs = replace(tariffs, switches=replace(tariffs.switches, **{name: moment}))
        return None

    return Setting(show, take)


def _price(field: str, place: int) -> Setting:
    def show(view: View) -> bytes:
        prices: tuple[int, ...] = getattr(view.meter.tariffs, field)
        return values.number_to_bytes(prices[place], 4)

    return Setting(show, None)


def _prices(field: str, *, writable: bool) -> Setting:
    def show(view: View) -> bytes:
        prices: tuple[int, ...] = getattr(view.meter.tariffs, field)
        return b"".join(values.number_to_bytes(price, 4) for price in prices)

    def take(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
        if len(raw) > 4 * TARIFFS:
            return RefusalCode.TARIFFS
        prices = [values.number_from_bytes(raw[at : at + 4], 4) for at in range(0, len(raw), 4)]
        known = tuple(price for price in prices if price is not None)
        if len(known) != TARIFFS:
            return RefusalCode.OTHER
        meter.state.tariffs = replace(meter.tariffs, backup=known)
        return None

    return Setting(show, take if writable else None)


def _steps(field: str, *, writable: bool) -> Setting:
    def show(view: View) -> bytes:
        tariffs = view.meter.tariffs
        kept: str = getattr(tariffs, field)
        return bytes.fromhex(kept or values.number_to_bytes(tariffs.prices[-1], 4).hex() + _NO_DATES)

    def take(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
        read_all(_form(_STEPS_BACKUP), raw)  # RemoteError for what is no table
        meter.state.tariffs = replace(meter.tariffs, steps_backup=raw.hex())
        return None

    return Setting(show, take if writable else None)


def _put_set(meter: Meter, place: int, changed: TableSet) -> None:
    first, second = meter.tariffs.sets
    sets = (changed, second) if place == 0 else (first, changed)
    meter.state.tariffs = replace(meter.tariffs, sets=sets)


def _with(
    days: tuple[tuple[Period, ...], ...], number: int, periods: tuple[Period, ...]
) -> tuple[tuple[Period, ...], ...]:
    """Return the tables with one changed; those in between that nobody wrote are as the last one is."""
    filled = [*days, *(days[-1] for _ in range(number - len(days)))]
    filled[number - 1] = periods
    return tuple(filled)


def _rows(di: int, raw: bytes) -> list[tuple[str, int]]:
    """Read pairs of a beginning (MMDD or hhmm) and a number."""
    rows = read_all(_form(di), raw)
    pairs = [tuple(row.values()) if isinstance(row, dict) else () for row in cast(list[Plain], rows)]
    if not all(len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], int) for pair in pairs):
        raise RemoteError("a row is a beginning and a number", code="not_bcd", field="value")
    return cast(list[tuple[str, int]], pairs)


def _form(di: int) -> Form:
    item = item_of(di)
    if item is None:
        raise LookupError(f"{di:08X}")
    return item.form


def _write(di: int, rows: Sequence[Mapping[str, object]]) -> bytes:
    return write_all(_form(di), cast(Plain, rows))


def _hhmm(minutes: int) -> str:
    return f"{minutes // 60:02}{minutes % 60:02}"


def _minute(hhmm: str) -> int:
    hours, minutes = int(hhmm[:2]), int(hhmm[2:])
    if hours > 23 or minutes > 59:
        raise RemoteError("no such time of day", code="bad_date", field="value")
    return 60 * hours + minutes


def _date_of(zone: Zone) -> tuple[int, int]:
    return zone.month, zone.day


def _is_day(zone: Zone) -> bool:
    return 1 <= zone.month <= 12 and 1 <= zone.day <= 31


TARIFF_SETTINGS: dict[int, Setting] = {
    **{di: _zones(place) for place, di in enumerate(_SETS)},
    **{di: _switch(name) for di, name in _SWITCHES.items()},
    **{_PRICES | place: _price("prices", place - 1) for place in range(1, TARIFFS + 1)},
    **{_BACKUP | place: _price("backup", place - 1) for place in range(1, TARIFFS + 1)},
    _PRICES | _ALL: _prices("prices", writable=False),
    _BACKUP | _ALL: _prices("backup", writable=True),
    _STEPS: _steps("steps", writable=False),
    _STEPS_BACKUP: _steps("steps_backup", writable=True),
    0x04000201: Setting(lambda view: values.number_to_bytes(len(view.meter.tariffs.sets[0].zones), 1), None),
    0x04000204: Setting(lambda _view: bytes((TARIFFS,)), None),
}
