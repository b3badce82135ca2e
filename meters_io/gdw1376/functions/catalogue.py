"""What a function of Q/GDW 1376.1 is: its name and what its data mean, in one direction."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from meters_io.gdw1376.formats import NOTHING
from meters_io.layout import Form


@dataclass(frozen=True, slots=True)
class Function:
    """One Fn. `form`: its data. `other_forms`: what other editions or makers send in its place; the length decides."""

    title: str
    form: Form
    other_forms: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The functions of one AFN. `down`: to the terminal, `up`: from it.

    `any_down`, `any_up`: what holds for all that are not named; None where their data cannot be known.
    """

    title: str
    down: Mapping[int, Function] = field(default_factory=dict)
    up: Mapping[int, Function] = field(default_factory=dict)
    any_down: Function | None = None
    any_up: Function | None = None

    def of(self, function: int, *, up: bool) -> Function | None:
        """Return one function; None where its data are not known."""
        if up:
            return self.up.get(function, self.any_up)
        return self.down.get(function, self.any_down)


ASK = Function("request", NOTHING)  # a request that carries its identifier and no more
