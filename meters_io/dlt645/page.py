"""Writes docs/dlt645-items.md: `python -m meters_io.dlt645.page > docs/dlt645-items.md`."""

import re
import sys
from collections.abc import Mapping
from dataclasses import fields

from meters_io import pages
from meters_io.dlt645.commands import COMMANDS, Command
from meters_io.dlt645.dialects import DIALECTS, STANDARD, Dialect
from meters_io.dlt645.forms import FirstThatFits, Flags, Identifier, Moment, Parts, Turned, Within, Words
from meters_io.dlt645.items import ITEMS, DataItem
from meters_io.dlt645.items.freezes import REGISTERS, WHOLE, active_only, everything
from meters_io.dlt645.items.parameters import CLASS_1
from meters_io.dlt645.items.prices import StepTable
from meters_io.dlt645.items.shape import PLACES
from meters_io.layout import Form, Hex

_HEAD = """# Items and commands of DL/T 645-2007

What the bytes of each data item mean, and of each security command. This page is written by `make docs` from the tables
in `meters_io/dlt645`: `items/`, `commands.py` and `dialects.py`.

Forms: `XXX.X` is a decimal number in BCD (`±` where its top bit is the sign), `3 B` an unsigned binary number of three
bytes, `YYMMDDhhmm` the BCD digits of a moment, `12 digits` other BCD digits, both highest first; `text 6` is ASCII, the
last character first on the wire, `hex 4` four bytes as they stand, `chip 4` four bytes with the highest first. Of words
and bytes of bits those are named that are set. What a meter does not have reads as none. `; or` parts the forms that
meters send: the first that takes all bytes is meant.

In an identifier a pair of small letters counts something, and FF in its place asks for the whole block:

| letters | from | to | |
| --- | --- | --- | --- |
"""
_ITEMS = """
## Items

Class 1 is written in plain text with a MAC (PA = 99), all else enciphered (PA = 98) or, on meters without a chip, under
a password.

| DI | item | form | unit | class |
| --- | --- | --- | --- | --- |
"""
_COMMANDS = """
## Security commands (C = 03)

The request is the identifier, four bytes of operator, and what stands here; a good answer is the identifier and what
stands here, the identifier alone, or nothing.

| DI | command | request | answer |
| --- | --- | --- | --- |
"""
_DIALECTS = """
## Dialects

What some meters have beside the standard, or otherwise.
"""


def page() -> str:
    """Return the page."""
    return "".join(
        (_HEAD, *_places(), _ITEMS, *map(_item, ITEMS), _COMMANDS, *_rows(COMMANDS), _DIALECTS, *_dialects())
    )


def described(form: Form) -> str:
    """Say in a few characters what a form reads."""
    return pages.described(form, _own)


def _own(form: Form) -> str | None:
    if form is WHOLE:
        examples = (active_only(REGISTERS[-1]), everything(REGISTERS[-1]))
        return f"with n registers, here {REGISTERS[-1]}: {_alternatives(examples)}"
    match form:
        case Moment(template):
            return template
        case Identifier(width):
            return f"identifier {width}"
        case Turned(Hex(), width):
            return f"chip {width}" if width else "chip"
        case Turned(each) | Within(each):
            return described(each)
        case FirstThatFits(forms):
            return _alternatives(forms)
        case StepTable():
            return "`steps` n x XXXXXX.XX, `prices` (n + 1) x XXXX.XXXX, `settled_on` 4 x MMDDhh"
    return _bits(form)


def _bits(form: Form) -> str | None:
    match form:
        case Flags(width, words):
            return f"bits of {width} B: " + (", ".join(f"{place} {word}" for place, word in words.items()) or "unnamed")
        case Parts(parts):
            return " / ".join(f"{each.name} {each.bits} bit" for each in parts)
        case Words(words):
            return " or ".join(f"{number:02X} {word}" for number, word in words.items())
    return None


def _places() -> list[str]:
    return [
        f"| {letters} | {place.first:02X} | {place.last:02X} | {_counted(letters)} |\n"
        for letters, place in PLACES.items()
    ]


def _counted(letters: str) -> str:
    place = PLACES[letters]
    special = [f"{number:02X} {word}" for number, word in place.words.items() if word]
    return ", ".join([place.number.format(letters), *special, f"FF {place.every}"])


def _item(item: DataItem) -> str:
    return f"| {item.pattern} | {item.title} | {described(item.form)} | {item.unit} | {_class_of(item.pattern)} |\n"


def _class_of(pattern: str) -> str:
    whole = re.sub("[a-z]{2}", "FF", pattern)
    if int(whole, 16) not in CLASS_1:
        return ""
    return "1" if whole == pattern else "FF: 1"


def _rows(commands: Mapping[int, Command]) -> list[str]:
    return [
        f"| {di:08X} | {command.title} | {_alternatives(command.request)} | {_alternatives(command.reply)} |\n"
        for di, command in commands.items()
    ]


def _alternatives(forms: tuple[Form, ...]) -> str:
    return "; or ".join(described(form) for form in forms)


def _dialects() -> list[str]:
    return [line for dialect in DIALECTS.values() if dialect is not STANDARD for line in _dialect(dialect)]


def _dialect(dialect: Dialect) -> list[str]:
    rows = [f"| {row} |\n" for row in _other_ways(dialect)]
    head = f"\n### {dialect.name}\n\n{dialect.title[0].upper()}{dialect.title[1:]}.\n"
    return [head, *(("\n| what | here |\n| --- | --- |\n", *rows) if rows else ())]


def _other_ways(dialect: Dialect) -> list[str]:
    """Return what is otherwise than in the standard: each field of the row that differs from the standard's."""
    plain = [each.name for each in fields(Dialect) if each.name not in ("name", "title", "items", "commands")]
    rows = [
        f"{name.replace('_', ' ')} | {_shown(getattr(dialect, name))}"
        for name in plain
        if getattr(dialect, name) != getattr(STANDARD, name)
    ]
    items = [item for rows_of in dialect.items.values() for found in rows_of.values() for item in found]
    rows += [f"item {item.pattern}: {item.title} | {described(item.form)}" for item in items]
    return rows + [
        f"command {di:08X}: {command.title} | {_alternatives(command.request)}"
        for di, command in dialect.commands.items()
    ]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | str) else "not reversed"


if __name__ == "__main__":
    sys.stdout.write(page())
