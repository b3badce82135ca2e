"""Chance that can be had again: a roll depends on the seed, whose it is and its number, never on who asked first."""

from hashlib import blake2b
from statistics import NormalDist

_ALL = float(1 << 64)
_NORMAL = NormalDist()
_TINY = 1e-12
Z_95 = _NORMAL.inv_cdf(0.95)


class Dice:
    """The dice of one laboratory."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def roll(self, whose: str, what: str, turn: int = 0) -> float:
        """Return a number from 0 up to, not with, 1."""
        text = f"{self._seed}/{whose}/{what}/{turn}".encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest()) / _ALL


def normal(share: float) -> float:
    """Return how many deviations from the middle that share of cases ends."""
    return _NORMAL.inv_cdf(min(max(share, _TINY), 1 - _TINY))
