"""Reads a file that says how meters hang: CSV with a row a meter, its columns named in either language (SPEC H-15).

A row that cannot be used is named with its line and what is wrong with it; the others do not suffer from it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from app.csv_files import NotText, number_of, rows_of, text_of
from app.domain.archive import BAUDS, DIGITS, FIRST_POINT, LAST_POINT, MOST_PORT, Line, Protocol
from app.domain.hanging_file import RowFault, Wish

T = TypeVar("T")
MOST_ROWS = 10_000
MOST_BYTES = 4 * 1024 * 1024
COLUMNS = ("meter", "line", "port", "protocol", "baud", "collector", "point")
_SHOWN = 60
_LONGEST_CELL = 100
_NAMES = {
    "meter": ("meter", "meter number", "meter_number", "meter no.", "电表", "表号", "电表号"),
    "line": ("line", "on what it hangs", "接入线路", "线路", "接入"),
    "port": ("port", "端口"),
    "protocol": ("protocol", "规约"),
    "baud": ("baud", "speed", "波特率"),
    "collector": ("collector", "collector or module", "采集器", "采集器或模块", "采集器或模块地址"),
    "point": ("point", "measuring point", "测量点"),
}
_COLUMN = {name: code for code, names in _NAMES.items() for name in names}
_LINES = {
    Line.CARRIER: ("carrier", "plc", "mains", "mainsplc", "载波", "电力线载波"),
    Line.RS485: ("rs485", "485"),
    Line.ZIGBEE: ("zigbee", "zigbee无线", "无线"),
}
_PROTOCOLS = {
    Protocol.DLT645_2007: ("dlt6452007", "6452007", "2007"),
    Protocol.DLT645_1997: ("dlt6451997", "6451997", "1997"),
    Protocol.AC_SAMPLING: ("acsampling", "交流采样"),
    Protocol.CARRIER_MODULE: ("carriermodule", "narrowbandmodule", "窄带载波模块", "载波模块"),
}
_LINE = {word: line for line, words in _LINES.items() for word in words}
_PROTOCOL = {word: protocol for protocol, words in _PROTOCOLS.items() for word in words}
_PUNCTUATION = re.compile(r"[\s/_\-()（）.]+")
_NOTHING = ("-", "—", "none", "无")


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
class Sheet:
    """What a file says. Rows count from 1, the row of the column names included."""

    wishes: list[Wish] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows it has, but for the names of its columns."""
        return len(self.wishes) + len(self.broken)


def read(data: bytes) -> Sheet:
    """Read a whole file. Raises SheetRefused."""
    if len(data) > MOST_BYTES:
        raise SheetRefused(SheetTrouble.TOO_LARGE)
    if not data.strip():
        raise SheetRefused(SheetTrouble.EMPTY)
    try:
        rows = rows_of(text_of(data))
    except NotText:
        raise SheetRefused(SheetTrouble.NOT_TEXT) from None
    columns = _columns(next(rows, (1, None))[1] or [])
    found, seen = Sheet(), dict[str, int]()
    for row, cells in rows:
        if cells is not None and not any(cell.strip() for cell in cells):
            continue  # spreadsheets leave empty rows at the end
        if found.count >= MOST_ROWS:
            raise SheetRefused(SheetTrouble.TOO_MANY)
        _take(found, seen, row, None if cells is None else _named(columns, cells))
    return found


def _columns(head: list[str]) -> dict[str, int]:
    """Where each column stands. Raises SheetRefused where none names meters, or none says anything of them."""
    found: dict[str, int] = {}
    for at, cell in enumerate(head):
        code = _COLUMN.get(cell.strip().casefold())
        if code is not None:
            found.setdefault(code, at)
    if "meter" not in found or len(found) < len(("meter", "anything")):
        raise SheetRefused(SheetTrouble.NO_COLUMNS)
    return found


def _named(columns: Mapping[str, int], cells: list[str]) -> dict[str, str]:
    return {code: cells[at].strip() for code, at in columns.items() if at < len(cells)}


def _take(found: Sheet, seen: dict[str, int], row: int, cells: Mapping[str, str] | None) -> None:
    try:
        if cells is None:
            raise _Wrong(RowFault.QUOTES)
        wish = _wish(row, cells)
        if seen.setdefault(wish.number, row) != row:
            raise _Wrong(RowFault.DUPLICATE, "meter", str(seen[wish.number]))
    except _Wrong as wrong:
        found.broken.append(Broken(row, wrong.code, wrong.column, wrong.value[:_SHOWN]))
    else:
        found.wishes.append(wish)


class _Wrong(Exception):
    def __init__(self, code: RowFault, column: str = "", value: str = "") -> None:
        super().__init__(code)
        self.code, self.column, self.value = code, column, value


def _wish(row: int, cells: Mapping[str, str]) -> Wish:
    typed = cells.get("meter", "")
    if not typed:
        raise _Wrong(RowFault.NO_NUMBER, "meter")
    number = number_of(typed)
    if number is None:
        raise _Wrong(RowFault.NUMBER_BAD, "meter", typed)
    return Wish(
        row,
        number,
        line=_cell(cells, "line", _line),
        port=_cell(cells, "port", _whole("port", 1, MOST_PORT)),
        protocol=_cell(cells, "protocol", _protocol),
        baud=_cell(cells, "baud", _whole("baud", 0, max(BAUDS))),
        collector=_cell(cells, "collector", _collector),
        point=_cell(cells, "point", _whole("point", FIRST_POINT, LAST_POINT, RowFault.POINT_BAD)),
    )


def _cell(cells: Mapping[str, str], code: str, read_one: Callable[[str], T]) -> T | None:
    """What a cell says; None: it is empty."""
    typed = cells.get(code, "")
    if len(typed) > _LONGEST_CELL:
        raise _Wrong(RowFault.CELL_BAD, code, typed)
    return read_one(typed) if typed else None


def _plain(typed: str) -> str:
    return _PUNCTUATION.sub("", typed.casefold()).removesuffix("规约")


def _line(typed: str) -> Line:
    found = _LINE.get(_plain(typed))
    if found is None:
        raise _Wrong(RowFault.CELL_BAD, "line", typed)
    return found


def _protocol(typed: str) -> Protocol:
    found = _PROTOCOL.get(_plain(typed))
    if found is None:
        raise _Wrong(RowFault.CELL_BAD, "protocol", typed)
    return found


def _whole(code: str, least: int, most: int, fault: RowFault = RowFault.CELL_BAD) -> Callable[[str], int]:
    def read_one(typed: str) -> int:
        plain = typed.removesuffix(".0")  # spreadsheets make decimals of them
        if not (plain.isascii() and plain.isdecimal() and len(plain) <= len(str(most)) and least <= int(plain) <= most):
            raise _Wrong(fault, code, typed)
        return int(plain)

    return read_one


def _collector(typed: str) -> str:
    if typed.casefold() in _NOTHING:
        return ""
    digits = typed.strip("'\"= \t")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS):
        raise _Wrong(RowFault.CELL_BAD, "collector", typed)
    return digits.zfill(DIGITS)  # spreadsheets drop what they take for needless zeros
