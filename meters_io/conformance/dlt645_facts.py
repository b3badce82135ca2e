"""What a frame of DL/T 645 says, under the names of the files; here stands which of ours each of them is."""

from __future__ import annotations

from collections.abc import Callable

from meters_io.conformance.frames import Facts, plain_facts
from meters_io.conformance.trees import Leaf, Node, grow
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.items import item_of
from meters_io.dlt645.message import Message
from meters_io.dlt645.names import MORE, REFUSED, REPLY, Control
from meters_io.layout import Hex, Unreadable

_PLAIN_ORDER = 16  # bytes


def facts_of(frame: Frame, message: Message) -> Facts:
    """Return all that can be said of a frame, under the names of the files and under ours."""
    control, data = frame.control, frame.data
    facts: Facts = {
        **plain_facts(message.fields),
        **plain_facts({"fe": frame.preamble, "addr": frame.address, "c": f"{control:02X}", "n": len(data)}),
        "body": Leaf(data.hex(), data),
    }
    maker = _MAKERS.get(control, _refusal if control & REFUSED else None)
    if maker is not None:
        facts |= maker(frame, message)
    return facts


def _read(frame: Frame, message: Message) -> Facts:
    return {"rest": _hex(frame.data[4:]), "body": _hex(frame.data[4:])}


def _data(frame: Frame, message: Message) -> Facts:
    body = frame.data[4:]
    return {"value": _value(message, body), "more": Leaf(int(bool(frame.control & MORE))), "body": _hex(body)}


def _value(message: Message, body: bytes) -> Node:
    """Return the value of an item as a tree; bytes where they are no value of it."""
    di = message.fields.get("di")
    item = item_of(int(di, 16)) if isinstance(di, str) else None
    if "value" in message.fields:
        return grow(item.form if item else Hex(), message.fields["value"])
    return _hex(body) if item is None or "part" in message.fields else Leaf(Unreadable(body), body)


def _follow_data(frame: Frame, message: Message) -> Facts:
    """The last byte is the number of the part, whatever the rest is read as."""
    if not frame.data[4:]:
        return {}
    body, more = frame.data[4:-1], Leaf(int(bool(frame.control & MORE)))
    return {"value": _value(message, body), "body": _hex(body), "seq": Leaf(frame.data[-1]), "more": more}


def _address(frame: Frame, message: Message) -> Facts:
    data = frame.data
    value = Leaf(data[::-1].hex().upper() if len(data) == 6 else data.hex(), None)
    return {"value": value, "new": value}


def _time(frame: Frame, message: Message) -> Facts:
    return {"value": Leaf(message.fields.get("time"), frame.data)}


def _write(frame: Frame, message: Message) -> Facts:
    di = Leaf(frame.data[:4][::-1].hex().upper())
    found = {"di": di, **_authority(frame.data[4:]), "body": _hex(frame.data[12:])}
    if "value" in message.fields:
        found["value"] = _value(message, b"")
    return found


def _relay(frame: Frame, message: Message) -> Facts:
    found = {**_authority(frame.data), "body": _hex(frame.data[8:])}
    expires = message.fields.get("expires")
    if "action" in message.fields and not isinstance(expires, Unreadable):
        found["expiry"] = Leaf(expires, frame.data[10:])
    elif len(frame.data) == _PLAIN_ORDER:  # no moment, or the order of a dialect: as the standard has the fields
        found["expiry"] = Leaf(frame.data[10:][::-1].hex(), frame.data[10:])
    if "expiry" in found:
        found |= {"n1": Leaf(f"{frame.data[8]:02X}"), "n2": Leaf(frame.data[9])}
    return found


def _relay_reply(frame: Frame, message: Message) -> Facts:
    return {"value": _word(frame.data), "result": _word(frame.data)} if frame.data else {}


def _freeze(frame: Frame, message: Message) -> Facts:
    at = Leaf(message.fields.get("at"), frame.data)
    return {"value": at, "time": at}


def _baud(frame: Frame, message: Message) -> Facts:
    rates = message.fields.get("rates")
    if not isinstance(rates, list):
        return {}
    rate = Leaf(rates[0] if len(rates) == 1 else rates, frame.data)
    return {"value": Leaf(rates, frame.data), "rate": rate, "baud": rate}


def _password(frame: Frame, message: Message) -> Facts:
    """A password travels as level and number; two of them behind the identifier, or the new one alone."""
    if "new_level" not in message.fields:
        return {}
    new = _level_and_number(frame.data[-4:])
    named: Facts = {"new": new, "new_pa": new["pa"], "new_pw": new["pw"]}
    old = _level_and_number(frame.data[4:8]) if "level" in message.fields else new
    return {**named, **old, "old": old, "old_pa": old["pa"], "old_pw": old["pw"]}


def _level_and_number(raw: bytes) -> Facts:
    return {"pa": Leaf(f"{raw[0]:02x}", raw[:1]), "pw": _hex(raw[1:])}


def _clear(frame: Frame, message: Message) -> Facts:
    return _authority(frame.data)


def _output(frame: Frame, message: Message) -> Facts:
    return {"value": Leaf(frame.data[0]), "mode": Leaf(frame.data[0])} if len(frame.data) == 1 else {}


def _authority(data: bytes) -> Facts:
    """Level, password and operator; the files have them in the order of the wire."""
    return {"pa": Leaf(data[:1].hex()), "pw": _hex(data[1:4]), "op": _hex(data[4:8])}


def _security(frame: Frame, message: Message) -> Facts:
    return {**_purse(message), "op": _hex(frame.data[4:8]), "body": _hex(frame.data[8:])}


def _security_reply(frame: Frame, message: Message) -> Facts:
    return {**_purse(message), "di": Leaf(message.fields.get("di")), "body": _hex(frame.data[4:])}


def _purse(message: Message) -> Facts:
    """Return what a command of the purse carries, under shorter names."""
    return {short: Leaf(message.fields[ours]) for ours, short in _PURSE.items() if ours in message.fields}


def _security_refusal(frame: Frame, message: Message) -> Facts:
    return {"serr": _word(frame.data)}


def _refusal(frame: Frame, message: Message) -> Facts:
    return {"err": _word(frame.data)}


def _word(data: bytes) -> Leaf:
    return Leaf(data[::-1].hex().upper())


def _hex(raw: bytes) -> Leaf:
    return Leaf(raw.hex(), raw)


_PURSE = {
    "amount_cents": "amount",
    "balance_cents": "balance",
    "amount_mac": "mac1",
    "balance_mac": "mac1",
    "count_mac": "mac2",
    "key_info": "key",
    "esam_serial": "serial",
}
_Maker = Callable[[Frame, Message], Facts]
_MAKERS: dict[int, _Maker] = {
    Control.READ: _read,
    Control.READ | REPLY: _data,
    Control.READ | REPLY | MORE: _data,
    Control.READ_MORE | REPLY: _follow_data,
    Control.READ_MORE | REPLY | MORE: _follow_data,
    Control.READ_ADDRESS: _address,
    Control.READ_ADDRESS | REPLY: _address,
    Control.BROADCAST_TIME: _time,
    Control.WRITE: _write,
    Control.WRITE_ADDRESS: _address,
    Control.FREEZE: _freeze,
    Control.BAUD: _baud,
    Control.BAUD | REPLY: _baud,
    Control.PASSWORD: _password,
    Control.PASSWORD | REPLY: _password,
    Control.CLEAR_DEMAND: _clear,
    Control.CLEAR_METER: _clear,
    Control.CLEAR_EVENTS: _clear,
    Control.RELAY: _relay,
    Control.RELAY | REPLY: _relay_reply,
    Control.OUTPUT: _output,
    Control.OUTPUT | REPLY: _output,
    Control.SECURITY: _security,
    Control.SECURITY | REPLY: _security_reply,
    Control.SECURITY | REPLY | REFUSED: _security_refusal,
}
