"""AFN 10 F1: a meter's own frame through a concentrator, both sides.

Down: port, line settings, timeouts, the inner frame. Up: port and the meter's answer, or nothing where it stayed
silent. One passage at a time per port: the concentrator refuses or delays a second one.
"""

from dataclasses import dataclass
from typing import NamedTuple

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.clock import BCD_BYTES, TAG_BYTES
from meters_io.gdw1376.exchange import check_answer
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, Terminal, answer_head
from meters_io.gdw1376.link import Denied, Unauthenticated, parse_confirm
from meters_io.gdw1376.tail import NO_TAIL, EventCounters, Tail, split_tail, with_tail
from meters_io.gdw1376.units import take_unit, unit, unit_to_bytes

CARRIER_PORT = 31
LINE_2400_8E1 = 0x6B
LINE_9600_8E1 = 0xCB
_PASSAGE = unit(0, 1)
_FORWARD = Afn.FORWARD.value
_new = tuple.__new__
_PASSAGE_BYTES = unit_to_bytes(_PASSAGE)
_REQUEST = Control(up=False, starts=True, function=11)
_DATA = Control(up=True, starts=False, function=8)


@dataclass(frozen=True, slots=True)
class Passage:
    """What a concentrator is to send on.

    `port`: 2..4 RS-485, 31 carrier. `line`: the control word (baud, parity, bits). `frame_timeout_ms`: how long it
    waits for the meter, steps of 10 ms up to 1270, of 1000 up to 127000. `byte_timeout_ms`: steps of 10 up to 2550.
    """

    port: int
    inner: bytes
    line: int = LINE_2400_8E1
    frame_timeout_ms: int = 60_000
    byte_timeout_ms: int = 100


@dataclass(frozen=True, slots=True)
class Route:
    """To whom: the terminal, our master number (1..127) and the PSEQ; `tail` holds password and time tag."""

    terminal: Terminal
    number: int
    master: int = 1
    tail: Tail = NO_TAIL


class Passed(NamedTuple):
    """The meter answered `inner`. `events` where the terminal has events to tell."""

    inner: bytes
    events: EventCounters | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The concentrator did its part and the meter stayed silent (k = 0)."""

    events: EventCounters | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """The concentrator refused: AFN 00 F2 (port busy, or a bad unit) or F4 (MAC). Nothing reached the meter."""

    events: EventCounters | None = None


PassageAnswer = Passed | NoAnswer | Turned


def build_passage(route: Route, passage: Passage) -> Frame:
    """Ask a concentrator to send `passage.inner` on."""
    if not 0 <= route.master <= 127:
        raise LocalError("a master number has seven bits", code="out_of_range", field="master")
    head = bytes((_byte(passage.port, "port"), _byte(passage.line, "line")))
    head += bytes((_frame_timeout(passage.frame_timeout_ms), _byte_timeout(passage.byte_timeout_ms)))
    units = unit_to_bytes(_PASSAGE) + head + _counted(passage.inner)
    frame = Frame(route.terminal, _REQUEST, Afn.FORWARD, Seq(route.number), b"", a3=route.master << 1)
    return with_tail(frame, units, route.tail)


def parse_passage(request: Frame) -> tuple[Passage, Tail]:
    """Read, as a concentrator, what is to be sent on."""
    if request.control.up or request.afn != Afn.FORWARD:
        raise RemoteError("this is no passage", code="not_a_passage", field="afn")
    units, tail = split_tail(request)
    body = take_unit(units, _PASSAGE)
    inner = _uncount(body[4:])
    step_ms = 1000 if body[2] & 0x80 else 10
    return Passage(body[0], inner, body[1], (body[2] & 0x7F) * step_ms, body[3] * 10), tail


def build_passed(asked: Frame, port: int, inner: bytes, tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a concentrator, with what the meter said; empty `inner` says that it stayed silent."""
    units = unit_to_bytes(_PASSAGE) + bytes((_byte(port, "port"),)) + _counted(inner)
    return with_tail(answer_head(asked, _DATA, Afn.FORWARD), units, tail)


def parse_passed(reply: Frame, asked: Frame) -> PassageAnswer:
    """Read the concentrator's answer to `asked`.

    RemoteError `late_answer` for the answer to an earlier passage, and other codes for what is no answer at all.
    """
    terminal, control, afn, seq, body, a3, _ = reply
    asked_terminal, asked_control, asked_afn, asked_seq, asked_body, asked_a3, _ = asked
    end, events = len(body), None
    if seq.tagged:
        end -= TAG_BYTES
        if body[end + 1 : -1].translate(None, BCD_BYTES):
            return _parse_with_care(reply, asked)
    if control.flag5:
        end -= 2
        events = _new(EventCounters, body[end : end + 2])
    if (
        end <= 7
        or body[5] | body[6] << 8 != end - 7
        or body[:5] != asked_body[:5]
        or body[:4] != _PASSAGE_BYTES
        or not afn == asked_afn == _FORWARD
        or seq.number != asked_seq.number
        or not control.up
        or control.starts
        or asked_control.up
        or (a3 != asked_a3 and a3)
        or (terminal is not asked_terminal and terminal != asked_terminal)
    ):
        return _parse_with_care(reply, asked)
    return _new(Passed, (body[7:end], events))


def _parse_with_care(reply: Frame, asked: Frame) -> PassageAnswer:
    """As `parse_passed`, which knows the usual answer at a glance: this one may be another, or wrong in some way."""
    check_answer(reply, asked)
    units, tail = split_tail(reply)
    if reply.afn == Afn.CONFIRM:
        return _turned(reply, tail)
    if reply.afn != Afn.FORWARD:
        raise RemoteError("the reply answers another request", code="wrong_afn", field="afn")
    body = take_unit(units, _PASSAGE)
    inner = _uncount(body[1:])
    if body[0] != parse_passage(asked)[0].port:
        raise RemoteError("the reply is about another port", code="wrong_port", field="port")
    return Passed(inner, tail.events) if inner else NoAnswer(tail.events)


def _turned(reply: Frame, tail: Tail) -> Turned:
    if not isinstance(parse_confirm(reply), Denied | Unauthenticated):
        raise RemoteError("a passage cannot be confirmed", code="wrong_afn", field="unit")
    return Turned(tail.events)


def _counted(inner: bytes) -> bytes:
    return len(inner).to_bytes(2, "little") + inner


def _uncount(body: bytes) -> bytes:
    if len(body) < 2 or int.from_bytes(body[:2], "little") != len(body) - 2:
        raise RemoteError("the inner frame has another length", code="bad_length", field="inner")
    return body[2:]


def _frame_timeout(timeout_ms: int) -> int:
    for step_ms, unit_bit in ((10, 0), (1000, 0x80)):
        if timeout_ms % step_ms == 0 and 0 <= timeout_ms // step_ms <= 127:
            return unit_bit | timeout_ms // step_ms
    raise LocalError("no such frame timeout", code="out_of_range", field="frame_timeout_ms")


def _byte_timeout(timeout_ms: int) -> int:
    if timeout_ms % 10:
        raise LocalError("byte timeouts count in 10 ms", code="out_of_range", field="byte_timeout_ms")
    return _byte(timeout_ms // 10, "byte_timeout_ms")


def _byte(number: int, name: str) -> int:
    if not 0 <= number <= 255:
        raise LocalError(f"{name} does not fit", code="out_of_range", field=name)
    return number
