"""Times as Q/GDW 1376.1 writes them: format 1 (a whole clock) and the time tag that may end a frame."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from meters_io.bits import bcd_from_bytes, bcd_to_bytes
from meters_io.errors import LocalError, RemoteError

CLOCK_BYTES = 6
TAG_BYTES = 6


BCD_BYTES = bytes(16 * tens + units for tens in range(10) for units in range(10))
_BCD = {byte: byte // 16 * 10 + byte % 16 for byte in BCD_BYTES}


@dataclass(frozen=True, slots=True)
class TimeTag:
    """Tp: when a frame was sent, in the sender's local time, and how long it is good for.

    `count`: PFC, 0..255, counts on its own and is not PSEQ. `allowed_min`: 0 = for ever.
    """

    count: int
    day: int
    hour: int
    minute: int
    second: int
    allowed_min: int


def clock_to_bytes(moment: datetime, zone: tzinfo) -> bytes:
    """Write format 1: ss mm hh DD, weekday and month in one byte (Monday 1), YY."""
    local = _local(moment, zone)
    if not 2000 <= local.year <= 2099:
        raise LocalError("two digits hold 2000 to 2099", code="out_of_range", field="clock")
    month = local.isoweekday() << 5 | bcd_to_bytes(local.month, 1)[0]
    return _bcd(local.second, local.minute, local.hour, local.day) + bytes((month,)) + _bcd(local.year % 100)


def clock_from_bytes(raw: bytes, zone: tzinfo) -> datetime:
    """Read format 1, 6 bytes of the sender's local time, as UTC; the weekday is not believed."""
    if len(raw) != CLOCK_BYTES:
        raise RemoteError("format 1 has 6 bytes", code="bad_length", field="clock")
    second, minute, hour, day, month, year = (
        bcd_from_bytes(bytes((byte,))) for byte in (*raw[:4], raw[4] & 0x1F, raw[5])
    )
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RemoteError("no such date", code="bad_date", field="clock") from None


def tag_at(count: int, moment: datetime, zone: tzinfo, allowed_min: int) -> TimeTag:
    """Return the tag of a frame sent at the aware `moment`."""
    local = _local(moment, zone)
    return TimeTag(count, local.day, local.hour, local.minute, local.second, allowed_min)


def tag_to_bytes(tag: TimeTag) -> bytes:
    """Write PFC, ss mm hh DD, allowed delay."""
    if not (0 <= tag.count <= 255 and 0 <= tag.allowed_min <= 255):
        raise LocalError("a time tag counts to 255", code="out_of_range", field="tag")
    return bytes((tag.count, *_bcd(tag.second, tag.minute, tag.hour, tag.day), tag.allowed_min))


def tag_from_bytes(raw: bytes) -> TimeTag:
    """Read a time tag, 6 bytes; RemoteError when it is not BCD. Whether such a time exists is not asked here."""
    if len(raw) != TAG_BYTES:
        raise RemoteError("a time tag has 6 bytes", code="bad_length", field="tag")
    count, second, minute, hour, day, allowed_min = raw
    try:
        return TimeTag(count, _BCD[day], _BCD[hour], _BCD[minute], _BCD[second], allowed_min)
    except KeyError:
        raise RemoteError("a nibble above nine in a time tag", code="not_bcd", field="tag") from None


def is_stale(tag: TimeTag, now: datetime, zone: tzinfo) -> bool:
    """Tell whether a receiver whose clock shows `now` drops the frame: its age has reached the allowed delay.

    A tag that names no time of the month before, this one or the next is stale too.
    """
    if tag.allowed_min == 0:
        return False
    ages = [now - sent for sent in _sendings(tag, _local(now, zone))]
    return not ages or min(ages, key=abs) >= timedelta(minutes=tag.allowed_min)


def _sendings(tag: TimeTag, now: datetime) -> list[datetime]:
    """Return the moments around `now` that the tag, which names no month, may mean."""
    if not (1 <= tag.day <= 31 and tag.hour < 24 and tag.minute < 60 and tag.second < 60):
        return []
    firsts = [now.replace(day=1)]
    firsts += [(firsts[0] - timedelta(days=1)).replace(day=1), firsts[0] + timedelta(days=31)]
    return [
        first.replace(day=tag.day, hour=tag.hour, minute=tag.minute, second=tag.second, microsecond=0)
        for first in firsts
        if tag.day <= monthrange(first.year, first.month)[1]
    ]


def _bcd(*numbers: int) -> bytes:
    return b"".join(bcd_to_bytes(number, 1) for number in numbers)


def _local(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is None:
        raise LocalError("a clock needs its zone", code="naive_time", field="clock")
    return moment.astimezone(zone)
