"""Frames with events (AFN 0E): asked for by pointers, or reported by the terminal on its own.

A terminal repeats a report until it is confirmed: confirm one that cannot be read as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from meters_io.errors import RemoteError
from meters_io.gdw1376.asking import (
    Piece,
    build_answer,
    build_request,
    fields_of,
    number_in,
    only,
    pieces_of,
    pieces_of_answer,
    pieces_of_request,
)
from meters_io.gdw1376.events import TerminalEvent, event_from_plain, event_to_plain
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, Terminal
from meters_io.gdw1376.message import Message, UnitData, write_message
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.tail import NO_TAIL, Tail
from meters_io.gdw1376.units import TERMINAL_POINT, unit
from meters_io.layout import Plain, at_field

_IMPORTANT, _NORMAL = 1, 2
_REPORT = Control(up=True, starts=True, function=4)


@dataclass(frozen=True, slots=True)
class Pointers:
    """A stretch of the ring of 256 events: from `first` (Pm) up to, but not with, `last` (Pn)."""

    first: int
    last: int
    important: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Events, and up to where the terminal counts: EC1 important and EC2 normal ones."""

    pointers: Pointers
    counters: tuple[int, int]
    events: tuple[TerminalEvent, ...]


def missing(counter: int, known: int) -> int:
    """Return how many events the terminal has that we have not, when its counter says so: a ring of 256."""
    return (counter - known) % 256


def build_events_request(route: Route, pointers: Pointers) -> Frame:
    """Ask for a stretch of events."""
    return build_request(route, Afn.EVENTS, [_piece(pointers, {})])


def parse_events_request(request: Frame) -> Pointers:
    """Read, as a terminal, which events are asked for. Raises RemoteError."""
    return _pointers(_single(pieces_of_request(request, Afn.EVENTS)))


def build_events(asked: Frame, report: Report, zone: tzinfo, tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a terminal, with events."""
    return build_answer(asked, [_report_piece(report, zone)], tail)


def parse_events(reply: Frame, asked: Frame, zone: tzinfo) -> Report | None:
    """Read the events that were asked for; None where the terminal denies that it has any. Raises RemoteError."""
    pieces = pieces_of_answer(reply, asked)
    return _report(_single(pieces), zone) if pieces else None


def build_report(terminal: Terminal, report: Report, number: int, zone: tzinfo) -> Frame:
    """Report events, as a terminal, with PSEQ `number`; it wants to be confirmed (`link.build_confirm`)."""
    piece = _report_piece(report, zone)
    head = Frame(terminal, _REPORT, Afn.EVENTS, Seq(number, confirm=True), b"")
    data = UnitData(unit(TERMINAL_POINT, piece.function), piece.value)
    return write_message(Message(head, (data,), NO_TAIL))


def is_report(frame: Frame) -> bool:
    """Tell whether a terminal reports events without having been asked."""
    return frame.control.up and frame.control.starts and frame.afn == Afn.EVENTS


def parse_report(frame: Frame, zone: tzinfo) -> Report:
    """Read what a terminal reports. RemoteError names the event and the field: `events.1.time`."""
    if not is_report(frame):
        raise RemoteError("this is no report of events", code="not_a_report", field="afn")
    return _report(_single(pieces_of(frame)), zone)


def _single(pieces: tuple[Piece, ...]) -> Piece:
    return only(pieces, pieces[0].function if pieces and pieces[0].function in (_IMPORTANT, _NORMAL) else _IMPORTANT)


def _piece(pointers: Pointers, fields: dict[str, Plain]) -> Piece:
    function = _IMPORTANT if pointers.important else _NORMAL
    stretch: dict[str, Plain] = {"first": pointers.first, "last": pointers.last}
    return Piece(TERMINAL_POINT, function, stretch | fields)


def _report_piece(report: Report, zone: tzinfo) -> Piece:
    important, normal = report.counters
    fields: dict[str, Plain] = {"important": important, "normal": normal, "events": _plain(report.events, zone)}
    return _piece(report.pointers, fields)


def _plain(events: Iterable[TerminalEvent], zone: tzinfo) -> Plain:
    found: list[Plain] = []
    for place, event in enumerate(events):
        with at_field(f"events.{place}"):
            found.append(event_to_plain(event, zone))
    return found


def _pointers(piece: Piece) -> Pointers:
    fields = fields_of(piece.value, "pointers")
    return Pointers(number_in(fields, "first"), number_in(fields, "last"), piece.function == _IMPORTANT)


def _report(piece: Piece, zone: tzinfo) -> Report:
    fields = fields_of(piece.value, "events")
    told = fields["events"]
    events: list[TerminalEvent] = []
    for place, each in enumerate(told if isinstance(told, list) else []):
        with at_field(f"events.{place}"):
            events.append(event_from_plain(each, zone))
    counters = number_in(fields, "important"), number_in(fields, "normal")
    return Report(_pointers(piece), counters, tuple(events))
