"""Orders for meters that no link reaches, as rows: relay, keep-power, overdraft limit, purchases not yet downloaded."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from meters_io.errors import LocalError, RemoteError
from meters_io.handheld import columns as c
from meters_io.handheld.cells import (
    Row,
    digits_in,
    empty_row,
    moment_for,
    moment_in,
    steps_for,
    steps_in,
    text_for,
    text_in,
)

METER_DIGITS = range(11, 14)
_CUSTOMER_DIGITS = range(12, 13)
_TOKEN_DIGITS = 20
_MAX_TOKENS = 5


class Act(StrEnum):
    """What a relay is told: the words N1 of DL/T 645-2007 (control code 1C)."""

    TRIP = "1A"
    ALLOW_CLOSE = "1B"
    CLOSE = "1C"
    KEEP_POWER = "3A"
    END_KEEP_POWER = "3B"


@dataclass(frozen=True, slots=True)
class OverdraftLimit:
    """Set how far the balance may fall below nothing, in cents."""

    limit_minor: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase that is paid and not downloaded: the count the meter shall reach, cents, whose it is (12 digits)."""

    number: int
    amount_minor: int
    customer: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """A purchase as tokens, 20 digits each, in the order of their entry: key change first. One to five."""

    tokens: tuple[str, ...]


Order = Act | OverdraftLimit | Purchase | Tokens
_LIMIT, _PURCHASE, _TOKENS = "OL", "PU", "TK"
ORDERS = {**{act.value: act.name for act in Act}, _LIMIT: "OVERDRAFT_LIMIT", _PURCHASE: "PURCHASE", _TOKENS: "TOKENS"}


@dataclass(frozen=True, slots=True)
class Command:
    """One order for one meter. `id`: ours, up to 20 characters. `place`: for whoever walks there.

    `not_after`: aware; the hand-held leaves the order alone after it.
    """

    id: str
    meter: str
    order: Order
    place: str = ""
    not_after: datetime | None = None


def command_to_row(command: Command, zone: tzinfo) -> dict[str, str]:
    """Return the row of a command; moments in the meter's local time.

    Raises LocalError with the column in `field`: `bad_text`, `bad_meter`, `bad_customer`, `bad_token`, `out_of_range`,
    `naive_time`.
    """
    if not command.id:
        raise LocalError("a command has a number", code="bad_text", field=c.CMD_ID.name)
    row = empty_row(c.COMMANDS) | _order_cells(command.order)
    row[c.CMD_ID.name] = text_for(c.CMD_ID, command.id)
    row[c.METER.name] = _digits_for(c.METER, command.meter, METER_DIGITS, "bad_meter")
    row[c.PLACE.name] = text_for(c.PLACE, command.place)
    row[c.NOT_AFTER.name] = moment_for(c.NOT_AFTER, command.not_after, zone)
    return row


def command_from_row(row: Row, zone: tzinfo) -> Command:
    """Read the row of a command, as the hand-held does. Raises RemoteError with the column in `field`."""
    name = text_in(row, c.CMD_ID)
    if not name:
        raise RemoteError("a command has a number", code="no_command", field=c.CMD_ID.name)
    return Command(
        name,
        digits_in(row, c.METER, METER_DIGITS),
        _order_in(row),
        text_in(row, c.PLACE),
        moment_in(row, c.NOT_AFTER, zone),
    )


def _order_cells(order: Order) -> dict[str, str]:
    match order:
        case Act():
            return {c.KIND.name: order.value}
        case OverdraftLimit():
            return {c.KIND.name: _LIMIT, c.AMOUNT.name: steps_for(c.AMOUNT, order.limit_minor)}
        case Purchase():
            return {
                c.KIND.name: _PURCHASE,
                c.AMOUNT.name: steps_for(c.AMOUNT, order.amount_minor),
                c.COUNT.name: steps_for(c.COUNT, order.number),
                c.CUSTOMER.name: _digits_for(c.CUSTOMER, order.customer, _CUSTOMER_DIGITS, "bad_customer"),
            }
        case Tokens():
            return {c.KIND.name: _TOKENS, c.TOKENS.name: _joined(order.tokens)}


def _order_in(row: Row) -> Order:
    kind = text_in(row, c.KIND)
    if kind in {act.value for act in Act}:
        return Act(kind)
    match kind:
        case "OL":
            return OverdraftLimit(_needed(row, c.AMOUNT))
        case "PU":
            return Purchase(_needed(row, c.COUNT), _needed(row, c.AMOUNT), digits_in(row, c.CUSTOMER, _CUSTOMER_DIGITS))
        case "TK":
            return Tokens(_split(text_in(row, c.TOKENS)))
    raise RemoteError(f"{kind!r} is no order", code="bad_kind", field=c.KIND.name)


def _needed(row: Row, column: c.Column) -> int:
    steps = steps_in(row, column)
    if steps is None:
        raise RemoteError("a number belongs here", code="bad_number", field=column.name)
    return steps


def _digits_for(column: c.Column, digits: str, lengths: range, code: str) -> str:
    if not (digits.isascii() and digits.isdecimal() and len(digits) in lengths):
        raise LocalError(f"{lengths[0]} to {lengths[-1]} digits belong here", code=code, field=column.name)
    return digits


def _joined(tokens: tuple[str, ...]) -> str:
    if not 1 <= len(tokens) <= _MAX_TOKENS or not all(map(_is_token, tokens)):
        raise LocalError("one to five tokens of 20 digits belong here", code="bad_token", field=c.TOKENS.name)
    return " ".join(tokens)


def _split(text: str) -> tuple[str, ...]:
    tokens = tuple(text.split(" "))
    if len(tokens) > _MAX_TOKENS or not all(map(_is_token, tokens)):
        raise RemoteError("one to five tokens of 20 digits belong here", code="bad_token", field=c.TOKENS.name)
    return tokens


def _is_token(digits: str) -> bool:
    return len(digits) == _TOKEN_DIGITS and digits.isascii() and digits.isdecimal()
