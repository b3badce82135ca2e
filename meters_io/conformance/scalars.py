"""Whether one value of ours is what a file of frames says, whatever way the file spells it.

Free is the spelling: 198.56 or "198.56"; "2611200930" or "2026-11-20 09:30"; null, "EEEE" or "n/a" for a register
without a value; bytes as hex, perhaps behind "raw:". The value is not: it must be what the bytes say.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from meters_io.bits import set_places, uint_from_bytes
from meters_io.conformance.inputs import compact, whole_of
from meters_io.conformance.shape import Json
from meters_io.layout import Plain, Unreadable

_NOTHING = frozenset({"", "null", "none", "n/a", "na", "missing", "absent", "not available", "-"})
_FILL = re.compile("(?:raw:)?(?:ee|ff)+", re.IGNORECASE)
_WEEKDAY = re.compile(r"\bw(?:d|eekday)?[ :=]?0?(\d)\b")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY_NAME = re.compile(rf"\b({'|'.join(_DAYS)})\b", re.IGNORECASE)
_DAY_AFTER_DATE = re.compile(r"^((?:20)?\d\d-\d\d-\d\d)[ ,(]+0?(\d)\)?(?![\d:])")
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_MANY_DECIMALS = 10  # more than any register has: a sum of floats wrote this number
_CLOSE = Decimal("1e-9")
_MISSING = 0xEE  # the fill of Q/GDW 1376.1, in binary fields too


def same_scalar(said: Json, value: Plain, raw: bytes | None) -> bool:
    """Tell whether the file's `said` is our `value`; `raw`: its bytes as they travel, 33H taken off, where known."""
    if isinstance(said, str) and raw is not None and is_raw(said, raw, bare=_has_no_order(value)):
        return True
    if said is None and raw and set(raw) == {_MISSING}:
        return True
    if isinstance(said, list):
        return raw is not None and _is_list(said, raw)
    match value:
        case None:
            return said is None or (isinstance(said, str) and _names_nothing(said))
        case Unreadable():
            return not value.raw and (said is None or said == "")
        case bool() | int() | Decimal():
            return _same_number(said, Decimal(value), whole=isinstance(value, int))
        case str():
            return _same_text(said, value, raw)
        case {"time": str(time), "weekday": int(weekday)} if len(value) == 2:
            return isinstance(said, str) and _same_clock(said, time, weekday)
        case {"v": int() | Decimal() as number, "scale": int(scale)} if len(value) == 2:
            return _same_number(said, Decimal(number).scaleb(scale), whole=False)
        case list() | dict():
            return raw is not None and _is_word(said, raw)


def _is_word(said: Json, raw: bytes) -> bool:
    """A word of bits is a number: as such, or in hex with its highest byte first."""
    number = int.from_bytes(raw, "little")
    if isinstance(said, str):
        return len(_hex_digits(said)) == 2 * len(raw) and _hex_of(said) == number
    return isinstance(said, int) and not isinstance(said, bool) and said == number


def is_raw(said: str, raw: bytes, *, bare: bool) -> bool:
    """Tell whether a text is these bytes as they stand; `bare`: it need not say so by "raw:" before them."""
    text = compact(said).lower()
    if text.startswith("raw:"):
        return text.removeprefix("raw:") == raw.hex()
    return bare and bool(raw) and text == raw.hex()


def _is_list(said: list[Json], raw: bytes) -> bool:
    """Tell whether a list of numbers is the bytes one by one, or, of a mask, the numbers (from 1) of the bits set."""
    numbers = [each for each in said if isinstance(each, int) and not isinstance(each, bool)]
    if len(numbers) != len(said):
        return False
    return numbers in ([*raw], [n + 1 for n in set_places(uint_from_bytes(raw))])


def _has_no_order(value: Plain) -> bool:
    """Tell whether bare hex can only mean the bytes: digits and words of bits show their highest byte first."""
    return not (isinstance(value, list | dict) or (isinstance(value, str) and _is_hex(value)))


def _names_nothing(said: str) -> bool:
    return said.strip().lower() in _NOTHING or _FILL.fullmatch(compact(said)) is not None


def _same_number(said: Json, value: Decimal, *, whole: bool) -> bool:
    if isinstance(said, bool):
        return whole and value == int(said)
    if isinstance(said, int):
        return value == said
    if isinstance(said, Decimal):
        return value == said or (_from_floats(said) and abs(value - said) <= _CLOSE * max(Decimal(1), abs(value)))
    if not isinstance(said, str):
        return False
    try:
        if Decimal(said.strip()) == value:
            return True
    except InvalidOperation:
        pass
    return whole and value >= 0 and _hex_of(said) == value


def _from_floats(said: Decimal) -> bool:
    exponent = said.as_tuple().exponent
    return isinstance(exponent, int) and -exponent > _MANY_DECIMALS


def _hex_of(said: str) -> int | None:
    try:
        return int(_hex_digits(said), 16)
    except ValueError:
        return None


def _hex_digits(said: str) -> str:
    return compact(said).lower().removeprefix("0x").removesuffix("h")


def _same_text(said: Json, value: str, raw: bytes | None) -> bool:
    if isinstance(said, int | Decimal) and not isinstance(said, bool):
        return _same_digits(said, value) if value.isdecimal() else raw is not None and uint_from_bytes(raw) == said
    if not isinstance(said, str):
        return False
    if said == value or said.strip(" \0") == value.strip(" \0"):
        return True
    if _DOTTED.fullmatch(said):
        return raw is not None and bytes(min(int(part), 255) for part in said.split(".")) == raw
    if _is_hex(value) and compact(said).lower().removeprefix("0x") == value.lower():
        return True
    if raw and value == raw.hex() and _in_gb(said) == raw:
        return True
    return value.isdecimal() and value in _moments(said, value)


def _in_gb(said: str) -> bytes | None:
    """Return the bytes of a message to read, as Chinese meters and terminals write it."""
    try:
        return said.encode("gb2312")
    except UnicodeEncodeError:
        return None


def _is_hex(value: str) -> bool:
    return bool(value) and all(char in "0123456789abcdefABCDEF" for char in value)


def _same_digits(said: int | Decimal, value: str) -> bool:
    try:
        return whole_of(said) == int(value)
    except ValueError:
        return False


def _moments(said: str, value: str) -> tuple[str, ...]:
    """Return the digits that a moment may mean: as written, and with its weekday (or ours, if it has none) in place."""
    said = _with_weekday_marked(said, 0)
    day, bare = _WEEKDAY.search(said), _bare_moment(said)
    short = bare[2:] if bare.startswith("20") else bare  # the century, where no hyphen tells it apart
    if day is not None:
        return tuple(each[:6] + f"0{day.group(1)}" + each[6:] for each in (bare, short))
    return bare, short, bare[:6] + value[6:8] + bare[6:] if "-" in said else bare


def _with_weekday_marked(said: str, sunday: int) -> str:
    """Return a moment with its weekday as the files mark it: "2026-11-20 Fri" and "2026-11-20 5" have w5.

    `sunday`: 0 in DL/T 645, 7 in Q/GDW 1376.1.
    """
    named = _DAY_NAME.sub(lambda found: f"w{_DAYS.index(found.group(1).lower()) or sunday}", said)
    return _DAY_AFTER_DATE.sub(r"\1 w\2", named)


def _bare_moment(said: str) -> str:
    """Return the digits of a moment, the century and a weekday left out; nothing if it is none."""
    text = _WEEKDAY.sub("", said).strip()
    if not re.fullmatch(r"[\d\s:./T-]+", text):
        return ""
    return re.sub(r"\D", "", re.sub(r"^20(?=\d\d-)", "", text))


def _same_clock(said: str, time: str, weekday: int) -> bool:
    said = _with_weekday_marked(said, 7)
    day = _WEEKDAY.search(said)
    if day is not None and int(day.group(1)) != weekday:
        return False
    return _bare_moment(said) == time
