"""What devices said, as people read it: a label and a text for each register. Pure: names and figures in, words out.

The unit of a register is the end of its name (headend_client.registers): `_minor` money, `_wh` energy, `_e4` prices.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from app.web.console.facts import Fact
from app.web.console.terms import Terms
from app.web.format import Format

Said = str | int | None
_UNITS = {
    "_dv": (10, "V"),
    "_ma": (1000, "A"),
    "_w": (1, "W"),
    "_var": (1, "var"),
    "_chz": (100, "Hz"),
    "_dc": (10, "°C"),
    "_milli": (1000, ""),
    "_min": (1, "min"),
    "_s": (1, "s"),
    "_kwh": (1, "kWh"),
}
_FLAGS = ("relay_open", "command_open", "alarm", "keep_power", "purchase_control")
_SPARE = "spare="  # means nothing, or something else to each maker
_NUMBERED = re.compile(r"_(\d{1,2}|[abc])(?=_|$)")


def figures(values: Mapping[str, Said], fmt: Format, terms: Terms) -> list[Fact]:
    """Everything that a device said, in the order it came."""
    return [Fact(label(name, terms), text(name, value, fmt, terms)) for name, value in values.items()]


def label(name: str, terms: Terms) -> str:
    """What a register is called; one of several by the word for all of them, and its number or phase."""
    if terms.has("register", name):
        return terms("register", name)
    plain = _NUMBERED.sub("", name)
    if not terms.has("register", plain):
        return name
    return " ".join([terms("register", plain), *(each.upper() for each in _NUMBERED.findall(name))])


def text(name: str, value: Said, fmt: Format, terms: Terms) -> str:
    """One value in its unit, a row of them side by side; what the device does not have is said so."""
    if value is None:
        return terms("said", "none")
    if isinstance(value, int):
        return _number(name, value, fmt, terms)
    row = value.split(",")
    if name.startswith("rounds"):
        return ", ".join(row)
    if name.startswith("status_"):
        return ", ".join(terms("bit", part) for part in row if part and not part.startswith(_SPARE)) or _quiet(terms)
    if name.endswith(("_minor", "_wh", "_e4")) and all(part.isdecimal() for part in row):
        return " / ".join(_number(name, int(part), fmt, terms) for part in row)
    kind = "cut" if name == "against" else "why" if name.startswith("token_") else "bit"
    return ", ".join(terms(kind, part) for part in row)


def _quiet(terms: Terms) -> str:
    return terms("said", "no_bit")


def _number(name: str, value: int, fmt: Format, terms: Terms) -> str:
    if name in _FLAGS:
        return terms("word", "yes" if value else "no")
    if name.endswith("_minor"):
        return fmt.money(value)
    if name.endswith("_e4"):
        return fmt.price(value)
    if name.endswith("_wh"):
        return fmt.energy(value)
    for ending, (steps, unit) in _UNITS.items():
        if name.endswith(ending):
            return f"{Decimal(value) / steps} {unit}".rstrip()
    return str(value)
