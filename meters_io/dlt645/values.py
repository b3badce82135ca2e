"""Values inside the DATA of a frame, both ways (DL/T 645-2007 annex A).

Readable items are BCD, low pair first. A register full of FFH is "not available" and reads as None; None
writes as FFH. A nibble above nine is RemoteError `not_bcd`: such meters exist, and their figures are not
to be guessed.
"""

from datetime import UTC, datetime, tzinfo

from meters_io.bits import bcd_from_bytes, bcd_to_bytes, digits_from_bytes, digits_to_bytes
from meters_io.errors import LocalError, RemoteError

WH_PER_STEP = 10  # XXXXXX.XX kWh counts in steps of 10 Wh


def number_from_bytes(raw: bytes, width: int) -> int | None:
    """Read an unsigned BCD register of `width` bytes, decimals dropped."""
    _check_width(raw, width)
    return None if raw == b"\xff" * width else bcd_from_bytes(raw)


def number_to_bytes(number: int | None, width: int) -> bytes:
    """Write an unsigned BCD register of `width` bytes."""
    return b"\xff" * width if number is None else bcd_to_bytes(number, width)


def signed_from_bytes(raw: bytes, width: int) -> int | None:
    """Read a BCD register whose top bit is the sign (current, power, power factor, temperature)."""
    _check_width(raw, width)
    if raw == b"\xff" * width:
        return None
    number = bcd_from_bytes(raw[:-1] + bytes((raw[-1] & 0x7F,)))
    return -number if raw[-1] & 0x80 else number


def signed_to_bytes(number: int | None, width: int) -> bytes:
    """Write a BCD register whose top bit is the sign."""
    if number is None:
        return b"\xff" * width
    raw = bcd_to_bytes(abs(number), width)
    if raw[-1] & 0x80:
        raise LocalError("the number reaches into the sign bit", code="out_of_range", field="bcd")
    return raw if number >= 0 else raw[:-1] + bytes((raw[-1] | 0x80,))


def money_from_bytes(raw: bytes) -> int | None:
    """Read XXXXXX.XX yuan as cents."""
    return number_from_bytes(raw, 4)


def money_to_bytes(amount_cents: int | None) -> bytes:
    """Write cents as XXXXXX.XX yuan: 0 to 999999.99."""
    return number_to_bytes(amount_cents, 4)


def energy_from_bytes(raw: bytes) -> int | None:
    """Read XXXXXX.XX kWh as Wh."""
    steps = number_from_bytes(raw, 4)
    return None if steps is None else steps * WH_PER_STEP


def energy_to_bytes(energy_wh: int | None) -> bytes:
    """Write Wh as XXXXXX.XX kWh; what is less than 10 Wh is cut off, as a register does."""
    return number_to_bytes(None if energy_wh is None else energy_wh // WH_PER_STEP, 4)


def moment_from_bytes(raw: bytes, zone: tzinfo) -> datetime | None:
    """Read [ss] mm hh DD MM YY, 5 or 6 bytes of the meter's local time, as UTC.

    All zero or all FFH is None: nothing happened yet, or no limit is set.
    """
    if len(raw) not in (5, 6):
        raise RemoteError("a moment has 5 or 6 bytes", code="bad_length", field="moment")
    if raw in (bytes(len(raw)), b"\xff" * len(raw)):
        return None
    digits = digits_from_bytes(raw)
    year, month, day, hour, minute, second = (int(f"{digits:0<12}"[at : at + 2]) for at in range(0, 12, 2))
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RemoteError("no such date", code="bad_date", field="moment") from None


def moment_to_bytes(moment: datetime | None, zone: tzinfo, width: int = 6) -> bytes:
    """Write an aware `moment` in the meter's local time, with seconds (6 bytes) or without (5); None is
    zero.
    """
    if width not in (5, 6):
        raise LocalError("a moment has 5 or 6 bytes", code="out_of_range", field="moment")
    if moment is None:
        return bytes(width)
    return digits_to_bytes(f"{_local(moment, zone):%y%m%d%H%M%S}"[: 2 * width], width)


def clock_from_bytes(raw: bytes, zone: tzinfo) -> datetime:
    """Read item 0400010C, ss mm hh WW DD MM YY in the meter's local time, as UTC; the weekday is not
    believed.
    """
    _check_width(raw, 7)
    moment = moment_from_bytes(raw[:3] + raw[4:], zone)
    if moment is None:
        raise RemoteError("the clock is not set", code="bad_date", field="clock")
    return moment


def clock_to_bytes(moment: datetime, zone: tzinfo) -> bytes:
    """Write item 0400010C; weekday 0 is Sunday."""
    raw = moment_to_bytes(moment, zone)
    weekday = _local(moment, zone).isoweekday() % 7
    return raw[:3] + bytes((weekday,)) + raw[3:]


def _local(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is None:
        raise LocalError("a moment needs its zone", code="naive_time", field="moment")
    local = moment.astimezone(zone)
    if not 2000 <= local.year <= 2099:
        raise LocalError("two digits hold 2000 to 2099", code="out_of_range", field="moment")
    return local


def _check_width(raw: bytes, width: int) -> None:
    if len(raw) != width:
        raise RemoteError(f"{width} bytes were due, {len(raw)} came", code="bad_length", field="data")
