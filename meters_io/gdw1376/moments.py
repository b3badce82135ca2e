"""The digits in which terminals write moments and days, as moments and days. Terminals keep local time."""

from datetime import UTC, date, datetime, tzinfo

from meters_io.errors import LocalError, RemoteError
from meters_io.layout import Plain


def moment_to_digits(moment: datetime | None, zone: tzinfo) -> str | None:
    """Return format 15, "YYMMDDhhmm", of an aware moment; its seconds are lost."""
    if moment is None:
        return None
    local = _local(moment, zone)
    return f"{local.year % 100:02}{local.month:02}{local.day:02}{local.hour:02}{local.minute:02}"


def moment_from_digits(value: Plain, zone: tzinfo, field: str) -> datetime | None:
    """Read format 15 as UTC; None is "not available". RemoteError `bad_date` where there is no such moment."""
    return None if value is None else _moment(_pairs(value, 5, field), zone, field)


def clock_to_plain(moment: datetime | None, zone: tzinfo) -> Plain:
    """Return format 1 of an aware moment: its time and its weekday."""
    if moment is None:
        return None
    local = _local(moment, zone)
    return {"time": f"{local:%y%m%d%H%M%S}", "weekday": local.isoweekday()}


def clock_from_plain(value: Plain, zone: tzinfo, field: str) -> datetime | None:
    """Read format 1 as UTC; the weekday is not believed. RemoteError `bad_date` as for format 15."""
    if value is None:
        return None
    time = value.get("time") if isinstance(value, dict) else value
    return _moment(_pairs(time, 6, field), zone, field)


def day_to_digits(day: date) -> str:
    """Return format 20, "YYMMDD"."""
    return f"{_in_century(day):%y%m%d}"


def day_from_digits(value: Plain, field: str) -> date:
    """Read format 20. RemoteError `bad_date` where there is no such day."""
    return _day(_pairs(value, 3, field), field)


def month_to_digits(day: date) -> str:
    """Return format 21, "YYMM", of the month that a day lies in."""
    return f"{_in_century(day):%y%m}"


def month_from_digits(value: Plain, field: str) -> date:
    """Read format 21 as the first day of that month. RemoteError `bad_date` where there is no such month."""
    return _day([*_pairs(value, 2, field), 1], field)


def _pairs(value: Plain, count: int, field: str) -> list[int]:
    if not isinstance(value, str) or len(value) != 2 * count:
        raise RemoteError(f"{field} is no BCD", code="not_bcd", field=field)
    return [int(value[at : at + 2]) for at in range(0, 2 * count, 2)]


def _moment(pairs: list[int], zone: tzinfo, field: str) -> datetime:
    year, month, day, hour, minute, second = (*pairs, 0)[:6]
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RemoteError("there is no such moment", code="bad_date", field=field) from None


def _day(pairs: list[int], field: str) -> date:
    year, month, day = pairs
    try:
        return date(2000 + year, month, day)
    except ValueError:
        raise RemoteError("there is no such day", code="bad_date", field=field) from None


def _local(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is None:
        raise LocalError("a moment needs its zone", code="naive_time")
    local = moment.astimezone(zone)
    _in_century(local)
    return local


def _in_century(day: date) -> date:
    if not 2000 <= day.year <= 2099:
        raise LocalError("two digits hold 2000 to 2099", code="out_of_range")
    return day
