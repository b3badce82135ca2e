"""The meter's own frame (DL/T 645-2007, section 5.2), taken apart for eyes."""

from collections.abc import Callable

from headend_client.explain.items import name_of, take_value
from headend_client.explain.sight import (
    Read,
    Sight,
    Taking,
    Value,
    as_bytes,
    as_cents,
    as_digits,
    as_moment,
    as_number,
)
from headend_client.fields import Field, Form
from meters_io.bits import uint_from_bytes
from meters_io.dlt645.frame import ANY_METER, Frame
from meters_io.dlt645.names import FUNCTION, MORE, REFUSED, REPLY, Control, Security
from meters_io.dlt645.refusals import parse_refusal
from meters_io.dlt645.relay import ESAM_LEVEL, RelayAction
from meters_io.dlt645.writes import MAC_LEVEL
from meters_io.sts.meter import ResultCode

_HEAD = 10
_TAIL = 2
_CENTS, _COUNT, _KEY, _MAC = 4, 4, 4, 4
_WITH_MAC = bytes.fromhex(MAC_LEVEL)


def explain_inner(sight: Sight) -> tuple[Field, ...]:
    """The fields of one frame, its preamble first; a single field where it is none, or all of it is hidden."""
    awake = next((at for at, byte in enumerate(sight.places) if byte != 0xFE), len(sight))
    taking = Taking(sight)
    taking.take("preamble", awake, as_bytes)
    head = taking.left.part(0, _HEAD).known
    if head is None or len(head) < _HEAD or len(taking.left) != _HEAD + head[9] + _TAIL:
        taking.rest("unreadable")
        return tuple(taking.fields)
    _take_head(taking)
    data = Taking(taking.left.part(0, -_TAIL).without_33())
    _take_data(data, head[8])
    data.rest()
    ending = Taking(taking.left.part(-_TAIL))
    ending.take("checksum", 1, as_bytes)
    ending.take("end", 1, as_bytes)
    return (*taking.fields, *data.fields, *ending.fields)


def _take_head(taking: Taking) -> None:
    taking.take("start", 1, as_bytes)
    taking.take("meter_address", 6, lambda raw: (Form.TEXT, raw[::-1].hex().upper()))
    taking.take("start", 1, as_bytes)
    taking.take("control", 1, _control, gist=True)
    taking.take("length", 1, as_number)


def _control(raw: bytes) -> Value:
    """What is asked, answered or refused, as one word."""
    code = raw[0]
    try:
        name = Control(code & FUNCTION).name.lower()
    except ValueError:
        return Form.TEXT, f"{code:02X}"
    if not code & REPLY:
        return Form.WORD, f"ask_{name}"
    return Form.WORD, f"refuse_{name}" if code & REFUSED else f"answer_{name}"


def _take_data(data: Taking, control: int) -> None:
    function, reply = control & FUNCTION, bool(control & REPLY)
    if control & MORE:
        data.add("more_follows", Form.FLAG, 1)
    if control & REFUSED and reply:
        data.take("refusal", len(data.left), lambda raw: _refusal(control, raw), gist=True)
        return
    taker = _TAKERS.get((function, reply))
    if taker is not None:
        taker(data)


def _refusal(control: int, raw: bytes) -> Value:
    return Form.WORD, f"refusal_{parse_refusal(Frame(ANY_METER, control, raw)).code.value}"


def _take_read(data: Taking) -> None:
    data.take("item", 4, lambda raw: name_of(uint_from_bytes(raw)), gist=True)


def _take_read_answer(data: Taking) -> None:
    di = data.left.part(0, 4).known
    _take_read(data)
    if di is not None and len(di) == 4:
        take_value(data, uint_from_bytes(di))


def _take_security(data: Taking) -> None:
    command = _take_command(data)
    data.take("operator", 4, as_bytes)
    _take_all(data, _REQUESTS.get(command, ()))


def _take_security_answer(data: Taking) -> None:
    _take_all(data, _ANSWERS.get(_take_command(data), ()))


def _take_command(data: Taking) -> int:
    di = data.left.part(0, 4).known
    data.take("command", 4, _command, gist=True)
    return uint_from_bytes(di) if di else 0


def _command(raw: bytes) -> Value:
    di = uint_from_bytes(raw)
    try:
        return Form.WORD, f"command_{Security(di).name.lower()}"
    except ValueError:
        return Form.TEXT, f"{di:08X}"


def _take_all(data: Taking, layout: "tuple[Place, ...]") -> None:
    for name, width, read, gist in layout:
        data.take(name, width, read, gist=gist)


def _token_result(raw: bytes) -> Value:
    try:
        return Form.WORD, f"token_{ResultCode(raw[0]).name.lower()}"
    except ValueError:
        return Form.NUMBER, raw[0]


Place = tuple[str, int, Read, bool]

_PURCHASE: tuple[Place, ...] = (
    ("amount", _CENTS, as_cents, True),
    ("purchase_count", _COUNT, as_number, True),
    ("mac_amount", 4, as_bytes, False),
    ("customer", 6, as_digits, False),
    ("mac_customer", 4, as_bytes, False),
)
_REQUESTS: dict[int, tuple[Place, ...]] = {
    Security.AUTHENTICATE: (
        ("cipher", 8, as_bytes, False),
        ("random", 8, as_bytes, False),
        ("diversifier", 8, as_bytes, False),
    ),
    Security.OPEN_ACCOUNT: _PURCHASE,
    Security.RECHARGE: _PURCHASE,
    Security.TOKEN: (("token", 10, as_digits, False),),
}
_ANSWERS: dict[int, tuple[Place, ...]] = {
    Security.AUTHENTICATE: (("random", 4, as_bytes, False), ("chip_serial", 8, as_bytes, False)),
    Security.STATE: (
        ("balance", _CENTS, as_cents, True),
        ("mac_balance", 4, as_bytes, False),
        ("purchase_count", _COUNT, as_number, True),
        ("mac_count", 4, as_bytes, False),
        ("customer", 6, as_digits, False),
        ("key_information", _KEY, as_bytes, False),
    ),
    Security.TOKEN: (("token_result", 1, _token_result, True), ("token_identifier", 3, as_number, False)),
}


def _take_relay(data: Taking) -> None:
    level = data.left.part(0, 1).known
    data.take("level", 1, _level)
    if level and level[0] == ESAM_LEVEL:
        data.take("reserved", 3, as_bytes)
        data.take("operator", 4, as_bytes)
        data.take("cipher", 16, as_bytes)
        data.take("mac_order", 4, as_bytes)
        return
    data.take("password", 3, as_bytes)
    data.take("operator", 4, as_bytes)
    data.take("relay_action", 1, _action, gist=True)
    data.take("delay", 1, as_number)
    data.take("valid_until", 6, as_moment)


def _take_write(data: Taking) -> None:
    """Which item, on whose authority, and the value where it is neither enciphered nor hidden."""
    di, level = data.left.part(0, 4).known, data.left.part(4, 5).known
    _take_read(data)
    data.take("level", 1, _level)
    sealed = level == bytes((ESAM_LEVEL,))
    with_mac = sealed or level == _WITH_MAC
    data.take("reserved" if with_mac else "password", 3, as_bytes)
    data.take("operator", 4, as_bytes)
    body = len(data.left) - (_MAC if with_mac else 0)
    if di is None or level is None or len(di) < 4 or body <= 0:
        return
    if sealed:
        data.take("cipher", body, as_bytes)
    else:
        value = Taking(data.left.part(0, body))
        take_value(value, uint_from_bytes(di))
        data.fields += value.fields
        data.left = data.left.part(body)
    data.take("mac_value", _MAC, as_bytes)


def _level(raw: bytes) -> Value:
    return Form.WORD, "level_sealed" if raw[0] == ESAM_LEVEL else f"level_{raw[0]:02x}"


def _action(raw: bytes) -> Value:
    try:
        return Form.WORD, f"relay_{RelayAction(raw[0]).name.lower()}"
    except ValueError:
        return Form.TEXT, raw.hex().upper()


def _take_relay_answer(data: Taking) -> None:
    data.take("executed", 2, as_number)


def _take_time(data: Taking) -> None:
    data.take("clock", 6, as_moment, gist=True)


def _take_address(data: Taking) -> None:
    data.take("meter_address", 6, as_digits, gist=True)


_TAKERS: dict[tuple[int, bool], Callable[[Taking], None]] = {
    (Control.READ, False): _take_read,
    (Control.READ, True): _take_read_answer,
    (Control.READ_MORE, False): _take_read,
    (Control.READ_MORE, True): _take_read,
    (Control.READ_ADDRESS, True): _take_address,
    (Control.WRITE, False): _take_write,
    (Control.SECURITY, False): _take_security,
    (Control.SECURITY, True): _take_security_answer,
    (Control.RELAY, False): _take_relay,
    (Control.RELAY, True): _take_relay_answer,
    (Control.BROADCAST_TIME, False): _take_time,
}
