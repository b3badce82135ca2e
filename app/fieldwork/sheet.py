"""Lines for a terminal: names at the left, values in a column, what belongs to something indented under it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from meters_io.layout import Plain, Unreadable

HIDDEN = "(hidden; --secrets shows it)"
_COLUMN = 26
_SHORT = 8
_TEMPLATES = {6: "YYMMDD", 10: "YYMMDDhhmm", 12: "YYMMDDhhmmss"}
_SECRET = ("password", "new_password", "cipher", "mac", "random", "token", "nkho", "nklo", "nkmo", "decoder_key")
_KEY_ENDINGS = ("_mac",)


@dataclass(slots=True)
class Sheet:
    """What will be printed. `secrets`: show passwords, MACs, ciphers, random numbers and keys."""

    secrets: bool = False
    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def title(self, text: str) -> None:
        """Add a line of its own."""
        self.lines.append("  " * self.depth + text)

    def row(self, name: str, value: object, meaning: str = "") -> None:
        """Add a name and its value, and what the value means."""
        start = "  " * self.depth + name.replace("_", " ")
        told = f"{value}  {meaning}" if meaning else f"{value}"
        self.lines.append(f"{start:<{_COLUMN}}  {told}".rstrip())

    def under(self) -> Sheet:
        """Return the sheet for what belongs to the last line."""
        return Sheet(self.secrets, self.lines, self.depth + 1)

    def field(self, name: str, value: Plain, unit: str = "") -> None:
        """Add a value of any shape; a secret one is hidden."""
        if is_secret(name) and not self.secrets and value not in ("", None):
            self.row(name, HIDDEN)
        elif isinstance(value, dict | list) and not _is_short(value):
            self.title(name.replace("_", " "))
            self.under().fields(value, unit)
        else:
            self.row(name, told(value, unit), _money(name, value))

    def fields(self, value: Plain, unit: str = "") -> None:
        """Add all parts of a value, each on its own."""
        match value:
            case dict():
                for name, each in value.items():
                    self.field(name, each, "" if isinstance(each, int) else unit)  # beside quantities, a count
            case list():
                for place, each in enumerate(value, 1):
                    self.field(f"{place}.", each, unit)
            case _:
                self.row("value", told(value, unit))


def _money(name: str, value: Plain) -> str:
    return f"{Decimal(value).scaleb(-2):.2f} yuan" if name.endswith("_cents") and isinstance(value, int) else ""


def is_secret(name: str) -> bool:
    """Tell whether a field of this name is hidden unless asked for."""
    return name.startswith(_SECRET) or name.endswith(_KEY_ENDINGS)


def told(value: Plain, unit: str = "") -> str:
    """Return a value as people read it."""
    behind = f" {unit}" if unit else ""
    match value:
        case None:
            return "not available"
        case Unreadable(raw):
            return f"no value: {raw.hex(' ')}"
        case Decimal():
            return f"{value:f}{behind}"
        case int():
            return f"{value}{behind}"
        case {"v": int() | Decimal() as number, "big": int() as big}:
            return f"{number} {'MWh or yuan' if big else 'kWh or 0.001 yuan'}"
        case {"v": int() | Decimal() as number, "scale": int() as scale}:
            return f"{Decimal(number).scaleb(scale):f}{behind}"
        case {"time": str() as time, "weekday": int() as day}:
            return f"{moment(time)} (weekday {day})"
        case list():
            return ", ".join(told(each, unit) for each in value) or "none"
        case dict():
            return (
                ", ".join(f"{name.replace('_', ' ')} {told(each, unit)}" for name, each in value.items()) or "nothing"
            )
    return value


def moment(digits: str, template: str = "") -> str:
    """Return YYMMDD, YYMMDDhhmm or YYMMDDhhmmss (or what `template` says) as date and time; anything else as it is."""
    pattern = template or _TEMPLATES.get(len(digits), "")
    if not digits.isdecimal() or len(digits) != len(pattern):
        return digits
    pairs = {pattern[at : at + 2]: digits[at : at + 2] for at in range(0, len(digits), 2)}
    year = "20" if "YY" in pairs else ""
    date = year + "-".join(pairs[part] for part in ("YY", "MM", "DD") if part in pairs)
    time = ":".join(pairs[part] for part in ("hh", "mm", "ss") if part in pairs)
    weekday = f"(weekday {int(pairs['WW'])})" if "WW" in pairs else ""
    return " ".join(filter(None, (date, weekday, time)))


def grouped(digits: str) -> str:
    """Return a token in groups of four."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def hex_lines(raw: bytes) -> Iterator[str]:
    """Yield bytes as hex, sixteen a line, each line with its first place."""
    for at in range(0, len(raw), 16):
        yield f"{at:4}  {raw[at : at + 16].hex(' ').upper()}"


def _is_short(value: dict[str, Plain] | list[Plain]) -> bool:
    """Whether it stands well on one line: a plain list, or one of the formats that read as two values."""
    if isinstance(value, list):
        return len(value) <= _SHORT and not any(isinstance(each, dict | list) for each in value)
    return not value or value.keys() in ({"v", "big"}, {"v", "scale"}, {"time", "weekday"})
