"""Login, logout, heartbeat (AFN 02) and their confirmations (AFN 00), both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.clock import CLOCK_BYTES, clock_from_bytes, clock_to_bytes
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, Terminal, answer_head
from meters_io.gdw1376.tail import NO_TAIL, Tail, split_tail, with_tail
from meters_io.gdw1376.units import UNIT_BYTES, Unit, unit, unit_from_bytes, unit_to_bytes

_LINK_TEST = Control(up=True, starts=True, function=9)
_LOGIN, _LOGOUT, _HEARTBEAT = unit(0, 1), unit(0, 2), unit(0, 3)
_ALL_OK, _ALL_REFUSED, _PER_UNIT, _UNAUTHENTICATED = unit(0, 1), unit(0, 2), unit(0, 3), unit(0, 4)


@dataclass(frozen=True, slots=True)
class Login:
    """AFN 02 F1: the first frame of a connection."""


@dataclass(frozen=True, slots=True)
class Logout:
    """AFN 02 F2: rare; expect dead sockets instead."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """AFN 02 F3. `clock`: the terminal's own time, which the 2013 edition adds."""

    clock: datetime | None = None


LinkMessage = Login | Logout | Heartbeat


@dataclass(frozen=True, slots=True)
class Confirmed:
    """AFN 00 F1: all is done."""


@dataclass(frozen=True, slots=True)
class Denied:
    """AFN 00 F2: all is refused (busy port, unknown unit ...)."""


@dataclass(frozen=True, slots=True)
class UnitResult:
    """One line of AFN 00 F3: `error` 0 is done, 1 refused."""

    unit: Unit
    error: int


@dataclass(frozen=True, slots=True)
class PerUnit:
    """AFN 00 F3: what became of each unit of a frame with this `afn`."""

    afn: int
    results: tuple[UnitResult, ...]


@dataclass(frozen=True, slots=True)
class Unauthenticated:
    """AFN 00 F4: the MAC or what else proves the sender does not hold. `error`: 1 signature, 2 cipher, 3 MAC.

    `data`: 16 bytes, of use with a MAC error only: the terminal's random number and its module's serial number, 8 bytes
    each. Empty where a terminal tells the error alone.
    """

    error: int
    data: bytes = b""


Confirmation = Confirmed | Denied | PerUnit | Unauthenticated


def build_link(terminal: Terminal, message: LinkMessage, number: int, zone: tzinfo) -> Frame:
    """Send, as a terminal, a link message with PSEQ `number`; `zone` is the local time of its clock."""
    return Frame(terminal, _LINK_TEST, Afn.LINK, Seq(number, confirm=True), _units_of(message, zone))


def is_link(frame: Frame) -> bool:
    """Tell whether a terminal sent a link message."""
    return frame.control.up and frame.afn == Afn.LINK


def parse_link(frame: Frame, zone: tzinfo) -> LinkMessage:
    """Read what a terminal sent; RemoteError when it is no link message."""
    if not is_link(frame):
        raise RemoteError("this is no link message", code="not_a_link_message", field="afn")
    body, _ = split_tail(frame)
    which, rest = unit_from_bytes(body[:UNIT_BYTES]), body[UNIT_BYTES:]
    if which == _LOGIN and not rest:
        return Login()
    if which == _LOGOUT and not rest:
        return Logout()
    if which == _HEARTBEAT and len(rest) in (0, CLOCK_BYTES):
        return Heartbeat(clock_from_bytes(rest, zone) if rest else None)
    raise RemoteError("no such link message", code="unknown_link_message", field="unit")


def build_confirm(asked: Frame, tail: Tail = NO_TAIL) -> Frame:
    """Confirm everything in `asked`: from either side, with its number."""
    function = 0 if not asked.control.up else 11
    return _confirm(asked, function, unit_to_bytes(_ALL_OK), tail)


def build_denial(asked: Frame, tail: Tail = NO_TAIL) -> Frame:
    """Refuse everything in `asked`."""
    return _confirm(asked, 9, unit_to_bytes(_ALL_REFUSED), tail)


def build_per_unit(asked: Frame, results: Sequence[UnitResult], tail: Tail = NO_TAIL) -> Frame:
    """Confirm some units of `asked` and refuse others."""
    lines = b"".join(unit_to_bytes(line.unit) + bytes((line.error,)) for line in results)
    function = 0 if not asked.control.up else 11
    return _confirm(asked, function, unit_to_bytes(_PER_UNIT) + bytes((asked.afn,)) + lines, tail)


def build_unauthenticated(asked: Frame, answer: Unauthenticated, tail: Tail = NO_TAIL) -> Frame:
    """Refuse `asked`, as a terminal, because what proves its sender does not hold."""
    if len(answer.data) not in (0, 16):
        raise LocalError("the data of F4 have 16 bytes, or are left out", code="bad_length", field="data")
    units = unit_to_bytes(_UNAUTHENTICATED) + bytes((answer.error,)) + answer.data
    return _confirm(asked, 9, units, tail)


def parse_confirm(frame: Frame) -> Confirmation:
    """Read an AFN 00 frame of either side; RemoteError for anything else."""
    if frame.afn != Afn.CONFIRM:
        raise RemoteError("this is no confirmation", code="not_a_confirmation", field="afn")
    body, _ = split_tail(frame)
    which, rest = unit_from_bytes(body[:UNIT_BYTES]), body[UNIT_BYTES:]
    if which == _ALL_OK and not rest:
        return Confirmed()
    if which == _ALL_REFUSED and not rest:
        return Denied()
    if which == _PER_UNIT and len(rest) % 5 == 1:
        return PerUnit(rest[0], tuple(_result_at(rest, at) for at in range(1, len(rest), 5)))
    if which == _UNAUTHENTICATED and len(rest) in (1, 17):
        return Unauthenticated(rest[0], rest[1:])
    raise RemoteError("no such confirmation", code="unknown_confirmation", field="unit")


def _units_of(message: LinkMessage, zone: tzinfo) -> bytes:
    match message:
        case Login():
            return unit_to_bytes(_LOGIN)
        case Logout():
            return unit_to_bytes(_LOGOUT)
        case Heartbeat(clock):
            return unit_to_bytes(_HEARTBEAT) + (clock_to_bytes(clock, zone) if clock else b"")


def _result_at(rest: bytes, at: int) -> UnitResult:
    return UnitResult(unit_from_bytes(rest[at : at + UNIT_BYTES]), rest[at + UNIT_BYTES])


def _confirm(asked: Frame, function: int, units: bytes, tail: Tail) -> Frame:
    control = Control(up=not asked.control.up, starts=False, function=function)
    return with_tail(answer_head(asked, control, Afn.CONFIRM), units, tail)
