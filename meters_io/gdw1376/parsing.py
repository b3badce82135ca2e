"""Units of a frame, one after the other. Nothing says how long the data of a unit are: the function does, and where
it has several forms (editions, makers), the one is right behind which the next unit can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from meters_io.errors import CodecError, LocalError
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.functions import function_of
from meters_io.gdw1376.units import UNIT_BYTES, Unit, unit_from_bytes, unit_to_bytes
from meters_io.layout import Form, Plain, Source

_Forms = tuple[tuple[Form, ...], ...]
_EDITIONS = 2  # of how many forms of a function is tried whether all units are in that one
_KNOWN_UNITS = 4096  # the same few are asked for again and again
_PATIENCE = 32  # how many times over a body is read in search of its lengths: this bounds the cost of hostile bytes


@dataclass(frozen=True, slots=True)
class UnitData:
    """A unit identifier and its data.

    `value`: what its function carries. Where the identifier names several points or functions it is a list, point by
    point and inside a point F by F. `form`: which of the function's forms it came in; 0 is the usual one. `trouble`:
    the code of why the data are no value (`unknown_function`, `bad_length` ...); then they, and all that follows in the
    frame, stand in `raw`.
    """

    identifier: Unit
    value: Plain = None
    raw: bytes = b""
    trouble: str = ""
    form: int = 0


def pairs_of(identifier: Unit) -> list[tuple[int, int]]:
    """Return the (point, function) pairs that an identifier names, in the order of their data."""
    return list(product(identifier.points, identifier.functions))


def read_units(frame: Frame, body: bytes) -> tuple[tuple[UnitData, ...], bytes]:
    """Read `body`, the units of `frame` without its tail; bytes that cannot begin a unit come back as the second.

    Lengths are tried in the order of the forms. Where none lets the whole body be read, the way that leads furthest
    counts, and what follows is the `raw` of its last unit.
    """
    search = _Search(frame, body)
    search.run()
    units, at = search.best.units(), search.best.end
    identifier = _identifier_at(body, at)
    if identifier is None:
        return tuple(units), body[at:]
    trouble = _trouble_with(frame, identifier, Source(body, at + UNIT_BYTES))
    return (*units, UnitData(identifier, raw=body[at + UNIT_BYTES :], trouble=trouble)), b""


def write_unit(frame: Frame, unit: UnitData) -> bytes:
    """Return the bytes of one unit of `frame`. Raises LocalError."""
    return unit_to_bytes(unit.identifier) + (unit.raw if unit.trouble else _data_of(frame, unit))


@dataclass(frozen=True, slots=True)
class _Way:
    """How we came to a place in the body: the unit that ends there, and the way before it."""

    end: int = 0
    unit: UnitData | None = None
    before: _Way | None = None

    def units(self) -> list[UnitData]:
        found: list[UnitData] = []
        way: _Way | None = self
        while way is not None and way.unit is not None:
            found.append(way.unit)
            way = way.before
        return found[::-1]


class _Search:
    """Goes from unit to unit, and back where it meets a dead end; no place is searched twice."""

    def __init__(self, frame: Frame, body: bytes) -> None:
        self._frame, self._body = frame, body
        self._patience = _PATIENCE * (len(body) + 1)
        self._seen: set[int] = set()
        self.best = _Way()

    def run(self) -> None:
        """Find the `best` way: one to the end of the body, or else the one that leads furthest.

        A terminal is of one edition: ways along which every unit is in the same of its forms come first.
        """
        for choice in range(_EDITIONS):
            way = self._straight(choice)
            if way is not None:
                self.best = way
                return
        open_ways = [self._ways_from(self.best)]
        while open_ways and self.best.end < len(self._body):
            way = next(open_ways[-1], None)
            if way is None:
                open_ways.pop()
                continue
            open_ways.append(self._ways_from(way))
            if way.end > self.best.end and self._may_go_on(way.end):
                self.best = way

    def _straight(self, choice: int) -> _Way | None:
        """Return the way to the end along which every unit is in its form number `choice`, or in its last one."""
        way: _Way | None = _Way()
        while way is not None and way.end < len(self._body):
            way = self._step(way, choice)
        return way

    def _ways_from(self, way: _Way) -> Iterator[_Way]:
        if way.end in self._seen:
            return
        self._seen.add(way.end)
        identifier = _identifier_at(self._body, way.end)
        for choice in range(_choices(_forms_of(self._frame, identifier)) if identifier else 0):
            found = self._step(way, choice)
            if found is not None:
                yield found

    def _step(self, way: _Way, choice: int) -> _Way | None:
        """Read the unit behind `way`; None where there is none, or not in this form."""
        identifier = _identifier_at(self._body, way.end)
        forms = _forms_of(self._frame, identifier) if identifier else ()
        if identifier is None or not forms:
            return None
        source, form = Source(self._body, way.end + UNIT_BYTES), min(choice, _choices(forms) - 1)
        value = self._read(source, forms, form)
        if value is None:
            return None
        return _Way(source.at, UnitData(identifier, value[0] if len(value) == 1 else value, form=form), way)

    def _read(self, source: Source, forms: _Forms, choice: int) -> list[Plain] | None:
        began = source.at
        if self._patience <= 0:
            return None
        try:
            return [_pick(each, choice).read(source) for each in forms]
        except CodecError:
            return None
        finally:
            self._patience -= source.at - began

    def _may_go_on(self, at: int) -> bool:
        return at == len(self._body) or _identifier_at(self._body, at) is not None


def _trouble_with(frame: Frame, identifier: Unit, source: Source) -> str:
    """Return why the unit that could not be read could not be read."""
    forms = _forms_of(frame, identifier)
    if not forms:
        return "unknown_function"
    try:
        for each in forms:
            each[0].read(source)
    except CodecError as error:
        return error.code
    return "bad_length"  # it can be read, but then nothing that could be a unit follows


def _data_of(frame: Frame, unit: UnitData) -> bytes:
    forms = _forms_of(frame, unit.identifier)
    values = [unit.value] if len(forms) == 1 else unit.value
    if not forms:
        raise LocalError("what this function carries is not known", code="unknown_function")
    if not isinstance(values, list) or len(values) != len(forms):
        raise LocalError("a value for each point and function belongs here", code="wrong_count")
    problem = LocalError("the function has no such form", code="out_of_range", field="form")
    for choice in (unit.form, *range(_choices(forms))):
        try:
            return b"".join(_pick(each, choice).write(value, {}) for each, value in zip(forms, values, strict=True))
        except LocalError as error:
            problem = error if choice == unit.form else problem
    raise problem


def _forms_of(frame: Frame, identifier: Unit) -> _Forms:
    """Return the forms of each data block that the identifier announces; nothing where one of them is not known."""
    return _known_forms(frame.afn, identifier, up=frame.control.up)


@lru_cache(_KNOWN_UNITS)
def _known_forms(afn: int, identifier: Unit, *, up: bool) -> _Forms:
    known = [function_of(afn, number, up=up) for _, number in pairs_of(identifier)]
    return () if None in known else tuple((each.form, *each.other_forms) for each in known if each)


def _choices(forms: _Forms) -> int:
    return len(forms[0]) if len(forms) == 1 else max(map(len, forms), default=0)


def _pick(forms: tuple[Form, ...], choice: int) -> Form:
    return forms[min(choice, len(forms) - 1)]


def _identifier_at(body: bytes, at: int) -> Unit | None:
    try:
        return unit_from_bytes(body[at : at + UNIT_BYTES])
    except CodecError:
        return None
