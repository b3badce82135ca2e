"""Our messages in the words of the published sample frames."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from meters_io.bits import uint_from_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.message import Message
from meters_io.dlt645.names import MORE
from meters_io.dlt645.refusals import RefusalCode
from meters_io.layout import Plain, Unreadable

Fields = dict[str, Plain]
Words = Mapping[str, object]

REFUSALS = {
    "no data": RefusalCode.NO_DATA,
    "password/unauthorised": RefusalCode.PASSWORD,
    "ESAM verify": RefusalCode.MAC,
    "duplicate recharge": RefusalCode.DUPLICATE,
    "customer number": RefusalCode.CUSTOMER,
    "purchase count": RefusalCode.COUNT,
    "over hoard limit": RefusalCode.HOARD,
    "identity auth": RefusalCode.NOT_AUTHENTICATED,
    "hung": RefusalCode.HUNG,
}
ACTIONS: dict[Plain, str] = {
    "trip": "trip",
    "allow_close": "allow close",
    "close": "direct close",
    "alarm_on": "alarm on",
    "alarm_off": "alarm off",
    "keep_power_on": "keep power",
    "keep_power_off": "keep power off",
}


def published(frame: Frame, message: Message) -> Words:
    """Word a message as the samples do; what they do not look into is "other"."""
    sealed = message.fields.get("level") == "98" and message.kind == "relay"
    old = frame.control & 0x7F == 0x01
    word = None if sealed or old else _WORDED.get(message.kind)
    return word(frame, message.fields) if word else {"kind": "other", "body": frame.data.hex()}


def _read(frame: Frame, fields: Fields) -> Words:
    return {"kind": "read", "di": fields["di"], "rest": frame.data[4:].hex()}


def _follow(frame: Frame, fields: Fields) -> Words:
    return {"kind": "follow", **fields}


def _data_follow(frame: Frame, fields: Fields) -> Words:
    rest = {"body": fields["part"], "seq": fields["seq"], "more": _more(frame)}
    return {"kind": "data-follow", "di": fields["di"], **rest}


def _data(frame: Frame, fields: Fields) -> Words:
    value = _value(frame, str(fields["di"]), fields.get("value", fields.get("part")))
    return {"kind": "data", "di": fields["di"], "value": value, "more": _more(frame)}


def _relay(frame: Frame, fields: Fields) -> Words:
    order = {"n1": f"{frame.data[8]:02X}", "cmd": ACTIONS[fields["action"]], "n2": fields["delay"]}
    return {"kind": "relay", **_authority(fields), **order, "expiry": fields["expires"]}


def _refusal(frame: Frame, fields: Fields) -> Words:
    reasons = fields.get("error_word", fields.get("error_byte"))
    assert isinstance(reasons, list)
    bits = [_REASONS[str(reason)] for reason in reasons]
    if frame.control == 0xC3:
        return {"kind": "serr", "serr": f"{uint_from_bytes(frame.data):04X}", "n": len(frame.data), "bits": bits}
    return {"kind": "err", "err": frame.data.hex().upper(), "bits": bits}


def _address(frame: Frame, fields: Fields) -> Words:
    value = fields.get("address") or fields.get("search") or ""
    return {"kind": "address", "value": value, "n": len(frame.data)}


def _security(frame: Frame, fields: Fields) -> Words:
    head = {"di": fields["di"], "op": _wire_order(fields["operator"])}
    return {"kind": "security", **head, "body": frame.data[8:].hex()}


def _security_reply(frame: Frame, fields: Fields) -> Words:
    return {"kind": "security-ok", "di": fields.get("di"), "body": frame.data[4:].hex()}


def _write(frame: Frame, fields: Fields) -> Words:
    return {"kind": "write", "di": fields["di"], **_authority(fields), "body": frame.data[12:].hex()}


def _time(frame: Frame, fields: Fields) -> Words:
    return {"kind": "time", "value": fields["time"]}


def _ok(frame: Frame, fields: Fields) -> Words:
    return {"kind": "ok", **fields}


_WORDED: dict[str, Callable[[Frame, Fields], Words]] = {
    "read": _read,
    "read_reply": _data,
    "read_more": _follow,
    "read_more_reply": _data_follow,
    "read_address": _address,
    "read_address_reply": _address,
    "write": _write,
    "write_reply": _ok,
    "relay": _relay,
    "relay_reply": _ok,
    "security": _security,
    "security_reply": _security_reply,
    "refusal": _refusal,
    "set_time": _time,
}
_REASONS = {code.value: word for word, code in REFUSALS.items()}


def _authority(fields: Fields) -> Words:
    return {"pa": fields["level"], "pw": _wire_order(fields["password"]), "op": _wire_order(fields["operator"])}


def _more(frame: Frame) -> int:
    return int(bool(frame.control & MORE))


def _wire_order(shown: Plain) -> str:
    """Turn what is shown highest first into the order of the wire, in which the samples have it."""
    assert isinstance(shown, str)
    return bytes.fromhex(shown)[::-1].hex()


def _value(frame: Frame, di: str, value: Plain) -> object:
    match value:
        case Decimal():
            return float(value)
        case Unreadable(raw):
            return f"raw:{raw.hex()}"
        case dict():  # a status word
            return f"{uint_from_bytes(frame.data[4:]):04X}"
        case str() if di == "04000102":
            return ":".join(value[at : at + 2] for at in range(0, 6, 2))
    return value
