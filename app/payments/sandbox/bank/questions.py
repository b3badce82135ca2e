"""Reads the questions of shops, and keeps the orders that they name."""

from datetime import datetime
from urllib.parse import urlsplit

from app.payments.sandbox.bank.book import BankEvent, BankOrder, Book
from app.payments.sandbox.codes import Wire, moment_of

_MOST_TEXT = 2000


class Refusal(Exception):
    """The bank says no. `word`: order_differs, unknown_order, order_not_paid, refund_too_large, declined,
    reversed, unreadable."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class AnswerLost(Exception):
    """The bank has done what was asked, and nobody is told."""


def keep_order(book: Book, question: Wire) -> BankOrder:
    """Open the order that a question names, or find it open, inside of the caller's writing. Raises Refusal."""
    order = BankOrder(
        ref=text(question, "ref"),
        amount_minor=amount(question),
        currency=text(question, "currency"),
        subject=text(question, "subject"),
        expires_at=moment_of(question, "expires_at").timestamp(),
        return_url=address(question, "return_url"),
        notify_url=address(question, "notify_url"),
    )
    known = book.order(order.ref)
    if known is None:
        book.open_order(order)
        return order
    if (known.amount_minor, known.currency) != (order.amount_minor, order.currency):
        raise Refusal("order_differs")
    return known


def event_words(event: BankEvent) -> Wire:
    """An event as shops read it."""
    return {
        "event_id": event.event_id,
        "ref": event.ref,
        "succeeded": event.succeeded,
        "amount_minor": event.amount_minor,
        "currency": event.currency,
        "occurred_at": event.happens.isoformat(),
    }


def told_of(book: Book, ref: str, now: datetime) -> Wire | None:
    """The first money that came; else the last refusal; else nothing, also of what was never opened or was reversed."""
    if book.reversed(ref):
        return None
    happened = [event for event in book.events(ref) if event.occurs_at <= now.timestamp()]
    money = [event for event in happened if event.succeeded]
    told = money[:1] or happened[-1:]
    return event_words(told[0]) if told else None


def text(question: Wire, name: str) -> str:
    """A text of a question. Raises ValueError."""
    value = question.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_TEXT:
        raise ValueError(name)
    return value


def amount(question: Wire, name: str = "amount_minor") -> int:
    """A sum above zero. Raises ValueError."""
    value = question.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(name)
    return value


def address(question: Wire, name: str) -> str:
    """An address of the web. Raises ValueError."""
    value = text(question, name)
    if urlsplit(value).scheme not in ("http", "https"):
        raise ValueError(name)
    return value
