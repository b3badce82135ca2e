"""Purchase control of a total group (AFN 04 F47, AFN 0A F47, AFN 0C F23): prepayment inside the terminal itself.

It suits customers with their own transformer, whose terminal opens their trip rounds; flats on DL/T 645 meters hold
their money in the meter. The bill number is the idempotency key: a terminal refuses an order with the number of the
last one, so an order whose answer was lost is repeated as it is, and the refusal of the repeat means that it is done.
"""

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.amounts import Amount, amount_from_plain, amount_to_plain
from meters_io.gdw1376.asking import (
    Piece,
    build_answer,
    build_request,
    fields_of,
    number_in,
    only,
    pieces_of_answer,
    pieces_of_request,
)
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.tail import NO_TAIL, Tail
from meters_io.layout import Plain, at_field

_SETTING = 47
_REMAINING = 23


class Mode(IntEnum):
    """What becomes of what remains."""

    APPEND = 0x55
    REFRESH = 0xAA  # it is replaced


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """F47. `bill`: its number, 32 bits. At `alarm` the terminal warns (ERC 23), at `trip` it opens its rounds."""

    bill: int
    mode: Mode
    value: Amount
    alarm: Amount
    trip: Amount


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """A purchase for one total group, 1 and up."""

    group: int
    order: PurchaseOrder


@dataclass(frozen=True, slots=True)
class Remaining:
    """What a total group has left; `amount` None where the terminal does not know."""

    group: int
    amount: Amount | None


class Level(StrEnum):
    """How much is left."""

    ENOUGH = "enough"
    ALARM = "alarm"
    TRIP = "trip"


@dataclass(frozen=True, slots=True)
class Account:
    """What a terminal keeps of a group: what is left, both thresholds, in steps, and the last bill it took."""

    steps: int = 0
    alarm: int = 0
    trip: int = 0
    bill: int | None = None


def build_purchase(route: Route, purchase: GroupOrder) -> Frame:
    """Order a purchase. LocalError names the field that cannot be sent."""
    return build_request(route, Afn.SET, [_setting(purchase)])


def parse_purchase(request: Frame) -> GroupOrder:
    """Read, as a terminal, a purchase. RemoteError names the field that is out of range."""
    return _order_in(only(pieces_of_request(request, Afn.SET), _SETTING))


def build_purchase_query(route: Route, group: int) -> Frame:
    """Ask for the purchase that a group was given last."""
    return build_request(route, Afn.QUERY, [Piece(group, _SETTING, {})])


def build_purchase_answer(asked: Frame, purchase: GroupOrder, tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a terminal, with the last purchase."""
    return build_answer(asked, [_setting(purchase)], tail)


def parse_purchase_answer(reply: Frame, asked: Frame) -> GroupOrder | None:
    """Read the last purchase of a group; None where the terminal has none. Raises RemoteError."""
    pieces = pieces_of_answer(reply, asked)
    return _order_in(only(pieces, _SETTING)) if pieces else None


def build_remaining_query(route: Route, group: int) -> Frame:
    """Ask what a group has left."""
    return build_request(route, Afn.CURRENT, [Piece(group, _REMAINING, {})])


def build_remaining(asked: Frame, remaining: Remaining, tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a terminal, what a group has left."""
    value: Plain = {"remaining": amount_to_plain(remaining.amount)}
    return build_answer(asked, [Piece(remaining.group, _REMAINING, value)], tail)


def parse_remaining(reply: Frame, asked: Frame) -> Remaining | None:
    """Read what a group has left; None where the terminal denies that it knows the group. Raises RemoteError."""
    pieces = pieces_of_answer(reply, asked)
    if not pieces:
        return None
    piece = only(pieces, _REMAINING)
    fields = fields_of(piece.value, "remaining")
    return Remaining(piece.point, amount_from_plain(fields["remaining"], "remaining"))


def take(account: Account, order: PurchaseOrder) -> Account:
    """Return what a terminal's account is after an order; RemoteError `repeated_bill`, and nothing has changed."""
    if order.bill == account.bill:
        raise RemoteError("this bill was taken before", code="repeated_bill", field="bill")
    before = account.steps if order.mode == Mode.APPEND else 0
    return Account(before + order.value.steps, order.alarm.steps, order.trip.steps, order.bill)


def use(account: Account, steps: int) -> Account:
    """Return the account after so much was used; it may go below zero."""
    return replace(account, steps=account.steps - steps)


def level_of(account: Account) -> Level:
    """Say what the terminal does about what is left."""
    if account.steps <= account.trip:
        return Level.TRIP
    return Level.ALARM if account.steps <= account.alarm else Level.ENOUGH


def _setting(purchase: GroupOrder) -> Piece:
    order = purchase.order
    if not 0 <= order.bill < 1 << 32:
        raise LocalError("a bill number has 32 bits", code="out_of_range", field="bill")
    fields: dict[str, Plain] = {"bill": order.bill, "mode": int(order.mode)}
    for name, amount in (("value", order.value), ("alarm", order.alarm), ("trip", order.trip)):
        with at_field(name):
            fields[name] = amount_to_plain(amount)
    return Piece(purchase.group, _SETTING, fields)


def _order_in(piece: Piece) -> GroupOrder:
    fields = fields_of(piece.value, "units.0")
    if piece.point < 1:
        raise RemoteError("a purchase is for one total group", code="out_of_range", field="group")
    mode = number_in(fields, "mode")
    if mode not in list(Mode):
        raise RemoteError("a purchase is appended or refreshes", code="out_of_range", field="mode")
    amounts = {name: _amount(fields, name) for name in ("value", "alarm", "trip")}
    return GroupOrder(piece.point, PurchaseOrder(number_in(fields, "bill"), Mode(mode), **amounts))


def _amount(fields: dict[str, Plain], name: str) -> Amount:
    amount = amount_from_plain(fields[name], name)
    if amount is None:
        raise RemoteError(f"{name} is missing", code="no_value", field=name)
    return amount
