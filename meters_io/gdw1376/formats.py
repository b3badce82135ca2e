"""The data formats of Q/GDW 1376.1 (annex A), by number, as forms that read and write plain values.

A register of EE bytes has no value and reads as None. Numbers are ints, or Decimals where the format has decimals;
moments are strings of digits, highest first: format 15 reads as "YYMMDDhhmm", format 20 as "YYMMDD". Three formats
read as more than one value: 1 keeps its weekday, 2 its scale, 3 its unit. Format 28 is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from meters_io.errors import LocalError
from meters_io.layout import Binary, Digits, Form, Number, Plain, Record, Source, Unreadable, record

MISSING = 0xEE


@dataclass(frozen=True, slots=True)
class Clock:
    """Format 1: `{"time": "YYMMDDhhmmss", "weekday": 0..7}`; Monday is 1, and 0 says that it is not known."""

    def read(self, source: Source) -> Plain:
        raw = source.take(6)
        if raw == _missing(6):
            return None
        digits = (raw[5:] + bytes((raw[4] & 0x1F,)) + raw[3::-1]).hex()
        return {"time": digits, "weekday": raw[4] >> 5} if digits.isdecimal() else Unreadable(raw)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is None or isinstance(value, Unreadable):
            return _as_came(value, 6)
        time, weekday = _named(value, "time", "weekday")
        raw = Digits(6, None).write(time, known)
        if not isinstance(weekday, int) or not 0 <= weekday <= 7 or raw[4] & 0xE0:
            raise LocalError("a weekday has three bits, and a month is 12 at most", code="out_of_range", field="time")
        return raw[:4] + bytes((raw[4] | weekday << 5,)) + raw[5:]


@dataclass(frozen=True, slots=True)
class Scaled:
    """Format 2: `{"v": -999..999, "scale": 4..-3}`, which means v x 10 ** scale."""

    def read(self, source: Source) -> Plain:
        raw = source.take(2)
        if raw == _missing(2):
            return None
        digits = f"{raw[1] & 0x0F:x}{raw[0]:02x}"
        if not digits.isdecimal():
            return Unreadable(raw)
        return {"v": _with_sign(digits, raw[1] & 0x10), "scale": 4 - (raw[1] >> 5)}

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is None or isinstance(value, Unreadable):
            return _as_came(value, 2)
        number, scale = _named(value, "v", "scale")
        if not isinstance(scale, int) or not -3 <= scale <= 4:
            raise LocalError("a scale is 4 to -3", code="out_of_range", field="scale")
        return _signed_digits(number, 2, 4 - scale << 5)


@dataclass(frozen=True, slots=True)
class EnergyOrMoney:
    """Format 3: `{"v": -9999999..9999999, "big": 0 | 1}`.

    `big` 0 counts kWh, or li (0.001 yuan); 1 counts MWh, or whole yuan. Which of the two pairs, its function says.
    """

    def read(self, source: Source) -> Plain:
        raw = source.take(4)
        if raw == _missing(4):
            return None
        digits = f"{raw[3] & 0x0F:x}" + raw[2::-1].hex()
        if not digits.isdecimal() or raw[3] & 0xA0:
            return Unreadable(raw)
        return {"v": _with_sign(digits, raw[3] & 0x10), "big": raw[3] >> 6}

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is None or isinstance(value, Unreadable):
            return _as_came(value, 4)
        number, big = _named(value, "v", "big")
        if big not in (0, 1):
            raise LocalError("the unit is 0 or 1", code="out_of_range", field="big")
        return _signed_digits(number, 4, 0x40 if big else 0)


FORMAT_1 = Clock()
FORMAT_2 = Scaled()
FORMAT_3 = EnergyOrMoney()
FORMAT_4 = Number(1, signed=True, missing=MISSING)
FORMAT_5 = Number(2, 1, signed=True, missing=MISSING)
FORMAT_6 = Number(2, 2, signed=True, missing=MISSING)
FORMAT_7 = Number(2, 1, missing=MISSING)
FORMAT_8 = Number(2, missing=MISSING)
FORMAT_9 = Number(3, 4, signed=True, missing=MISSING)
FORMAT_10 = Number(3, missing=MISSING)
FORMAT_11 = Number(4, 2, missing=MISSING)
FORMAT_12 = Digits(6, MISSING)
FORMAT_13 = Number(4, 4, missing=MISSING)
FORMAT_14 = Number(5, 4, missing=MISSING)
FORMAT_15 = Digits(5, MISSING)
FORMAT_16 = Digits(4, MISSING)
FORMAT_17 = Digits(4, MISSING)
FORMAT_18 = Digits(3, MISSING)
FORMAT_19 = Digits(2, MISSING)
FORMAT_20 = Digits(3, MISSING)
FORMAT_21 = Digits(2, MISSING)
FORMAT_22 = Number(1, 1, missing=MISSING)
FORMAT_23 = Number(3, 4, missing=MISSING)
FORMAT_24 = Digits(2, MISSING)
FORMAT_25 = Number(3, 3, signed=True, missing=MISSING)
FORMAT_26 = Number(2, 3, missing=MISSING)
FORMAT_27 = Number(4, missing=MISSING)

FORMATS: dict[int, Form] = {
    1: FORMAT_1,
    2: FORMAT_2,
    3: FORMAT_3,
    4: FORMAT_4,
    5: FORMAT_5,
    6: FORMAT_6,
    7: FORMAT_7,
    8: FORMAT_8,
    9: FORMAT_9,
    10: FORMAT_10,
    11: FORMAT_11,
    12: FORMAT_12,
    13: FORMAT_13,
    14: FORMAT_14,
    15: FORMAT_15,
    16: FORMAT_16,
    17: FORMAT_17,
    18: FORMAT_18,
    19: FORMAT_19,
    20: FORMAT_20,
    21: FORMAT_21,
    22: FORMAT_22,
    23: FORMAT_23,
    24: FORMAT_24,
    25: FORMAT_25,
    26: FORMAT_26,
    27: FORMAT_27,
}

BYTE = Binary(1)
WORD = Binary(2)
NOTHING = Record(())  # no data at all: reads as {}
DAY_LABEL = FORMAT_20  # Td_d: "YYMMDD"
MONTH_LABEL = FORMAT_21  # Td_m: "YYMM"
CURVE_LABEL = record(start=FORMAT_15, density=BYTE, points=BYTE)  # Td_c; density 1: 15 min, 2: 30 min, 3: 60 min


def _missing(width: int) -> bytes:
    return bytes((MISSING,)) * width


def _as_came(value: Unreadable | None, width: int) -> bytes:
    if value is None:
        return _missing(width)
    if len(value.raw) != width:
        raise LocalError(f"{width} bytes belong here", code="bad_length")
    return value.raw


def _named(value: Plain, *names: str) -> list[Plain]:
    if not isinstance(value, dict) or value.keys() != set(names):
        raise LocalError(f"the fields are {' and '.join(names)}", code="wrong_fields")
    return [value[name] for name in names]


def _with_sign(digits: str, sign: int) -> Plain:
    if sign and not int(digits):
        return Decimal("-0")  # only a Decimal knows a zero with a sign
    return -int(digits) if sign else int(digits)


def _signed_digits(number: Plain, width: int, flags: int) -> bytes:
    """Write digits that leave the top half byte free for the sign (bit 4) and `flags`."""
    steps = Decimal(number) if isinstance(number, int | Decimal) else Decimal("NaN")
    if not steps.is_finite() or steps != steps.to_integral_value() or abs(steps) >= 10 ** (2 * width - 1):
        raise LocalError(f"a whole number of {2 * width - 1} digits belongs here", code="out_of_range", field="v")
    raw = bytes.fromhex(f"{abs(int(steps)):0{2 * width}d}")[::-1]
    return raw[:-1] + bytes((raw[-1] | flags | (0x10 if steps.is_signed() else 0),))
