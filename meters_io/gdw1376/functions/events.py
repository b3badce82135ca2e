"""AFN 0E: class 3, events, asked for or reported: F1 important ones, F2 normal ones.

Events stand in a ring of 256; Pm points at the first that is told and Pn behind the last: (Pn - Pm) mod 256 of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from meters_io.errors import CodecError, LocalError
from meters_io.gdw1376.formats import BYTE, FORMAT_15
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.gdw1376.functions.event_kinds import KINDS
from meters_io.layout import Form, Hex, Many, Plain, Source, at_field, read_all, record, write_all

_TIME_AND_REST = record(time=FORMAT_15, rest=Hex())
_RING = 256


@dataclass(frozen=True, slots=True)
class Event:
    """`{"erc": code, "content": fields}`; where the content is not known, its time and a rest in hex, or all in hex."""

    def read(self, source: Source) -> Plain:
        erc, length = source.take(2)
        with at_field(f"erc_{erc}"):
            raw = source.take(length)
        return {"erc": erc, "content": _content(erc, raw)}

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, dict) or value.keys() != {"erc", "content"}:
            raise LocalError("an event has a code and a content", code="wrong_fields")
        erc = value["erc"]
        if not isinstance(erc, int):
            raise LocalError("an event code is a number", code="not_a_number", field="erc")
        raw = _written(erc, value["content"])
        return BYTE.write(erc, known) + BYTE.write(len(raw), known) + raw


@dataclass(frozen=True, slots=True)
class Told:
    """The events between the pointers `first` and `last` of the record around them."""

    def read(self, source: Source) -> Plain:
        return Many(Event(), self._count(source.known)).read(source)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        return Many(Event(), self._count(known)).write(value, known)

    def _count(self, known: Mapping[str, Plain]) -> int:
        first, last = known.get("first"), known.get("last")
        if not isinstance(first, int) or not isinstance(last, int):
            raise LocalError("the pointers are numbers", code="not_a_number")
        return (last - first) % _RING


def title_of(erc: int) -> str:
    """Return what an event is called; "unknown event" where nobody knows."""
    return KINDS[erc].title if erc in KINDS else "unknown event"


def _forms(erc: int) -> tuple[Form, ...]:
    return (*(KINDS[erc].forms if erc in KINDS else ()), _TIME_AND_REST, Hex())


def _content(erc: int, raw: bytes) -> Plain:
    for form in _forms(erc)[:-1]:
        try:
            return read_all(form, raw)
        except CodecError:
            continue
    return raw.hex()


def _written(erc: int, content: Plain) -> bytes:
    problems: list[CodecError] = []
    for form in _forms(erc):
        try:
            return write_all(form, content)
        except CodecError as error:
            problems.append(error)
    raise problems[0]


_COUNTERS: dict[str, Form] = {"important": BYTE, "normal": BYTE, "first": BYTE, "last": BYTE}
_REPORT = record(**_COUNTERS, events=Told())
_REPORT_MISCOUNTED = record(**_COUNTERS, events=Many(Event()))  # its pointers do not agree with what it tells
_POINTERS = record(first=BYTE, last=BYTE)

CATALOGUE = Catalogue(
    "events",
    down={1: Function("important events", _POINTERS), 2: Function("normal events", _POINTERS)},
    up={
        1: Function("important events", _REPORT, (_REPORT_MISCOUNTED,)),
        2: Function("normal events", _REPORT, (_REPORT_MISCOUNTED,)),
    },
)
