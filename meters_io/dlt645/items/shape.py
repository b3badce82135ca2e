"""What one row of the table of data items says, and how the rows are found again (DL/T 645-2007 annex A)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from meters_io.layout import Form, Many

ALL = 0xFF


@dataclass(frozen=True, slots=True)
class DataItem:
    """One item, or a family of them.

    `pattern`: the identifier, DI3 first; a pair of small letters is a byte that counts something (see `PLACES`).
    `form`: what its bytes mean. `block`: what FFH in place of the letters brings, mostly a list of `form`.
    `limits`: between which numbers a believable value lies, for `meters_io.dlt645.check`.
    """

    pattern: str
    title: str
    form: Form
    unit: str = ""
    block: Form | None = None
    limits: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A counting byte: from `first` to `last`, and how each is said. `words`: for numbers that have their own."""

    first: int
    last: int
    number: str
    every: str
    words: Mapping[int, str]


_PHASES = {1: "phase A", 2: "phase B", 3: "phase C"}
_TOTAL = {0: "total"}

PLACES: Mapping[str, Place] = {
    "pp": Place(1, 3, "phase {}", "every phase", _PHASES),
    "qq": Place(0, 3, "phase {}", "total and every phase", _TOTAL | _PHASES),
    "tt": Place(0, 63, "tariff {}", "total and every tariff", _TOTAL),
    "ss": Place(0, 12, "{} settlements ago", "now and at every settlement", {0: "", 1: "at the last settlement"}),
    "nn": Place(1, 63, "number {}", "all of them", {}),
    "rr": Place(1, 10, "number {} from the newest", "all of them", {1: "the newest"}),
    "dd": Place(1, 62, "number {} from the newest", "all of them", {1: "the newest"}),
    "hh": Place(1, 254, "number {} from the newest", "all of them", {1: "the newest"}),
}

Index = Mapping[int, Mapping[int, tuple[DataItem, ...]]]


def index_items(items: Iterable[DataItem]) -> Index:
    """Sort `items` so that `find_item` finds them: by the bytes that do not count, then by those bytes."""
    found: dict[int, dict[int, tuple[DataItem, ...]]] = {}
    for item in items:
        mask, fixed = _mask_of(item.pattern)
        rows = found.setdefault(mask, {})
        rows[fixed] = (*rows.get(fixed, ()), item)
    return found


def find_item(index: Index, di: int) -> DataItem | None:
    """Return what `index` knows about the identifier `di`: pattern and title speak of that one item then."""
    for mask, rows in index.items():
        for item in rows.get(di & mask, ()):
            if all(_counts(letters, byte) for letters, byte in _places(item.pattern, di)):
                return _settled(item, di)
    return None


def _settled(item: DataItem, di: int) -> DataItem:
    places = _places(item.pattern, di)
    if not places:
        return item
    said = [item.title, *(_spoken(PLACES[letters], byte) for letters, byte in places)]
    whole = any(byte == ALL for _, byte in places)
    form = (item.block or Many(item.form)) if whole else item.form
    return replace(item, pattern=f"{di:08X}", title=", ".join(filter(None, said)), form=form)


def _spoken(place: Place, byte: int) -> str:
    if byte == ALL:
        return place.every
    return place.words.get(byte, place.number.format(byte))


def _counts(letters: str, byte: int) -> bool:
    return byte == ALL or PLACES[letters].first <= byte <= PLACES[letters].last


def _places(pattern: str, di: int) -> list[tuple[str, int]]:
    """Return the counting bytes of `pattern` and what stands there in `di`, DI3 first."""
    pairs = zip(_pairs(pattern), di.to_bytes(4, "big"), strict=True)
    return [(pair, byte) for pair, byte in pairs if pair.islower()]


def _mask_of(pattern: str) -> tuple[int, int]:
    mask = fixed = 0
    for pair in _pairs(pattern):
        counting = pair.islower()
        mask = mask << 8 | (0 if counting else ALL)
        fixed = fixed << 8 | (0 if counting else int(pair, 16))
    return mask, fixed


def _pairs(pattern: str) -> list[str]:
    return [pattern[at : at + 2] for at in range(0, 8, 2)]
