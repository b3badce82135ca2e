"""Class 2: managing one meter, the subclasses that carry a TID (IEC 62055-41, 6.2.4; extended set: STS 202-5).

Subclasses 3, 4, 8 and 9 of the same class carry keys: see `key_change`.
"""

from dataclasses import dataclass
from enum import IntEnum

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.amounts import decode_units, encode_units
from meters_io.sts.ciphers import BlockCipher
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.tid import TID_LIMIT
from meters_io.sts.token import Opened, TokenClass, seal
from meters_io.sts.transfer import Credit

KEY_CHANGE_SUBCLASSES = frozenset({3, 4, 8, 9})
FLAGS_INDEX = 63  # the index of the extended set under which the flags are
ALL_REGISTERS = 0xFFFF  # the value of a ClearCredit that means every register

_SUBCLASSES = frozenset(range(16)) - KEY_CHANGE_SUBCLASSES
_VALUE_LIMIT = 1 << 16
_INDEX_LIMIT = 1 << 6
_DATA_BITS = 10
_FLAG_LIMIT = 1 << 9


class Management(IntEnum):
    """Subclass of a management token: what it does, and what its value is. 11-15 belong to manufacturers."""

    MAXIMUM_POWER_LIMIT = 0  # W
    CLEAR_CREDIT = 1  # a register, or all of them: see `cleared_registers`
    TARIFF_RATE = 2  # 16 bits that the standard leaves open
    CLEAR_TAMPER = 5  # 0
    MAXIMUM_PHASE_UNBALANCE = 6  # W
    WATER_METER_FACTOR = 7  # 16 bits that the standard leaves open
    EXTENDED_SET = 10  # an index and its data: see `ExtendedSetting`
    PROPRIETARY_11 = 11
    PROPRIETARY_12 = 12
    PROPRIETARY_13 = 13
    PROPRIETARY_14 = 14
    PROPRIETARY_15 = 15


_IN_WATTS = frozenset({Management.MAXIMUM_POWER_LIMIT, Management.MAXIMUM_PHASE_UNBALANCE})


@dataclass(frozen=True, slots=True)
class ManagementToken:
    """What a management token says. `value`: W for the two power limits, else its 16 bits as they stand."""

    subclass: int
    tid: int
    rnd: int
    value: int


class Flag(IntEnum):
    """What the extended set switches. Only the first is documented; the others are the names one vendor gives."""

    CONFORMANCE_TEST = 0
    DETECT_TAMPER = 1
    DISCONNECT_SERVICE = 2
    DISCONNECT_ON_TAMPER = 3
    DISCONNECT_ON_POWER_LIMIT = 4
    DISCONNECT_ON_UNDER_FREQUENCY = 5
    ELECTRICITY_PAYMENT_MODE = 6
    WATER_PAYMENT_MODE = 7
    GAS_PAYMENT_MODE = 8
    TIME_PAYMENT_MODE = 9
    COMMISSIONING_MODE = 10
    FALL_BACK_POWER_LIMIT_BY_TARIFF = 11


@dataclass(frozen=True, slots=True)
class ExtendedSetting:
    """The value of an EXTENDED_SET token: `index` 0-63 and `data` 0-1023. Raises LocalError `extended_range`."""

    index: int
    data: int

    def __post_init__(self) -> None:
        if not (0 <= self.index < _INDEX_LIMIT and 0 <= self.data < 1 << _DATA_BITS):
            raise LocalError("an index has 6 bits, its data 10", code="extended_range", field="value")

    @property
    def value(self) -> int:
        """The 16 bits a token carries."""
        return self.index << _DATA_BITS | self.data

    @property
    def flag(self) -> tuple[int, bool] | None:
        """The flag (0-511, see `Flag`) and what it becomes; None where the index is no flag index."""
        return (self.data >> 1, bool(self.data & 1)) if self.index == FLAGS_INDEX else None


def encode_management(key: bytes | BlockCipher, subclass: int, value: int, tid: int, rnd: int) -> str:
    """Return the 20 digits of a management token.

    `key` as for `encode_credit`: the 16-byte decoder key of an EA11 meter or a keyed cipher. `value` is in W for
    the two power limits, rounded up to what the field can hold (`value_set` tells to what), and 16 bits otherwise.
    Raises LocalError: `key_length`, `subclass`, `amount_range`, `value_range`, `tid_range`, `rnd_range`.
    """
    field = management_field(subclass, value)
    if not 0 <= tid < TID_LIMIT:
        raise LocalError("a TID has 24 bits", code="tid_range", field="tid")
    if not 0 <= rnd < 16:
        raise LocalError("RND has 4 bits", code="rnd_range", field="rnd")
    cipher = Misty1(key) if isinstance(key, bytes) else key
    return seal(TokenClass.MANAGEMENT, subclass << 44 | rnd << 40 | tid << 16 | field, cipher)


def read_management(opened: Opened) -> ManagementToken:
    """Split the data of an opened management token. Raises RemoteError: `token_class`, `subclass` (a key change)."""
    if opened.token_class is not TokenClass.MANAGEMENT:
        raise RemoteError("this is not a management token", code="token_class", field="class")
    subclass, data48 = opened.subclass, opened.data48
    if subclass in KEY_CHANGE_SUBCLASSES:
        raise RemoteError("this is a section of a key change", code="subclass", field="subclass")
    field = data48 & 0xFFFF
    value = decode_units(field) if subclass in _IN_WATTS else field
    return ManagementToken(subclass, data48 >> 16 & 0xFFFFFF, data48 >> 40 & 0xF, value)


def management_field(subclass: int, value: int) -> int:
    """Return the 16 bits that carry a value. Raises LocalError: `subclass`, `amount_range`, `value_range`."""
    if subclass not in _SUBCLASSES:
        raise LocalError("management tokens are subclasses 0-2, 5-7 and 10-15", code="subclass", field="subclass")
    if subclass in _IN_WATTS:
        return encode_units(value)
    if not 0 <= value < _VALUE_LIMIT:
        raise LocalError("the value has 16 bits", code="value_range", field="value")
    return value


def value_set(subclass: int, value: int) -> int:
    """Return what the meter will set for `value`: power limits are rounded up. Raises as `management_field`."""
    field = management_field(subclass, value)
    return decode_units(field) if subclass in _IN_WATTS else field


def cleared_registers(value: int) -> tuple[Credit, ...]:
    """Return the registers that a CLEAR_CREDIT token names. Raises RemoteError `register`."""
    if value == ALL_REGISTERS:
        return tuple(Credit)
    if value > max(Credit):
        raise RemoteError("a register is 0 to 7, or FFFF for all", code="register", field="value")
    return (Credit(value),)


def extended_setting(value: int) -> ExtendedSetting:
    """Split the 16 bits of an EXTENDED_SET token. Raises LocalError `extended_range`."""
    return ExtendedSetting(value >> _DATA_BITS, value & (1 << _DATA_BITS) - 1)


def flag_setting(flag: int, *, on: bool) -> ExtendedSetting:
    """Return what switches a flag (0-511, see `Flag`). Raises LocalError `extended_range`."""
    if not 0 <= flag < _FLAG_LIMIT:
        raise LocalError("a flag is 0 to 511", code="extended_range", field="flag")
    return ExtendedSetting(FLAGS_INDEX, flag << 1 | on)
