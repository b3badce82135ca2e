"""The curves of a master meter's day as pictures: power, voltages, currents, and the register."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.curve import Quantity
from app.models import Curve
from app.services.archive.curves import spelled
from app.web.curves import Picture, Series, picture

Q = Quantity


@dataclass(frozen=True, slots=True)
class Kind:
    """Quantities that share a picture; `code` has words; `from_zero`: its axis begins at nothing."""

    code: str
    quantities: tuple[Quantity, ...]
    from_zero: bool


KINDS = (
    Kind("power", (Q.POWER_W,), from_zero=True),
    Kind("voltages", (Q.VOLTAGE_A_DV, Q.VOLTAGE_B_DV, Q.VOLTAGE_C_DV), from_zero=False),
    Kind("currents", (Q.CURRENT_A_MA, Q.CURRENT_B_MA, Q.CURRENT_C_MA), from_zero=True),
    Kind("energy", (Q.ENERGY_WH,), from_zero=False),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture; `say` spells a value of its axis in the unit that its words name."""

    code: str
    picture: Picture
    say: Callable[[int], str]


def pictures(curves: Sequence[Curve]) -> tuple[Drawn, ...]:
    """One for each kind of which a value is known; a point of a sparser curve stands at its own hour."""
    held = {Quantity(curve.quantity): curve.values for curve in curves}
    return tuple(drawn for kind in KINDS if (drawn := _drawn(kind, held)) is not None)


def _drawn(kind: Kind, held: dict[Quantity, list[int | None]]) -> Drawn | None:
    series = [Series(each.value, held[each]) for each in kind.quantities if any(_known(held.get(each, [])))]
    if not series:
        return None
    unit = kind.quantities[0]
    return Drawn(kind.code, picture(series, from_zero=kind.from_zero), lambda value: spelled(value, unit, short=True))


def _known(values: Sequence[int | None]) -> list[bool]:
    return [value is not None for value in values]
