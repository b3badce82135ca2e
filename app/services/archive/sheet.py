"""Reads files that change the archive: CSV with a row a meter, its columns named in either language (SPEC H-15).

A row that cannot be used is named with its line and what is wrong with it; the others do not suffer from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from app.csv_files import NotText, rows_of, text_of
from app.domain.archive_file import RowFault
from app.services.archive.cells import Wrong

MOST_ROWS = 10_000
MOST_BYTES = 4 * 1024 * 1024
_SHOWN = 60


class Row(Protocol):
    """What a row wants. `row`: its line. `number`: which meter it is about, for no two rows may be about one."""

    @property
    def row(self) -> int: ...
    @property
    def number(self) -> str: ...


W = TypeVar("W", bound=Row)


@dataclass(frozen=True, slots=True)
class Layout(Generic[W]):
    """The columns of a kind of file, and what they are called. `key`: that which says which meter a row is about.

    `given`: columns that a template comes with; a row in which nothing but they stands was not filled in, and says
    nothing. `wish`: what a row says, from its line and its cells; it raises `Wrong`.
    """

    names: Mapping[str, tuple[str, ...]]
    key: str
    wish: Callable[[int, Mapping[str, str]], W]
    given: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """Their own names, in the order in which files are given out."""
        return tuple(self.names)


class SheetTrouble(StrEnum):
    """Why a file as a whole cannot be read."""

    EMPTY = "sheet_empty"
    TOO_LARGE = "sheet_too_large"
    TOO_MANY = "sheet_too_many"
    NOT_TEXT = "sheet_not_text"
    NO_COLUMNS = "sheet_no_columns"


class SheetRefused(ValueError):
    """A file that cannot be read at all."""

    def __init__(self, trouble: SheetTrouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be used; `column`: where; `value`: the beginning of what stood there."""

    row: int
    code: RowFault
    column: str = ""
    value: str = ""


@dataclass(slots=True)
class Sheet(Generic[W]):
    """What a file says. Rows count from 1, the row of the column names included."""

    wishes: list[W] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows it has, but for the names of its columns."""
        return len(self.wishes) + len(self.broken)


def read(data: bytes, layout: Layout[W]) -> Sheet[W]:
    """Read a whole file. Raises SheetRefused."""
    if len(data) > MOST_BYTES:
        raise SheetRefused(SheetTrouble.TOO_LARGE)
    if not data.strip():
        raise SheetRefused(SheetTrouble.EMPTY)
    try:
        rows = rows_of(text_of(data))
    except NotText:
        raise SheetRefused(SheetTrouble.NOT_TEXT) from None
    columns = _columns(next(rows, (1, None))[1] or [], layout)
    found, seen = Sheet[W](), dict[str, int]()
    for row, cells in rows:
        named = None if cells is None else _named(columns, cells)
        if cells is not None and named is not None and _says_nothing(cells, named, layout):
            continue
        if found.count >= MOST_ROWS:
            raise SheetRefused(SheetTrouble.TOO_MANY)
        _take(found, seen, row, named, layout)
    return found


def _columns(head: list[str], layout: Layout[W]) -> dict[str, int]:
    """Where each column stands. Raises SheetRefused where none names meters, or none says anything of them."""
    codes = {name: code for code, names in layout.names.items() for name in names}
    found: dict[str, int] = {}
    for at, typed in enumerate(head):
        code = codes.get(typed.strip().casefold())
        if code is not None:
            found.setdefault(code, at)
    if layout.key not in found or len(found) < len((layout.key, "anything")):
        raise SheetRefused(SheetTrouble.NO_COLUMNS)
    return found


def _named(columns: Mapping[str, int], cells: list[str]) -> dict[str, str]:
    return {code: cells[at].strip() for code, at in columns.items() if at < len(cells)}


def _says_nothing(cells: list[str], named: Mapping[str, str], layout: Layout[W]) -> bool:
    if not any(each.strip() for each in cells):
        return True  # spreadsheets leave empty rows at the end
    return bool(layout.given) and not any(typed for code, typed in named.items() if code not in layout.given)


def _take(found: Sheet[W], seen: dict[str, int], row: int, cells: Mapping[str, str] | None, layout: Layout[W]) -> None:
    try:
        if cells is None:
            raise Wrong(RowFault.QUOTES)
        wish = layout.wish(row, cells)
        if seen.setdefault(wish.number, row) != row:
            raise Wrong(RowFault.DUPLICATE, layout.key, str(seen[wish.number]))
    except Wrong as wrong:
        found.broken.append(Broken(row, wrong.code, wrong.column, wrong.value[:_SHOWN]))
    else:
        found.wishes.append(wish)
