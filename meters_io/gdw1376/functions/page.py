"""Writes docs/gdw1376-functions.md: `python -m meters_io.gdw1376.functions.page > docs/gdw1376-functions.md`."""

import sys
from collections.abc import Mapping
from itertools import groupby

from meters_io.gdw1376.formats import Clock, EnergyOrMoney, Scaled
from meters_io.gdw1376.functions import CATALOGUES
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.gdw1376.functions.confirm import UnitName
from meters_io.gdw1376.functions.event_kinds import KINDS
from meters_io.gdw1376.functions.events import Event, Told
from meters_io.gdw1376.functions.forward import Route
from meters_io.gdw1376.functions.shapes import Absent, Address, PerBit
from meters_io.layout import Form
from meters_io.pages import described, inner

_HEAD = """# Functions of Q/GDW 1376.1

What is read from each function, and written to it: the fields in the order of the wire, and behind each its form. This
page is written by `make docs` from the tables in `meters_io/gdw1376/functions`.

Forms: `3 B` is an unsigned binary number of three bytes, `XXX.X` a decimal number in BCD (`±` where it has a sign), `10
digits` BCD digits as a text, highest first (a moment, an address), `hex 6` six bytes as they stand, `text 16` ASCII.
`energy` is format 3: whole kWh or li, or with `big` MWh or yuan. `clock` is format 1: time and weekday. A list is `4 x
(...)`, or begins with its own length: `n x (...)`. Bits are named from the lowest up. What a meter or a terminal does
not have reads as none.
"""
_ASK = "ask for "
_EVENTS = """
## Events

What an event of AFN 0E carries, by its code (ERC). Where nobody knows, or the length is another, it is its time and the
rest in hex.

| ERC | event | content |
| --- | --- | --- |
"""


def page() -> str:
    """Return the page: a table for each AFN, and one for the events."""
    tables = [_table(afn, catalogue) for afn, catalogue in CATALOGUES.items()]
    kinds = [f"| {erc} | {kind.title} | {_alternatives(kind.forms)} |\n" for erc, kind in KINDS.items()]
    return "".join((_HEAD, *tables, _EVENTS, *kinds))


def _own(form: Form) -> str | None:
    """Say what the forms read that only this protocol has."""
    match form:
        case PerBit(each, of):
            return f"(bits of {of}) x {inner(each, _own)}"
        case Absent(width):
            return f"none: {width} x EE"
    return _NAMES.get(type(form))


_NAMES: dict[type, str] = {
    Clock: "clock",
    Scaled: "±XXX and scale",
    EnergyOrMoney: "energy",
    Address: "IPv4 address",
    UnitName: "unit identifier",
    Route: "n x 12 digits, or none",
    Event: "event",
    Told: "events",
}


def _table(afn: int, catalogue: Catalogue) -> str:
    lines = [f"\n## AFN {afn:02X}: {catalogue.title}\n\n| to | F | function | fields |\n| --- | --- | --- | --- |\n"]
    lines += _rows("terminal", catalogue.down, catalogue.any_down)
    lines += _rows("master", catalogue.up, catalogue.any_up)
    return "".join(lines)


def _rows(to: str, functions: Mapping[int, Function], others: Function | None) -> list[str]:
    """Return a row for each function; requests that carry the same are one row."""
    questions: dict[str, list[int]] = {}
    lines = []
    for number, function in functions.items():
        fields = _alternatives((function.form, *function.other_forms))
        if function.title.startswith(_ASK):
            questions.setdefault(fields, []).append(number)
        else:
            lines.append(f"| {to} | {number} | {function.title} | {fields} |\n")
    asked = [f"| {to} | {_ranges(numbers)} | ask for it | {fields} |\n" for fields, numbers in questions.items()]
    if others:
        which = "others" if functions else "all"
        lines.append(f"| {to} | {which} | {others.title} | {_alternatives((others.form, *others.other_forms))} |\n")
    return [*asked, *lines]


def _ranges(numbers: list[int]) -> str:
    """Return rising numbers as "1-12, 25": those in a row together."""
    rows = groupby(enumerate(sorted(numbers)), key=lambda each: each[1] - each[0])
    spans = [[number for _, number in row] for _, row in rows]
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans)


def _alternatives(forms: tuple[Form, ...]) -> str:
    return "; or ".join(described(form, _own) for form in forms)


if __name__ == "__main__":
    sys.stdout.write(page())
