"""All targets as one, so that the short form is one process: the first byte says which target the rest is for."""

from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS as EACH

_NAMES = list(EACH)
_SEEDS_EACH = 12


def _check(raw: bytes) -> None:
    if raw:
        name = _NAMES[raw[0] % len(_NAMES)]
        EACH[name].check(raw[1 : 1 + EACH[name].longest])


def _seeds() -> list[bytes]:
    return [
        bytes((place,)) + seed[: EACH[name].longest]
        for place, name in enumerate(_NAMES)
        for seed in EACH[name].seeds()[:_SEEDS_EACH]
    ]


TARGETS = {"together": Target(_check, _seeds, 1025)}
