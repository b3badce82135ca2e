"""Prices of tariffs and steps (DI3 DI2 = 0405, 0406): a set in force and a backup set.

A change is written into the backup set, then its switch time (04000108, 04000109). At that time the meter swaps them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from meters_io.dlt645.forms import Moment
from meters_io.dlt645.items.energy import ENERGY
from meters_io.dlt645.items.live import PRICE
from meters_io.dlt645.items.shape import DataItem
from meters_io.errors import LocalError, RemoteError
from meters_io.layout import Many, Plain, Record, Source, record

_DATES = 4
_FIXED = 4 + 3 * _DATES  # the price above the last step, and the yearly settlement dates


@dataclass(frozen=True, slots=True)
class StepTable:
    """N step values, N + 1 prices, four yearly settlement dates: 8 N + 16 bytes, from which N follows."""

    def read(self, source: Source) -> Plain:
        steps, over = divmod(source.left - _FIXED, 8)
        if over or steps < 0:
            raise RemoteError("a step table has 16 bytes and 8 for each step", code="bad_length")
        return table_of(steps).read(source)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        steps = value.get("steps") if isinstance(value, dict) else None
        if not isinstance(steps, list):
            raise LocalError("a step table has steps, prices and settlement dates", code="wrong_fields")
        return table_of(len(steps)).write(value, known)


def table_of(steps: int) -> Record:
    """Return the record of a table with so many steps."""
    return record(
        steps=Many(ENERGY, steps),
        prices=Many(PRICE, steps + 1),
        settled_on=Many(Moment("MMDDhh"), _DATES),
    )


ITEMS = (
    DataItem("040501nn", "price in force", PRICE, "yuan/kWh"),
    DataItem("040502nn", "price in the backup set", PRICE, "yuan/kWh"),
    DataItem("040604FF", "step table in force", StepTable()),
    DataItem("040605FF", "step table in the backup set", StepTable()),
)
