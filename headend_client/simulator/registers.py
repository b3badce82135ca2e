"""What a meter shows when it is read (C = 11): data identifiers and where their values are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from headend_client.simulator.meter import Meter
from headend_client.simulator.state import E5_PER_CENT, Credit, Level
from headend_client.simulator.world import MAX_CENTS, Profile
from meters_io.bits import digits_to_bytes
from meters_io.dlt645 import values
from meters_io.dlt645.names import Item
from meters_io.dlt645.status import StatusWord3, status_to_bytes

RECORDS = 10
_STATUS_1 = 0x04000501
_ENERGY_WRAP_WH = 1_000_000_000  # XXXXXX.XX kWh begins again
_RECORD_MASK = 0xFFFFFF00


class Gate(Protocol):
    """What differs between the two ways of taking credit, as far as reading sees it."""

    def status(self, now: datetime) -> StatusWord3: ...

    def minutes_left(self, now: datetime) -> int | None: ...


@dataclass(frozen=True, slots=True)
class View:
    """A meter at one moment."""

    meter: Meter
    gate: Gate
    now: datetime

    @property
    def clock(self) -> bytes:
        """Seven bytes, as in item 0400010C: ss mm hh WW DD MM YY."""
        return values.clock_to_bytes(self.now, self.meter.around.zone)

    def moment(self, moment: datetime | None, width: int) -> bytes:
        """Return a moment in the meter's local time."""
        return values.moment_to_bytes(moment, self.meter.around.zone, width)


def read(view: View, di: int) -> bytes | None:
    """Return the data of item `di`, None if this meter has no such item."""
    register = _ALL.get(di)
    if register is not None:
        return register(view)
    if view.meter.spec.profile is Profile.STS:
        return None
    register = _ESAM.get(di)
    return register(view) if register is not None else _record(view, di)


def _record(view: View, di: int) -> bytes | None:
    """Return a part of a purchase record, 0333xxnn with nn from 1, the newest; empty records are zero."""
    part, place = _RECORDS.get(di & _RECORD_MASK), di & ~_RECORD_MASK
    if part is None or not 1 <= place <= RECORDS:
        return None
    credits = view.meter.state.credits
    if place <= len(credits):
        return part(view, credits[-place])
    return bytes(5) if di & _RECORD_MASK == Item.PURCHASE_MOMENT & _RECORD_MASK else values.money_to_bytes(0)


def _money(e5: int) -> bytes:
    return values.money_to_bytes(max(e5, 0) // E5_PER_CENT)


def _bought(view: View, upto: Credit) -> int:
    credits = view.meter.state.credits
    return sum(credit.amount_e5 for credit in credits[: credits.index(upto) + 1])


def _status_1(view: View) -> bytes:
    overdrawn = view.meter.state.level in (Level.OVERDRAFT, Level.OFF)
    return (overdrawn << 14).to_bytes(2, "little")


_ALL: dict[int, Callable[[View], bytes]] = {
    Item.ENERGY: lambda view: values.energy_to_bytes(view.meter.energy_wh % _ENERGY_WRAP_WH),
    Item.BALANCE: lambda view: values.money_to_bytes(view.meter.balance_cents),
    Item.OVERDRAFT: lambda view: values.money_to_bytes(min(view.meter.overdraft_cents, MAX_CENTS)),
    Item.PRICE_NOW: lambda view: values.number_to_bytes(view.meter.spec.price_e4, 4),
    Item.DATE: lambda view: view.clock[3:],
    Item.TIME: lambda view: view.clock[:3],
    Item.CLOCK: lambda view: view.clock,
    Item.ADDRESS: lambda view: digits_to_bytes(view.meter.spec.address, 6),
    Item.METER_NUMBER: lambda view: digits_to_bytes(view.meter.spec.number.zfill(12), 6),
    _STATUS_1: _status_1,
    Item.STATUS_3: lambda view: status_to_bytes(view.gate.status(view.now)),
    Item.ALARM_1: lambda view: values.money_to_bytes(view.meter.spec.limits.alarm_1_cents),
    Item.ALARM_2: lambda view: values.money_to_bytes(view.meter.spec.limits.alarm_2_cents),
    Item.OVERDRAFT_LIMIT: lambda view: values.money_to_bytes(view.meter.spec.limits.overdraft_cents),
    Item.HOARD_LIMIT: lambda view: values.money_to_bytes(view.meter.hoard_cents),
    Item.RECLOSE_BALANCE: lambda view: values.money_to_bytes(view.meter.spec.limits.reclose_cents),
    Item.DAILY_FREEZE_MOMENT: lambda view: view.moment(view.meter.state.frozen_at, 5),
    Item.DAILY_FREEZE_ENERGY: lambda view: values.energy_to_bytes(view.meter.state.frozen_wh % _ENERGY_WRAP_WH),
}

_ESAM: dict[int, Callable[[View], bytes]] = {
    Item.PURCHASE_COUNT: lambda view: values.number_to_bytes(view.meter.state.purchase_count, 2),
    Item.CUSTOMER: lambda view: digits_to_bytes(view.meter.state.customer, 6),
    Item.AUTHENTICATION_LEFT: lambda view: values.number_to_bytes(view.gate.minutes_left(view.now), 2),
}

_RECORDS: dict[int, Callable[[View, Credit], bytes]] = {
    Item.PURCHASE_MOMENT & _RECORD_MASK: lambda view, credit: view.moment(credit.at, 5),
    Item.PURCHASE_COUNT & _RECORD_MASK: lambda _view, credit: values.number_to_bytes(credit.count, 2),
    Item.PURCHASE_AMOUNT & _RECORD_MASK: lambda _view, credit: _money(credit.amount_e5),
    Item.BALANCE_BEFORE & _RECORD_MASK: lambda _view, credit: _money(credit.before_e5),
    Item.BALANCE_AFTER & _RECORD_MASK: lambda _view, credit: _money(credit.after_e5),
    Item.PURCHASED_IN_ALL & _RECORD_MASK: lambda view, credit: _money(_bought(view, credit)),
}
