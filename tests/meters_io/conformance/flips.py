"""Files of published vectors with one expected value made wrong."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path

from meters_io.conformance.shape import Entry, Family, Json, parse

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = {
    Family.STS: VECTORS / "sts_vectors.json",
    Family.DLT645: VECTORS / "dlt645_frames.json",
    Family.GDW1376: VECTORS / "gdw1376_frames.json",
}
# Made with the operational tables of EA07, which nobody may pass on: the sample tables cannot open them.
WITH_LICENSED_TABLES = ("NEC-DIRECT-KCT1", "NEC-DIRECT-KCT2")

Path_ = tuple[str | int, ...]


def entries_of(family: Family) -> tuple[Entry, ...]:
    """Return all entries of a published file that anybody can run."""
    entries = parse(FILES[family].read_bytes(), family)
    return tuple(entry for entry in entries if entry.id not in WITH_LICENSED_TABLES)


def flipped(entry: Entry) -> Iterator[tuple[str, Entry]]:
    """Yield the entry once for each value it expects, with that value made wrong."""
    part = "expected" if "expected" in entry.said else "decoded"
    for path in _paths(entry.said[part], ()):
        for wrong in _wrongs(_at(entry.said[part], path)):
            said = deepcopy(entry.said)
            _put(said[part], path, wrong)
            yield f"{'.'.join(map(str, path))} -> {wrong!r}", Entry(entry.id, said)


def _paths(said: Json, before: Path_) -> Iterator[Path_]:
    if isinstance(said, dict):
        for name, each in said.items():
            yield from _paths(each, (*before, name))
    elif isinstance(said, list):
        for place, each in enumerate(said):
            yield from _paths(each, (*before, place))
    else:
        yield before


def _wrongs(value: Json) -> list[Json]:
    """Return values that are not this one, as a slip would make them."""
    match value:
        case None:
            return []
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case Decimal():
            return [value + Decimal("0.01"), -value - 1, value * 10 + 1]
        case str() if not value:
            return ["00"]
        case str():
            return [_turned(value, 0), _turned(value, -1), _turned(value, len(value) // 2)]
    raise AssertionError(f"{value!r} is no value of a file")


def _turned(text: str, at: int) -> str:
    """Return the text with one character replaced by another of its kind."""
    at %= len(text)
    char = text[at]
    other = "12345678909"[int(char)] if char.isdecimal() else ("b" if char.lower() == "a" else "a")
    return text[:at] + other + text[at + 1 :]


def _at(said: Json, path: Path_) -> Json:
    for step in path:
        said = said[step]  # type: ignore[index]
    return said


def _put(said: Json, path: Path_, value: Json) -> None:
    inside = _at(said, path[:-1])
    inside[path[-1]] = value  # type: ignore[index]
