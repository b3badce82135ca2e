"""Cells of files that change the archive, as people and spreadsheets write them in either language (SPEC H-15)."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from app.domain.archive import BAUDS, DIGITS, FIRST_POINT, LAST_POINT, MOST_PORT, Line, Protocol
from app.domain.archive_file import RowFault

T = TypeVar("T")
_LONGEST_CELL = 100
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

NAMES: Mapping[str, tuple[str, ...]] = {
    "port": ("port", "端口"),
    "protocol": ("protocol", "规约"),
    "baud": ("baud", "speed", "波特率"),
    "point": ("point", "measuring point", "测量点"),
}
"""What columns are called that files of every kind have."""


class Wrong(Exception):
    """A row that cannot be used: `code`, in which `column`, and what stood there."""

    def __init__(self, code: RowFault, column: str = "", value: str = "") -> None:
        super().__init__(code)
        self.code, self.column, self.value = code, column, value


def cell(cells: Mapping[str, str], code: str, read_one: Callable[[str], T]) -> T | None:
    """What a cell says; None: it is empty. Raises Wrong."""
    typed = cells.get(code, "")
    if len(typed) > _LONGEST_CELL:
        raise Wrong(RowFault.CELL_BAD, code, typed)
    return read_one(typed) if typed else None


def line(cells: Mapping[str, str]) -> Line | None:
    """On what a meter hangs. Raises Wrong."""
    return cell(cells, "line", _word(_LINE, "line"))


def port(cells: Mapping[str, str]) -> int | None:
    """A port. Raises Wrong."""
    return cell(cells, "port", _whole("port", 1, MOST_PORT))


def protocol(cells: Mapping[str, str]) -> Protocol | None:
    """What a meter speaks. Raises Wrong."""
    return cell(cells, "protocol", _word(_PROTOCOL, "protocol"))


def baud(cells: Mapping[str, str]) -> int | None:
    """A speed; whether a line has it is another question. Raises Wrong."""
    return cell(cells, "baud", _whole("baud", 0, max(BAUDS)))


def point(cells: Mapping[str, str]) -> int | None:
    """A measuring point. Raises Wrong."""
    return cell(cells, "point", _whole("point", FIRST_POINT, LAST_POINT, RowFault.POINT_BAD))


def collector(cells: Mapping[str, str]) -> str | None:
    """Twelve digits; "": there is none in between. Raises Wrong."""
    return cell(cells, "collector", _collector)


def _word(words: Mapping[str, T], code: str) -> Callable[[str], T]:
    def read_one(typed: str) -> T:
        found = words.get(_PUNCTUATION.sub("", typed.casefold()).removesuffix("规约"))
        if found is None:
            raise Wrong(RowFault.CELL_BAD, code, typed)
        return found

    return read_one


def _whole(code: str, least: int, most: int, fault: RowFault = RowFault.CELL_BAD) -> Callable[[str], int]:
    def read_one(typed: str) -> int:
        plain = typed.removesuffix(".0")  # spreadsheets make decimals of them
        if not (plain.isascii() and plain.isdecimal() and len(plain) <= len(str(most)) and least <= int(plain) <= most):
            raise Wrong(fault, code, typed)
        return int(plain)

    return read_one


def _collector(typed: str) -> str:
    if typed.casefold() in _NOTHING:
        return ""
    digits = typed.strip("'\"= \t")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS):
        raise Wrong(RowFault.CELL_BAD, "collector", typed)
    return digits.zfill(DIGITS)  # spreadsheets drop what they take for needless zeros
