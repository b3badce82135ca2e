"""Tables of tariffs as forms have them: a cell for each price, two for each line of a day table or of the year.

`compose` makes of the cells what `app.domain.operation_arguments` reads; `cells` takes that apart again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.operation_arguments import ArgumentField, FieldKind

TABLES = frozenset({FieldKind.ROW, FieldKind.PAIRS})
_E4 = 10_000
_PRICE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?")


class BadCell(ValueError):
    """A cell that cannot be meant, or an empty one between others."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a table: the names of its inputs, and what stands in them. A price has no `begins`."""

    name: str
    value: str
    begins_name: str = ""
    begins: str = ""


def compose(about: ArgumentField, form: Mapping[str, str]) -> str:
    """What the cells of a field say; where none is filled in, what stands in the plain field. Raises BadCell."""
    plain = form.get(f"arg_{about.name}", "").strip()
    if about.kind not in TABLES:
        return plain
    lines = [_line(about, place, form) for place in range(about.most)]
    filled = [line for line in lines if any(line)]
    if not filled:
        return plain
    if lines[: len(filled)] != filled or not all(all(line) for line in filled):
        raise BadCell(about.name)
    if about.kind is FieldKind.ROW:
        return ",".join(_price(value) for _, value in filled)
    return ",".join(f"{_digits(begins)}={value}" for begins, value in filled)


def cells(about: ArgumentField, form: Mapping[str, str]) -> list[Cell]:
    """The lines of a field's table, filled with what was typed: in the cells, or in the plain field."""
    plain = [part.strip() for part in form.get(f"arg_{about.name}", "").split(",") if part.strip()]
    return [_cell(about, place, form, plain) for place in range(about.most)]


def _cell(about: ArgumentField, place: int, form: Mapping[str, str], plain: list[str]) -> Cell:
    begins, _, number = plain[place].partition("=") if place < len(plain) else ("", "", "")
    name = f"arg_{about.name}_{place}"
    if about.kind is FieldKind.ROW:
        was = f"{Decimal(begins) / _E4:.4f}" if begins.isascii() and begins.isdecimal() else begins
        return Cell(f"{name}_on", form.get(f"{name}_on", was))
    return Cell(f"{name}_on", form.get(f"{name}_on", number), f"{name}_from", form.get(f"{name}_from", begins))


def _line(about: ArgumentField, place: int, form: Mapping[str, str]) -> tuple[str, str]:
    name = f"arg_{about.name}_{place}"
    value, begins = form.get(f"{name}_on", "").strip(), form.get(f"{name}_from", "").strip()
    return (value if about.kind is FieldKind.ROW else begins), value


def _price(text: str) -> str:
    """A price in the currency as 1/10000 of it: NNNN.NNNN, as meters hold it."""
    if not _PRICE.fullmatch(text):
        raise BadCell(text)
    return str(int(Decimal(text) * _E4))


def _digits(begins: str) -> str:
    """07:30 or 07-30 as four digits."""
    return begins.replace(":", "").replace("：", "").replace("-", "").replace(".", "")
