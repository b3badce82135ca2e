"""What a meter shows when it is read (C = 11): data identifiers and where their values are."""

from collections.abc import Callable

from headend_client.simulator.frozen import read_frozen
from headend_client.simulator.measured import MEASURED
from headend_client.simulator.settings import setting_of
from headend_client.simulator.state import E5_PER_CENT, Credit
from headend_client.simulator.view import Gate, Register, View
from headend_client.simulator.world import MAX_CENTS, Profile
from meters_io.bits import digits_to_bytes
from meters_io.dlt645 import values
from meters_io.dlt645.names import Item

__all__ = ["Gate", "View", "read"]

RECORDS = 10
_RECORD_MASK = 0xFFFFFF00
_MONEY = frozenset((Item.BALANCE, Item.OVERDRAFT, 0x009002FF, Item.PURCHASE_COUNT))
_WIDTHS = {Item.PURCHASE_MOMENT & _RECORD_MASK: 5, Item.PURCHASE_COUNT & _RECORD_MASK: 2}


def read(view: View, di: int) -> bytes | None:
    """Return the data of item `di`, None if this meter has no such item."""
    if f"{di:08X}" in view.meter.spec.lacks or (di in _MONEY and not view.meter.spec.has_wallet):
        return None
    register = MEASURED.get(di) or _ALL.get(di)
    if register is not None:
        return register(view)
    setting = setting_of(di, view.meter.spec.profile)
    if setting is not None:
        return setting.read(view)
    frozen = read_frozen(view, di)
    if frozen is not None or view.meter.spec.profile is Profile.STS:
        return frozen
    register = _ESAM.get(di)
    if register is not None:
        return register(view)
    return _record(view, di) if view.meter.spec.has_wallet else None


def _record(view: View, di: int) -> bytes | None:
    """Return a part of a purchase record, 0333xxnn with nn from 1, the newest; empty records are zero."""
    part, place = _RECORDS.get(di & _RECORD_MASK), di & ~_RECORD_MASK
    if part is None or not 1 <= place <= RECORDS:
        return None
    credits = view.meter.state.credits
    if place <= len(credits):
        return part(view, credits[-place])
    return bytes(_WIDTHS.get(di & _RECORD_MASK, 4))


def _money(e5: int) -> bytes:
    return values.money_to_bytes(max(e5, 0) // E5_PER_CENT)


def _bought(view: View, upto: Credit) -> int:
    credits = view.meter.state.credits
    return sum(credit.amount_e5 for credit in credits[: credits.index(upto) + 1])


_ALL: dict[int, Register] = {
    Item.BALANCE: lambda view: values.money_to_bytes(view.meter.balance_cents),
    Item.OVERDRAFT: lambda view: values.money_to_bytes(min(view.meter.overdraft_cents, MAX_CENTS)),
    0x009002FF: lambda view: _ALL[Item.BALANCE](view) + _ALL[Item.OVERDRAFT](view),
    Item.ADDRESS: lambda view: digits_to_bytes(view.meter.spec.address, 6),
    Item.METER_NUMBER: lambda view: digits_to_bytes(view.meter.spec.number.zfill(12), 6),
}

_ESAM: dict[int, Register] = {
    Item.PURCHASE_COUNT: lambda view: values.number_to_bytes(view.meter.state.purchase_count, 2),
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
