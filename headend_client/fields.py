"""A frame taken apart for eyes: named fields with their meaning. Codes, not sentences: pages find the words."""

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How a value is meant. `word`: a code that stands for words. `money`: minor units. `price`: 1/10000 of the
    currency unit per kWh. `energy`: Wh. `flag`: 0 or 1. `hidden`: it was masked before it was stored."""

    WORD = "word"
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    PRICE = "price"
    ENERGY = "energy"
    FLAG = "flag"
    BYTES = "bytes"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `raw`: its bytes as hex, in the order of the wire, the 33H of DL/T 645 taken off, masked ones 'xx'.

    `gist`: it belongs to the one line that says what the frame is about.
    """

    name: str
    raw: str
    form: Form
    value: str | int
    gist: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """The fields of a concentrator's frame, and of the meter's frame inside it (empty where there is none)."""

    outer: tuple[Field, ...]
    inner: tuple[Field, ...] = ()

    @property
    def gist(self) -> tuple[Field, ...]:
        """What the frame is about: the meter's word where there is one, else the concentrator's."""
        return tuple(f for f in self.inner if f.gist) or tuple(f for f in self.outer if f.gist)
