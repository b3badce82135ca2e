"""Token identifiers: 24 bits, minutes since a base date (IEC 62055-41, 6.3.5), and key expiry by their top
byte.
"""

from datetime import UTC, datetime, timedelta
from enum import IntEnum

from meters_io.errors import LocalError

TID_LIMIT = 1 << 24
_MINUTE = timedelta(minutes=1)
_MINUTES_A_DAY = 1440
_RESERVED_MINUTE = 1  # 00:01 of each day belongs to tokens issued deliberately as special
_NO_OFFSET = timedelta(0)


class BaseDate(IntEnum):
    """The years from whose 1 January 00:00 minutes are counted; an attribute of the vending key."""

    Y1993 = 1993
    Y2014 = 2014
    Y2035 = 2035


def tid_at(moment: datetime, base: BaseDate, clock_offset: timedelta = _NO_OFFSET) -> int:
    """Return the TID of the minute that contains `moment`, the reserved minute included.

    `clock_offset` is how far the fleet's TID clock runs ahead of UTC: zero unless the supply group counts
    in local civil time. Raises LocalError: `naive_time`, `tid_before_base`, `tid_exhausted` (31.9 years
    after base).
    """
    if moment.tzinfo is None:
        raise LocalError("a TID needs an aware time", code="naive_time", field="moment")
    tid = (moment - datetime(base, 1, 1, tzinfo=UTC) + clock_offset) // _MINUTE
    if tid < 0:
        raise LocalError("the time lies before the base date", code="tid_before_base", field="moment")
    return _fitting(tid)


def time_of(tid: int, base: BaseDate, clock_offset: timedelta = _NO_OFFSET) -> datetime:
    """Return the start of the minute a TID names, aware UTC. Raises LocalError `tid_range`."""
    if not 0 <= tid < TID_LIMIT:
        raise LocalError("a TID has 24 bits", code="tid_range", field="tid")
    return datetime(base, 1, 1, tzinfo=UTC) + tid * _MINUTE - clock_offset


def is_reserved(tid: int) -> bool:
    """Tell whether a TID is that of 00:01, which no ordinary token carries."""
    return tid % _MINUTES_A_DAY == _RESERVED_MINUTE


def reserved_tid(moment: datetime, base: BaseDate, clock_offset: timedelta = _NO_OFFSET) -> int:
    """Return the TID of 00:01 of the day of `moment`, for a token issued deliberately as special reserved.

    `clock_offset` and errors as for `tid_at`.
    """
    return _fitting(tid_at(moment, base, clock_offset) // _MINUTES_A_DAY * _MINUTES_A_DAY + _RESERVED_MINUTE)


def reserved_of(tid: int) -> int:
    """Return the TID of 00:01 of the day in which `tid` lies; at 00:00 it is the minute to come."""
    return tid - tid % _MINUTES_A_DAY + _RESERVED_MINUTE


def next_free(current: int, last_used: int | None) -> int:
    """Return the TID of the next ordinary token: `current`, or the first usable one after `last_used`.

    Never goes back, never repeats, never takes 00:01. Raises LocalError `tid_exhausted`.
    """
    tid = current if last_used is None else max(current, last_used + 1)
    return _fitting(tid + 1 if is_reserved(tid) else tid)


def is_expired(tid: int, ken: int) -> bool:
    """Tell whether a key with expiry number `ken` (0-255) is too old for this TID; 255 never is."""
    return tid >> 16 > ken


def last_tid_of(ken: int) -> int:
    """Return the last TID that a key with expiry number `ken` (0-255) may serve."""
    return (ken + 1 << 16) - 1


def _fitting(tid: int) -> int:
    if tid >= TID_LIMIT:
        raise LocalError("the base date has run out of TIDs", code="tid_exhausted", field="tid")
    return tid
