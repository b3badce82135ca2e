"""What differs between models of STS meter."""

from dataclasses import dataclass, field
from datetime import timedelta

from meters_io.sts.displays import MeterTest
from meters_io.sts.key_types import ALLOWED_CHANGES, Changes
from meters_io.sts.management import FLAGS_INDEX, Flag, Management
from meters_io.sts.transfer import Credit

_TESTS = frozenset(MeterTest) - {MeterTest.EVERYTHING}
_STANDARD_MANAGEMENT = frozenset(Management(subclass) for subclass in (0, 1, 2, 5, 6, 7, 10))


@dataclass(frozen=True, slots=True)
class MeterRules:
    """What a model understands, how much it holds, and how patient it is.

    `subclasses`, `management`, `tests`: tokens of class 0, 2 and 1 that it knows; `settings`: indices of the extended
    set (63 are the flags), `flags`: which of those. `units_max`, `currency_max`: what a register may hold, either
    way, in 0.1 units and in 0.00001 of the currency. After `free_tries` tokens with a bad CRC it turns deaf for
    `first_wait`, twice as long after each further one, `longest_wait` at most. `section_patience`: for how long a
    section of a key change waits for the others. `key_type_changes`: which key may follow which. `mfr_code`: to which
    proprietary test tokens it listens.
    """

    subclasses: frozenset[Credit] = frozenset({Credit.ELECTRICITY, Credit.ELECTRICITY_CURRENCY})
    units_max: int = 9_999_999
    currency_max: int = 99_999_999_999
    honours_key_expiry: bool = True
    free_tries: int = 3
    first_wait: timedelta = timedelta(seconds=10)
    longest_wait: timedelta = timedelta(seconds=1280)
    section_patience: timedelta = timedelta(minutes=10)
    management: frozenset[Management] = _STANDARD_MANAGEMENT
    settings: frozenset[int] = frozenset(range(FLAGS_INDEX + 1))
    flags: frozenset[int] = frozenset(Flag)
    tests: frozenset[MeterTest] = _TESTS
    key_type_changes: Changes = field(default_factory=lambda: ALLOWED_CHANGES)
    mfr_code: int = 0
    software: str = ""
