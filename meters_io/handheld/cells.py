"""One cell of a row, both ways. Reading raises RemoteError and writing LocalError, both with the column in `field`."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from meters_io.errors import LocalError, RemoteError
from meters_io.handheld.columns import Column

Row = Mapping[str, str]
_MOMENT = "%Y%m%d%H%M%S"
_MOMENT_DIGITS = 14


def text_in(row: Row, column: Column) -> str:
    """Return the text of a cell without the blanks that fill it. RemoteError `no_column`, `too_long`."""
    try:
        text = row[column.name].strip(" \0")
    except KeyError:
        raise RemoteError("the column is missing", code="no_column", field=column.name) from None
    if len(text) > column.width:
        raise RemoteError(f"{column.width} characters have room here", code="too_long", field=column.name)
    return text


def digits_in(row: Row, column: Column, lengths: range) -> str:
    """Return the digits of a cell. RemoteError `not_digits`."""
    text = text_in(row, column)
    if not (text.isascii() and text.isdecimal() and len(text) in lengths):
        raise RemoteError(f"{text!r} is no number of that length", code="not_digits", field=column.name)
    return text


def steps_in(row: Row, column: Column, *, signed: bool = False) -> int | None:
    """Return the number of a cell in steps of its last decimal (cents); None where it is empty.

    RemoteError `bad_number`: no number, negative unless `signed`, or with more decimals than the column has.
    """
    text = text_in(row, column)
    if not text:
        return None
    body = text.removeprefix("-") if signed else text
    if not (body.isascii() and body.replace(".", "", 1).isdecimal()):
        raise RemoteError(f"{text!r} is no such number", code="bad_number", field=column.name)
    steps = Decimal(text).scaleb(column.decimals)
    if steps != steps.to_integral_value():
        raise RemoteError(f"{text!r} has too many decimals", code="bad_number", field=column.name)
    return int(steps)


def moment_in(row: Row, column: Column, zone: tzinfo) -> datetime | None:
    """Return the moment of a cell, local time of `zone`, as UTC; None where it is empty. RemoteError `bad_date`."""
    text = text_in(row, column)
    if not text:
        return None
    try:
        if not (len(text) == _MOMENT_DIGITS and text.isascii() and text.isdecimal()):
            raise ValueError
        return datetime.strptime(text, _MOMENT).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RemoteError(f"{text!r} is no moment", code="bad_date", field=column.name) from None


def text_for(column: Column, text: str) -> str:
    """Return the text of a cell. LocalError `bad_text`: too long, or not to be said in GBK."""
    try:
        width = len(text.encode("gbk"))
    except UnicodeEncodeError:
        raise LocalError("GBK has no such character", code="bad_text", field=column.name) from None
    if width > column.width or text != text.strip(" \0"):
        raise LocalError(f"{column.width} bytes have room here", code="bad_text", field=column.name)
    return text


def steps_for(column: Column, steps: int | None, *, signed: bool = False) -> str:
    """Return a number given in steps of its last decimal; empty for None. LocalError `out_of_range`."""
    if steps is None:
        return ""
    text = f"{Decimal(steps).scaleb(-column.decimals):f}"
    if (steps < 0 and not signed) or len(text) > column.width:
        raise LocalError("the number does not fit its column", code="out_of_range", field=column.name)
    return text


def moment_for(column: Column, moment: datetime | None, zone: tzinfo) -> str:
    """Return an aware moment in local time of `zone`, whole seconds; empty for None. LocalError `naive_time`."""
    if moment is None:
        return ""
    if moment.tzinfo is None:
        raise LocalError("a moment needs its zone", code="naive_time", field=column.name)
    return text_for(column, moment.astimezone(zone).strftime(_MOMENT).rjust(_MOMENT_DIGITS, "0"))


def empty_row(columns: tuple[Column, ...]) -> dict[str, str]:
    """Return a row with nothing in it."""
    return {column.name: "" for column in columns}
