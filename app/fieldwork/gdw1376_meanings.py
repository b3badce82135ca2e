"""What single fields of a concentrator's frame (Q/GDW 1376.1) mean, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from meters_io.gdw1376.functions.events import title_of
from meters_io.gdw1376.passage import CARRIER_PORT
from meters_io.layout import Plain

_LINE_BAUDS = (300, 600, 1200, 2400, 4800, 7200, 9600, 19200)
_ARCHIVE_BAUDS = ("default speed", *(f"{each} baud" for each in _LINE_BAUDS[1:]))
_PORT_BITS = 5
_APART = {  # fields whose meaning depends on what stands beside them: the other field, and the meaning then
    "state": ({"closed", "closed_clock"}, {0x11: "on", 0x00: "off"}),
    "error": ({"unit"}, {0: "accepted", 1: "refused"}),
}


def meaning(name: str, value: Plain, record: Mapping[str, Plain]) -> str:
    """Return what a field of `record` means; nothing where its number says all."""
    if not isinstance(value, int):
        return ""
    beside, words = _APART.get(name, (set(), {}))
    if beside & record.keys():
        return words.get(value, "")
    if name == "port" and "user_class" in record:
        return _archive_port(value)
    return _MEANINGS[name](value) if name in _MEANINGS else ""


def words_in(text: str) -> str:
    """Return the words of a message to the customer, or its bytes where they are none."""
    try:
        words = bytes.fromhex(text).decode("gb2312")
    except ValueError:
        return text
    return words if words.isprintable() else text


def _port(value: int) -> str:
    return "carrier" if value == CARRIER_PORT else "RS-485" if value in (2, 3, 4) else ""


def _archive_port(value: int) -> str:
    port = value & (1 << _PORT_BITS) - 1
    return f"port {port} {_port(port)}".strip() + f", {_ARCHIVE_BAUDS[value >> _PORT_BITS]}"


def _line(value: int) -> str:
    """The control word of a serial line: bits 7-5 baud, 4 two stop bits, 3 parity, 2 odd, 1-0 data bits less 5."""
    parity = ("O" if value & 4 else "E") if value & 8 else "N"
    return f"{_LINE_BAUDS[value >> 5]} {5 + (value & 3)}{parity}{2 if value & 16 else 1}"


def _frame_timeout(value: int) -> str:
    return f"{value & 0x7F} s" if value & 0x80 else f"{(value & 0x7F) * 10} ms"


def _byte_timeout(value: int) -> str:
    return f"{value * 10} ms"


def _digits(value: int) -> str:
    return f"{4 + (value >> 2 & 3)} whole digits, {1 + (value & 3)} decimals"


def _user_class(value: int) -> str:
    return f"class {value >> 4}, sub-class {value & 0x0F}"


def _half_hours(value: int) -> str:
    return f"{value / 2:g} h" if value else "for ever"


def _one_of(words: Mapping[int, str]) -> Callable[[int], str]:
    return lambda value: words.get(value, "")


_MEANINGS: dict[str, Callable[[int], str]] = {
    "port": _port,
    "line": _line,
    "frame_timeout": _frame_timeout,
    "byte_timeout": _byte_timeout,
    "erc": title_of,
    "digits": _digits,
    "user_class": _user_class,
    "half_hours": _half_hours,
    "limit_half_hours": lambda value: f"{value / 2:g} h",
    "protocol": _one_of({1: "DL/T 645-1997", 2: "AC sampling", 30: "DL/T 645-2007", 31: "narrow-band module"}),
    "mode": _one_of({0x55: "append", 0xAA: "refresh"}),
    "density": _one_of({1: "each 15 min", 2: "each 30 min", 3: "each hour"}),
    "error": _one_of({1: "signature", 2: "cipher", 3: "MAC"}),
    "fault": _one_of({1: "memory", 2: "clock", 3: "communication", 4: "RS-485", 5: "display", 6: "carrier"}),
}
