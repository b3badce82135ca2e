"""Class 1: tests and displays, which any meter obeys; not enciphered, no TID (IEC 62055-41, 6.2.3).

A control has a bit for each test; all ones is test 0, "everything". Meters with two-digit manufacturer codes
understand subclass 0 and those with four-digit codes subclass 1: a vendor prints both.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.token import Opened, TokenClass, seal

_DATA_BITS = 44
_INDEX_BITS = 6
_LONG_CONTROL = frozenset({0, 2, 11, 12, 13, 14, 15})  # 36 bits, and 8 for the manufacturer; the others 28 and 16
_SHORT_CONTROL = frozenset({1, 6, 7, 8, 9, 10})
_PUBLIC = frozenset({0, 1, 2})
_TESTING = frozenset({0, 1})
_EXTENDED_READ = 2


class MeterTest(IntEnum):
    """What a meter tests or shows; the bit of test n is n - 1. The names of 14-18 are one vendor's."""

    EVERYTHING = 0
    LOAD_SWITCH = 1
    DISPLAY = 2
    CUMULATIVE_ENERGY = 3
    KEY_REVISION = 4
    TARIFF_INDEX = 5
    TOKEN_INPUT = 6
    MAXIMUM_POWER_LIMIT = 7
    TAMPER_STATUS = 8
    POWER = 9
    SOFTWARE_VERSION = 10
    PHASE_UNBALANCE_LIMIT = 11
    WATER_METER_FACTOR = 12
    TARIFF_RATE = 13
    ENCRYPTION_ALGORITHM = 14
    KEY_CHANGE_TOKENS = 15
    SUPPLY_GROUP = 16
    KEY_EXPIRY = 17
    METER_NUMBER = 18


@dataclass(frozen=True, slots=True)
class TestToken:
    """What a class 1 token says: a `control` of 36 or 28 bits by `subclass`, and the manufacturer it speaks to.

    `mfr` is 0 in the subclasses 0-2, which speak to every meter.
    """

    __test__: ClassVar[bool] = False  # or pytest collects it for its name

    subclass: int
    control: int
    mfr: int = 0

    @property
    def tests(self) -> tuple[int, ...]:
        """The tests of subclasses 0 and 1, `MeterTest` where they have a name; (0,) for all ones, () elsewhere."""
        if self.subclass not in _TESTING:
            return ()
        bits = control_bits(self.subclass)
        if self.control == (1 << bits) - 1:
            return (MeterTest.EVERYTHING,)
        return tuple(n for n in range(1, bits + 1) if self.control >> n - 1 & 1)

    @property
    def index(self) -> int | None:
        """What an extended read (subclass 2) asks for, 0-63; None in the other subclasses."""
        bits = control_bits(self.subclass)
        return self.control >> bits - _INDEX_BITS if self.subclass == _EXTENDED_READ else None


def control_bits(subclass: int) -> int:
    """Return how long a control is. Raises LocalError `subclass` (3-5 are reserved)."""
    if subclass in _LONG_CONTROL:
        return 36
    if subclass in _SHORT_CONTROL:
        return 28
    raise LocalError("test tokens are subclasses 0-2 and 6-15", code="subclass", field="subclass")


def meter_test(subclass: int, test: int) -> TestToken:
    """Return the token of one test in subclass 0 or 1 (see `MeterTest`; 0 does everything).

    Raises LocalError: `subclass`, `test`.
    """
    if subclass not in _TESTING:
        raise LocalError("tests are subclasses 0 and 1", code="subclass", field="subclass")
    bits = control_bits(subclass)
    if not 0 <= test <= bits:
        raise LocalError("this subclass has no such test", code="test", field="test")
    return TestToken(subclass, 1 << test - 1 if test else (1 << bits) - 1)


def extended_read(index: int) -> TestToken:
    """Return the token that reads an extended setting, 0-63. Raises LocalError `extended_range`."""
    if not 0 <= index < 1 << _INDEX_BITS:
        raise LocalError("an index has 6 bits", code="extended_range", field="index")
    return TestToken(_EXTENDED_READ, index << control_bits(_EXTENDED_READ) - _INDEX_BITS)


def encode_test(token: TestToken) -> str:
    """Return the 20 digits. Raises LocalError: `subclass`, `control_range`, `mfr_code`."""
    bits = control_bits(token.subclass)
    if not 0 <= token.control < 1 << bits:
        raise LocalError(f"a control has {bits} bits here", code="control_range", field="control")
    rest = token.control << _DATA_BITS - bits | _mfr_field(token)
    return seal(TokenClass.TEST, token.subclass << _DATA_BITS | rest, None)


def read_test(opened: Opened) -> TestToken:
    """Split the data of a class 1 token; whose `mfr` it may be is the meter's question.

    Raises RemoteError: `token_class`, `subclass` (3-5 are reserved).
    """
    if opened.token_class is not TokenClass.TEST:
        raise RemoteError("this is not a test token", code="token_class", field="class")
    if opened.subclass not in _LONG_CONTROL | _SHORT_CONTROL:
        raise RemoteError("subclasses 3 to 5 are reserved", code="subclass", field="subclass")
    mfr_bits = _DATA_BITS - control_bits(opened.subclass)
    control = (opened.data48 & (1 << _DATA_BITS) - 1) >> mfr_bits
    return TestToken(opened.subclass, control, _in_binary(opened.data48 & (1 << mfr_bits) - 1))


def _mfr_field(token: TestToken) -> int:
    highest = 0 if token.subclass in _PUBLIC else 99 if token.subclass in _LONG_CONTROL else 9999
    if not 0 <= token.mfr <= highest:
        message = f"a manufacturer code is 0 to {highest} here" if highest else "this subclass speaks to every meter"
        raise LocalError(message, code="mfr_code", field="mfr")
    return _in_binary(token.mfr)


def _in_binary(mfr: int) -> int:
    """Return a manufacturer code as its field holds it, and the other way round: this one place knows how.

    Plain binary, as one peer writes it. Whether meters want BCD no public vector shows.
    """
    return mfr
