"""Purchases that a terminal keeps itself, counted in money or in energy (购电控, SPEC H-14)."""

from dataclasses import dataclass
from enum import StrEnum

MOST_GROUP, MOST_ROUND = 8, 8
MOST_KWH = 9_999_999  # seven digits (Q/GDW 1376.1, format 3)
_E4_PER_MINOR = 100


class CountedIn(StrEnum):
    """What a group counts."""

    MONEY = "money"
    ENERGY = "energy"


class BadGroup(ValueError):
    """A field that cannot hold: group, rounds, alarm, trip."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """How a terminal keeps the purchases of one meter. `rounds`: its switches, 1..8. `alarm`, `trip`: minor units or
    kWh, as `counted_in` says; at or below them it warns, and opens."""

    number: int
    rounds: tuple[int, ...]
    counted_in: CountedIn = CountedIn.MONEY
    alarm: int = 0
    trip: int = 0

    def __post_init__(self) -> None:
        """Raise BadGroup."""
        if not 1 <= self.number <= MOST_GROUP:
            raise BadGroup("group")
        if not self.rounds or tuple(sorted(set(self.rounds))) != self.rounds or not 1 <= self.rounds[0] <= MOST_ROUND:
            raise BadGroup("rounds")
        if self.rounds[-1] > MOST_ROUND:
            raise BadGroup("rounds")
        if not 0 <= self.trip <= MOST_KWH:
            raise BadGroup("trip")
        if not self.trip <= self.alarm <= MOST_KWH:
            raise BadGroup("alarm")


@dataclass(frozen=True, slots=True)
class Bought:
    """Energy for money. `rounding_minor`: what it is worth beyond what was paid, in favour of whoever paid."""

    energy_kwh: int
    price_e4: int
    rounding_minor: int


def bought(credit_minor: int, price_e4: int) -> Bought:
    """How many kWh money buys at a price: whole ones, rounded up, for a terminal counts no less (F47).

    Raises ValueError where there is no price.
    """
    if price_e4 <= 0:
        raise ValueError("price_e4")
    kwh = -(-credit_minor * _E4_PER_MINOR // price_e4)
    return Bought(kwh, price_e4, (kwh * price_e4 - credit_minor * _E4_PER_MINOR) // _E4_PER_MINOR)


def may_hold(balance_minor: int | None, purchases: int) -> bool:
    """May a terminal hold something that was paid for? `balance_minor`: as last read, None: never; of `purchases` that
    it took and nobody has read about since, the rest is not known, and so it may."""
    return purchases > 0 if balance_minor is None else balance_minor > 0


def bits_of(rounds: tuple[int, ...]) -> int:
    """Rounds as the bits of a byte, the first the lowest."""
    return sum(1 << number - 1 for number in rounds)


def rounds_of(bits: int) -> tuple[int, ...]:
    """The rounds of such a byte."""
    return tuple(bit + 1 for bit in range(MOST_ROUND) if bits >> bit & 1)
