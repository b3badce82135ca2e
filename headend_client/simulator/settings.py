"""What can be written into a meter (C = 14): each item, how it is shown, and what the meter makes of a new value.

Who may write is not asked here (`writes`). A value that no item of this form has is RemoteError, as when it is read.
"""

from dataclasses import replace
from datetime import UTC, datetime

from headend_client.simulator.meter import Meter
from headend_client.simulator.supply import HIGH_CURRENT
from headend_client.simulator.tariff_items import TARIFF_SETTINGS, day_table
from headend_client.simulator.view import Setting, View
from headend_client.simulator.world import Profile
from meters_io.bits import bcd_from_bytes, digits_from_bytes, digits_to_bytes
from meters_io.dlt645 import values
from meters_io.dlt645.names import Item
from meters_io.dlt645.refusals import RefusalCode

__all__ = ["Setting", "setting_of"]

_LIMITS = {
    Item.ALARM_1: "alarm_1_cents",
    Item.ALARM_2: "alarm_2_cents",
    Item.OVERDRAFT_LIMIT: "overdraft_cents",
    Item.HOARD_LIMIT: "hoard_cents",
    Item.RECLOSE_BALANCE: "reclose_cents",
}
_ALL_LIMITS = 0x040010FF
_LAST_YEAR = 2098  # two digits hold no year after the next one


def setting_of(di: int, profile: Profile) -> Setting | None:
    """Return what is known about an item that can be written, None if this kind of meter has no such item."""
    if profile is Profile.ESAM and di == Item.CUSTOMER:
        return _CUSTOMER
    if profile is Profile.REMOTE and (di in _LIMITS or di == _ALL_LIMITS):
        return None
    return _SETTINGS.get(di) or TARIFF_SETTINGS.get(di) or day_table(di)


def _limit(name: str) -> Setting:
    def show(view: View) -> bytes:
        own = view.meter.hoard_cents if name == "hoard_cents" else getattr(view.meter.limits, name)
        return values.money_to_bytes(own)

    def take(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
        amount_cents = values.money_from_bytes(raw)
        if amount_cents is None:
            return RefusalCode.OTHER
        _take_limit(meter, name, amount_cents)
        return None

    return Setting(show, take)


def _take_limit(meter: Meter, name: str, amount_cents: int) -> None:
    meter.state.limits = replace(meter.limits, **{name: amount_cents})
    meter.settle()


def _all_limits(view: View) -> bytes:
    return b"".join(_SETTINGS[di].read(view) for di in _LIMITS)


def _take_all_limits(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
    parts = [raw[at : at + 4] for at in range(0, len(raw), 4)]
    if len(parts) != len(_LIMITS) or any(values.money_from_bytes(part) is None for part in parts):
        return RefusalCode.OTHER
    for di, part in zip(_LIMITS, parts, strict=True):
        _take_limit(meter, _LIMITS[di], values.money_from_bytes(part) or 0)
    return None


def _take_clock(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
    return _set_clock(meter, raw[:3] + raw[4:], now) if len(raw) == 7 else RefusalCode.OTHER


def _take_date(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
    time = values.clock_to_bytes(meter.clock(now), meter.around.zone)[:3]
    return _set_clock(meter, time + raw[1:], now) if len(raw) == 4 else RefusalCode.OTHER


def _take_time(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
    date = values.clock_to_bytes(meter.clock(now), meter.around.zone)[4:]
    return _set_clock(meter, raw + date, now) if len(raw) == 3 else RefusalCode.OTHER


def _set_clock(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
    """Set the clock to six bytes of local time. The weekday that came with them is not believed."""
    shown = values.moment_from_bytes(raw, meter.around.zone)
    if shown is None or shown.year > _LAST_YEAR:
        return RefusalCode.OTHER
    meter.set_clock(shown.astimezone(UTC), now)
    return None


def _take_customer(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
    if len(raw) != 6:
        return RefusalCode.OTHER
    meter.state.customer = digits_from_bytes(raw)
    return None


def _kept(di: str, usual: str) -> tuple[int, Setting]:
    """Return an item that is kept and shown; `usual`: what it shows before anybody wrote it, BCD, low byte first."""

    def show(view: View) -> bytes:
        return bytes.fromhex(str(view.meter.state.parameters.get(di, usual)))

    def take(meter: Meter, raw: bytes, now: datetime) -> RefusalCode | None:
        if len(raw) != len(usual) // 2:
            return RefusalCode.OTHER
        bcd_from_bytes(raw)  # RemoteError for what is no number
        meter.state.parameters[di] = raw.hex()
        meter.settle()
        return None

    return int(di, 16), Setting(show, take)


_CUSTOMER = Setting(lambda view: digits_to_bytes(view.meter.state.customer, 6), _take_customer)
_SETTINGS: dict[int, Setting] = {
    **{di: _limit(name) for di, name in _LIMITS.items()},
    _ALL_LIMITS: Setting(_all_limits, _take_all_limits),
    Item.DATE: Setting(lambda view: view.clock[3:], _take_date),
    Item.TIME: Setting(lambda view: view.clock[:3], _take_time),
    Item.CLOCK: Setting(lambda view: view.clock, _take_clock),
    **dict(
        (
            _kept("04000103", "15"),
            _kept("04000104", "01"),
            _kept("04000306", "010000"),
            _kept("04000307", "010000"),
            _kept("04001401", "0000"),
            _kept(HIGH_CURRENT, "000000"),
            _kept("04001403", "0000"),
        )
    ),
}
