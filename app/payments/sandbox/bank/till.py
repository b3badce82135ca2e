"""The rules of the rehearsal bank: what state an order is in, and what each button of its pay page does."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.payments.sandbox.bank.book import BankEvent, BankOrder, Book, new_event

AFTER_EXPIRY = timedelta(seconds=20)


class OrderState(StrEnum):
    """`under_way`: the payer has paid late, the money is to come. `declined` may still be paid."""

    OPEN = "open"
    DECLINED = "declined"
    UNDER_WAY = "under_way"
    PAID = "paid"
    CLOSED = "closed"
    EXPIRED = "expired"


PAYABLE = (OrderState.OPEN, OrderState.DECLINED)


class Act(StrEnum):
    """The buttons."""

    PAY = "pay"
    DECLINE = "decline"
    LATE = "late"
    TWICE = "twice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Press:
    """A button, with what was chosen beside it. `wait` None: until the order is over. `told`: callbacks are sent."""

    act: Act
    wrong_minor: int
    wait: timedelta | None
    told: bool


def state_of(order: BankOrder, events: list[BankEvent], now: datetime) -> OrderState:
    """Say how an order stands at `now`."""
    moment = now.timestamp()
    money = [event.occurs_at <= moment for event in events if event.succeeded]
    if any(money):
        return OrderState.PAID
    if money:
        return OrderState.UNDER_WAY
    if order.closed_at is not None:
        return OrderState.CLOSED
    if order.expires_at <= moment:
        return OrderState.EXPIRED
    return OrderState.DECLINED if events else OrderState.OPEN


def press(book: Book, order: BankOrder, pressed: Press, now: datetime) -> bool:
    """Do what a button says; False if the order cannot be paid (any more). A double click presses once."""
    with book.writing():
        current = book.order(order.ref) or order
        if state_of(current, book.events(order.ref), now) not in PAYABLE:
            return False
        if pressed.act is Act.PAY and book.switched("declines"):
            pressed = replace(pressed, act=Act.DECLINE)
        for event in _events(current, pressed, now):
            book.add_event(event)
    return True


def _events(order: BankOrder, pressed: Press, now: datetime) -> list[BankEvent]:
    match pressed.act:
        case Act.DECLINE:
            return [new_event(order, order.amount_minor, now, succeeded=False, told=pressed.told)]
        case Act.TWICE:
            return [new_event(order, order.amount_minor, now, succeeded=True, told=pressed.told) for _ in range(2)]
        case Act.WRONG:
            return [new_event(order, pressed.wrong_minor, now, succeeded=True, told=pressed.told)]
        case Act.LATE:
            return [new_event(order, order.amount_minor, _late(order, pressed, now), succeeded=True, told=pressed.told)]
        case Act.PAY:
            return [new_event(order, order.amount_minor, now, succeeded=True, told=pressed.told)]


def _late(order: BankOrder, pressed: Press, now: datetime) -> datetime:
    """Money that is under way arrives also when the order has been closed meanwhile."""
    if pressed.wait is not None:
        return now + pressed.wait
    return datetime.fromtimestamp(order.expires_at, now.tzinfo) + AFTER_EXPIRY
