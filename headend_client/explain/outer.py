"""The concentrator's frame (Q/GDW 1376.1-2013, section 4), taken apart for eyes."""

from collections.abc import Callable

from headend_client.explain.own import APPLICATIONS, function_next, is_own, take_own
from headend_client.explain.sight import Sight, Taking, Value, as_bytes, as_number
from headend_client.fields import Field, Form
from meters_io.bits import cut_bits, has_bit, uint_from_bytes
from meters_io.gdw1376.clock import CLOCK_BYTES, TAG_BYTES, tag_from_bytes
from meters_io.gdw1376.frame import Afn, Protocol
from meters_io.gdw1376.passage import CARRIER_PORT
from meters_io.gdw1376.units import ALL_POINTS, TERMINAL_POINT, UNIT_BYTES, unit_from_bytes

_HEAD = 14  # 68, L L L L, 68, C, address 5, AFN, SEQ
_TAIL = 2
_WITH_PASSWORD = (Afn.RESET, Afn.SET, Afn.CONTROL, Afn.FORWARD)
_BAUD = (300, 600, 1200, 2400, 4800, 7200, 9600, 19200)
_LINK = {1: "link_login", 2: "link_logout", 3: "link_heartbeat"}
_CONFIRM = {1: "all_confirmed", 2: "all_denied", 3: "each_confirmed"}


def explain_outer(sight: Sight) -> tuple[Field, ...]:
    """The fields of one frame; a single field where it is none."""
    head = sight.part(0, _HEAD).known
    if head is None or len(head) < _HEAD or len(sight) != (uint_from_bytes(head[1:3]) >> 2) + 8:
        taking = Taking(sight)
        taking.rest("unreadable")
        return tuple(taking.fields)
    start, body, ending = Taking(sight.part(0, _HEAD)), Taking(sight.part(_HEAD, -_TAIL)), Taking(sight.part(-_TAIL))
    _take_head(start)
    tail = _split_tail(body, head)
    _take_units(body, afn=head[12], up=has_bit(head[6], 7))
    ending.take("checksum", 1, as_bytes)
    ending.take("end", 1, as_bytes)
    return (*start.fields, *body.fields, *tail, *ending.fields)


def _take_head(start: Taking) -> None:
    start.take("start", 1, as_bytes)
    start.take("length", 2, _length)
    start.take("length_again", 2, _length)
    start.take("start", 1, as_bytes)
    control = start.left.known or b""
    start.take("control", 1, _control)
    start.add("speaks_first", Form.FLAG, int(has_bit(control[0], 6)))
    start.take("region", 2, lambda raw: (Form.TEXT, raw[::-1].hex().upper()))
    start.take("terminal", 2, as_number)
    start.take("master", 1, lambda raw: (Form.NUMBER, raw[0] >> 1))
    start.take("application", 1, _application)
    start.take("sequence", 1, lambda raw: (Form.NUMBER, cut_bits(raw[0], 0, 4)))
    start.add("wants_confirmation", Form.FLAG, int(has_bit(control[7], 4)))


def _length(raw: bytes) -> Value:
    return Form.NUMBER, uint_from_bytes(raw) >> 2


def _control(raw: bytes) -> Value:
    return Form.WORD, "from_terminal" if has_bit(raw[0], 7) else "to_terminal"


def _application(raw: bytes) -> Value:
    names = {Afn.CONFIRM: "afn_confirm", Afn.LINK: "afn_link", Afn.FORWARD: "afn_forward", **APPLICATIONS}
    name = names.get(Afn(raw[0])) if raw[0] in tuple(Afn) else None
    return (Form.WORD, name) if name else (Form.TEXT, f"AFN {raw[0]:02X}")


def _split_tail(body: Taking, head: bytes) -> tuple[Field, ...]:
    """Cut password, event counters and time tag off the end of the body, as C, AFN and SEQ announce them."""
    up = has_bit(head[6], 7)
    events = 2 if up and has_bit(head[6], 5) else 0
    tag = TAG_BYTES if has_bit(head[13], 7) else 0
    password = _password_width(head) if not up else 0
    tail = Taking(body.left.part(max(len(body.left) - password - events - tag, 0)))
    body.left = body.left.part(0, max(len(body.left) - password - events - tag, 0))
    tail.take("password", password, lambda raw: as_bytes(raw) if any(raw) else (Form.WORD, "no_password"))
    tail.take("events_important", events // 2, as_number)
    tail.take("events_normal", events // 2, as_number)
    tail.take("time_tag", tag, _tag)
    return tuple(tail.fields)


def _password_width(head: bytes) -> int:
    if head[12] not in _WITH_PASSWORD:
        return 0
    return 2 if head[1] & 3 == Protocol.GDW130 else 16


def _tag(raw: bytes) -> Value:
    tag = tag_from_bytes(raw)
    return Form.TEXT, f"{tag.day:02d} {tag.hour:02d}:{tag.minute:02d}:{tag.second:02d} +{tag.allowed_min} min"


def _take_units(body: Taking, *, afn: int, up: bool) -> None:
    if is_own(afn):
        _take_own_units(body, afn=afn, up=up)
        return
    which = _function(body.left)
    body.take("unit", UNIT_BYTES, _unit)
    taker = _TAKERS.get((afn, up))
    if taker is not None and which:
        taker(body, which)
    body.rest()


def _take_own_units(body: Taking, *, afn: int, up: bool) -> None:
    """One unit after the other, until one cannot be read or is hidden."""
    while name := function_next(body):
        body.take("unit", UNIT_BYTES, _unit)
        if not take_own(body, afn=afn, up=up, name_unit=name):
            break
    body.rest()


def _function(left: Sight) -> int:
    """The one function of the first unit; 0 where there are several, or none."""
    raw = left.part(0, UNIT_BYTES).known
    try:
        functions = unit_from_bytes(raw or b"").functions
    except ValueError:
        return 0
    return functions[0] if len(functions) == 1 else 0


def _unit(raw: bytes) -> Value:
    found = unit_from_bytes(raw)
    points = {TERMINAL_POINT: "p0", ALL_POINTS: "p*"}
    spoken = [points.get(point, f"p{point}") for point in found.points]
    return Form.TEXT, " ".join([*spoken, *(f"F{function}" for function in found.functions)])


def _take_link(body: Taking, which: int) -> None:
    body.add("link_message", Form.WORD, _LINK.get(which, "unknown"), gist=True)
    if len(body.left) == CLOCK_BYTES:
        body.take("clock", CLOCK_BYTES, _clock)


def _clock(raw: bytes) -> Value:
    """ss mm hh DD, weekday and month, YY."""
    second, minute, hour, day, month, year = (f"{byte:02x}" for byte in (*raw[:4], raw[4] & 0x1F, raw[5]))
    return Form.TEXT, f"20{year}-{month}-{day} {hour}:{minute}:{second}"


def _take_confirm(body: Taking, which: int) -> None:
    body.add("confirmation", Form.WORD, _CONFIRM.get(which, "unknown"), gist=True)
    if which != 3:
        return
    body.take("application", 1, _application)
    while len(body.left) > UNIT_BYTES:
        body.take("unit", UNIT_BYTES, _unit)
        body.take("unit_error", 1, as_number)


def _take_order(body: Taking, which: int) -> None:
    if which != 1:
        return
    body.take("port", 1, _port)
    body.take("line", 1, _line)
    body.take("frame_timeout", 1, _frame_timeout)
    body.take("byte_timeout", 1, lambda raw: (Form.TEXT, f"{raw[0] * 10} ms"))
    _take_inner(body, "passes_on")


def _take_passed(body: Taking, which: int) -> None:
    if which != 1:
        return
    body.take("port", 1, _port)
    _take_inner(body, "passed")


def _take_inner(body: Taking, word: str) -> None:
    length = body.left.part(0, 2).known
    body.take("inner_length", 2, as_number)
    width = uint_from_bytes(length) if length else 0
    body.add("passage", Form.WORD, word if width else "meter_silent", gist=True)
    body.take_as("inner", width, "told_below")


def _port(raw: bytes) -> Value:
    return (Form.WORD, "port_carrier") if raw[0] == CARRIER_PORT else (Form.NUMBER, raw[0])


def _line(raw: bytes) -> Value:
    """Baud, data bits, parity, stop bits, as people write them: 2400 8E1."""
    word = raw[0]
    parity = ("E", "O")[has_bit(word, 2)] if has_bit(word, 3) else "N"
    return Form.TEXT, f"{_BAUD[word >> 5]} {5 + (word & 3)}{parity}{1 + has_bit(word, 4)}"


def _frame_timeout(raw: bytes) -> Value:
    count = raw[0] & 0x7F
    return Form.TEXT, f"{count} s" if raw[0] & 0x80 else f"{count * 10} ms"


_TAKERS: dict[tuple[int, bool], Callable[[Taking, int], None]] = {
    (Afn.LINK, True): _take_link,
    (Afn.CONFIRM, False): _take_confirm,
    (Afn.CONFIRM, True): _take_confirm,
    (Afn.FORWARD, False): _take_order,
    (Afn.FORWARD, True): _take_passed,
}
