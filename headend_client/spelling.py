"""How the value of a data item is said in our words: a whole number of our units, or one line of text.

    Scaled(100)      Decimal("12.34")                                       1234
    Row(10_000)      [Decimal("0.5283"), Decimal("0.4")]                    "5283,4000"
    Pairs            [{"begins": "0101", "table": 1}, ...]                  "0101=1,0701=2"
    Steps            steps, prices and settlement dates of a step table     "2600000,4800000;5283,5783,8283;010100,..."

Both ways; `mean` raises LocalError for what says nothing of the kind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from meters_io.errors import LocalError
from meters_io.layout import Plain

Said = int | str | None


class Spelling(Protocol):
    """One way of saying values."""

    def say(self, value: Plain) -> Said: ...

    def mean(self, said: Plain) -> Plain: ...


@dataclass(frozen=True, slots=True)
class Scaled:
    """A number in our unit. `steps`: how many of our units one unit of the item is, a power of ten."""

    steps: int = 1

    def say(self, value: Plain) -> Said:
        return int(Decimal(value) * self.steps) if isinstance(value, int | Decimal) else None

    def mean(self, said: Plain) -> Plain:
        if not isinstance(said, int):
            raise _meaningless("a whole number")
        return Decimal(said) / self.steps if self.steps > 1 else said


@dataclass(frozen=True, slots=True)
class AsItIs:
    """Digits of a moment or a number, as the meter writes them."""

    def say(self, value: Plain) -> Said:
        return value if isinstance(value, str) else None

    def mean(self, said: Plain) -> Plain:
        if not isinstance(said, str) or not said.isascii() or not said.isdecimal():
            raise _meaningless("digits")
        return said


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the bits that are set, or of the parts of a word; only said. `part`: one part of it alone."""

    part: str = ""

    def say(self, value: Plain) -> Said:
        if isinstance(value, dict):
            return str(value[self.part]) if self.part in value else _joined(f"{k}={v}" for k, v in value.items())
        return _joined(str(word) for word in value) if isinstance(value, list) else None

    def mean(self, said: Plain) -> Plain:
        raise _meaningless("nothing: status words are read")


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers side by side, each in our unit."""

    steps: int = 1

    def say(self, value: Plain) -> Said:
        if not isinstance(value, list):
            return None
        said = (Scaled(self.steps).say(each) for each in value)
        return _joined("" if each is None else str(each) for each in said)

    def mean(self, said: Plain) -> Plain:
        return [Scaled(self.steps).mean(_number(each)) for each in _split(said)]


@dataclass(frozen=True, slots=True)
class Pairs:
    """From when on which: MMDD or hhmm, and a number. `number`: what meters_io calls it."""

    number: str

    def say(self, value: Plain) -> Said:
        if not isinstance(value, list):
            return None
        rows = [row for row in value if isinstance(row, dict)]
        return _joined(f"{row['begins']}={row[self.number]}" for row in rows)

    def mean(self, said: Plain) -> Plain:
        rows: list[Plain] = []
        for each in _split(said):
            begins, _, number = each.partition("=")
            rows.append({"begins": AsItIs().mean(begins), self.number: _number(number)})
        return rows


@dataclass(frozen=True, slots=True)
class Steps:
    """A step table: limits in Wh, one price more than limits, four settlement dates MMDDhh."""

    def say(self, value: Plain) -> Said:
        if not isinstance(value, dict) or not isinstance(value["settled_on"], list):
            return None
        limits, prices = Row(1000).say(value["steps"]), Row(10_000).say(value["prices"])
        return f"{limits};{prices};{_joined(str(day) for day in value['settled_on'])}"

    def mean(self, said: Plain) -> Plain:
        parts = said.split(";") if isinstance(said, str) else []
        if len(parts) != 3:
            raise _meaningless("limits;prices;settlement dates")
        settled: list[Plain] = [AsItIs().mean(day) for day in _split(parts[2])]
        return {"steps": Row(1000).mean(parts[0]), "prices": Row(10_000).mean(parts[1]), "settled_on": settled}


def _joined(parts: Iterable[str]) -> str:
    return ",".join(parts)


def _split(said: Plain) -> list[str]:
    if not isinstance(said, str):
        raise _meaningless("text with commas")
    return [each.strip() for each in said.split(",")] if said else []


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise _meaningless("a whole number")
    return int(text)


def _meaningless(due: str) -> LocalError:
    return LocalError(f"{due} was due", code="out_of_range", field="values")
