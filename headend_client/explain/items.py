"""What the readable items of a meter mean (DL/T 645-2007 annex A), for eyes."""

from decimal import Decimal

from headend_client.explain.sight import Read, Taking, Value, as_bcd, as_bytes, as_digits, as_moment
from headend_client.fields import Form
from meters_io.dlt645.items import DataItem, item_of
from meters_io.dlt645.names import Item
from meters_io.dlt645.status import status_from_bytes
from meters_io.dlt645.values import WH_PER_STEP
from meters_io.layout import read_all

_MONEY = as_bcd(Form.MONEY)
_NUMBER = as_bcd(Form.NUMBER)
_ENERGY = as_bcd(Form.ENERGY, WH_PER_STEP)
_ENERGY_WIDTH = 4


def _date(raw: bytes) -> Value:
    """WW DD MM YY; the weekday is not believed."""
    return Form.TEXT, "20" + "-".join(f"{byte:02x}" for byte in raw[:0:-1])


def _time(raw: bytes) -> Value:
    return Form.TEXT, ":".join(f"{byte:02x}" for byte in raw[::-1])


def _clock(raw: bytes) -> Value:
    """ss mm hh WW DD MM YY."""
    return as_moment(raw[:3] + raw[4:])


_VALUES: dict[int, Read] = {
    Item.ENERGY: _ENERGY,
    Item.BALANCE: _MONEY,
    Item.OVERDRAFT: _MONEY,
    Item.PRICE_NOW: as_bcd(Form.PRICE),
    Item.AUTHENTICATION_LEFT: _NUMBER,
    Item.PURCHASE_MOMENT: as_moment,
    Item.PURCHASE_COUNT: _NUMBER,
    Item.PURCHASE_AMOUNT: _MONEY,
    Item.BALANCE_BEFORE: _MONEY,
    Item.BALANCE_AFTER: _MONEY,
    Item.PURCHASED_IN_ALL: _MONEY,
    Item.DATE: _date,
    Item.TIME: _time,
    Item.CLOCK: _clock,
    Item.ADDRESS: as_digits,
    Item.METER_NUMBER: as_digits,
    Item.CUSTOMER: as_digits,
    Item.ALARM_1: _MONEY,
    Item.ALARM_2: _MONEY,
    Item.OVERDRAFT_LIMIT: _MONEY,
    Item.HOARD_LIMIT: _MONEY,
    Item.RECLOSE_BALANCE: _MONEY,
    Item.DAILY_FREEZE_MOMENT: as_moment,
    Item.DAILY_FREEZE_ENERGY: _ENERGY,
}


def name_of(di: int) -> Value:
    """The word for an item, or its identifier where we have none."""
    try:
        return Form.WORD, f"item_{Item(di).name.lower()}"
    except ValueError:
        return Form.TEXT, f"{di:08X}"


def take_value(taking: Taking, di: int) -> None:
    """Take what a meter answered about an item."""
    if di == Item.STATUS_3:
        _take_status(taking)
        return
    width = _ENERGY_WIDTH if di == Item.DAILY_FREEZE_ENERGY else len(taking.left)  # the tariffs follow the total
    taking.take("value", width, _VALUES.get(di) or _by_table(di), gist=True)


def _by_table(di: int) -> Read:
    """How the codec's table reads an item that has no form of its own here: figures with their unit."""
    item = item_of(di)
    return as_bytes if item is None else lambda raw: _figures(item, raw)


def _figures(item: DataItem, raw: bytes) -> Value:
    found = read_all(item.form, raw)
    figures = found if isinstance(found, list) else [found]
    if not all(isinstance(each, int | Decimal | str) for each in figures):
        return as_bytes(raw)
    return Form.TEXT, f"{', '.join(map(str, figures))} {item.unit}".strip()


def _take_status(taking: Taking) -> None:
    raw = taking.left.known
    taking.take("status_word", 2, as_bytes)
    if raw is None or len(raw) < 2:
        return
    status = status_from_bytes(raw[:2])
    taking.add("relay", Form.WORD, "relay_open" if status.relay_open else "relay_closed", gist=True)
    taking.add("relay_order", Form.WORD, "order_open" if status.relay_command_open else "order_closed", gist=True)
    taking.add("keep_power", Form.FLAG, int(status.keep_power), gist=status.keep_power)
    taking.add("alarm", Form.FLAG, int(status.alarm))
    taking.add("prepay_kind", Form.WORD, f"prepay_{status.prepay_kind.value}")
    taking.add("authenticated", Form.FLAG, int(status.authenticated))
    taking.add("local_account", Form.FLAG, int(status.local_account_opened))
    taking.add("remote_account", Form.FLAG, int(status.remote_account_opened))
    taking.rest()
