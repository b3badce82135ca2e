"""The counter at which shops ask: one address, signed questions, signed answers (README, "Verbs")."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from app.payments.sandbox.bank.book import BankEvent, BankOrder, Book
from app.payments.sandbox.codes import Wire, moment_of

_MOST_TEXT = 2000


class Refusal(Exception):
    """The bank says no. `word`: order_differs, unknown_order, order_not_paid, refund_too_large, unreadable."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def answer(book: Book, question: Wire, now: datetime) -> Wire:
    """Answer a verified question. Raises Refusal."""
    verb = _VERBS.get(str(question.get("verb")))
    if verb is None:
        raise Refusal("unreadable")
    try:
        return verb(book, question, now)
    except ValueError as error:
        raise Refusal("unreadable") from error


def event_words(event: BankEvent) -> Wire:
    """An event as shops read it."""
    return {
        "event_id": event.event_id,
        "ref": event.ref,
        "succeeded": event.succeeded,
        "amount_minor": event.amount_minor,
        "currency": event.currency,
        "occurred_at": datetime.fromtimestamp(event.occurs_at, UTC).isoformat(),
    }


def _begin(book: Book, question: Wire, now: datetime) -> Wire:
    order = BankOrder(
        ref=_text(question, "ref"),
        amount_minor=_amount(question),
        currency=_text(question, "currency"),
        subject=_text(question, "subject"),
        expires_at=moment_of(question, "expires_at").timestamp(),
        return_url=_address(question, "return_url"),
        notify_url=_address(question, "notify_url"),
    )
    with book.writing():
        known = book.order(order.ref)
        if known is None:
            book.open_order(order)
        elif (known.amount_minor, known.currency) != (order.amount_minor, order.currency):
            raise Refusal("order_differs")
    return {"ref": order.ref}


def _query(book: Book, question: Wire, now: datetime) -> Wire:
    """The first money that came; else the last refusal; else nothing, also of an order that was never opened."""
    ref = _text(question, "ref")
    happened = [event for event in book.events(ref) if event.occurs_at <= now.timestamp()]
    money = [event for event in happened if event.succeeded]
    told = money[:1] or happened[-1:]
    return {"ref": ref, "event": event_words(told[0]) if told else None}


def _close(book: Book, question: Wire, now: datetime) -> Wire:
    ref = _text(question, "ref")
    book.close_order(ref, now)
    return {"ref": ref}


def _refund(book: Book, question: Wire, now: datetime) -> Wire:
    ref, refund_ref, amount = _text(question, "ref"), _text(question, "refund_ref"), _amount(question)
    with book.writing():
        if book.order(ref) is None:
            raise Refusal("unknown_order")
        came = sum(e.amount_minor for e in book.events(ref) if e.succeeded and e.occurs_at <= now.timestamp())
        if not came:
            raise Refusal("order_not_paid")
        given = book.refunded(ref)
        if refund_ref not in given and sum(given.values()) + amount > came:
            raise Refusal("refund_too_large")
        book.add_refund(ref, refund_ref, amount)
    return {"ref": ref, "refund_ref": refund_ref}


def _list(book: Book, question: Wire, now: datetime) -> Wire:
    since, until = moment_of(question, "since"), moment_of(question, "until")
    return {"events": [event_words(event) for event in book.successes(since, until, now)]}


Verb = Callable[[Book, Wire, datetime], Wire]
_VERBS: dict[str, Verb] = {"begin": _begin, "query": _query, "close": _close, "refund": _refund, "list": _list}


def encode(words: Wire) -> bytes:
    """Words as they are signed and sent."""
    return json.dumps(words, ensure_ascii=False).encode()


def _text(question: Wire, name: str) -> str:
    value = question.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_TEXT:
        raise ValueError(name)
    return value


def _amount(question: Wire) -> int:
    value = question.get("amount_minor")
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError("amount_minor")
    return value


def _address(question: Wire, name: str) -> str:
    value = _text(question, name)
    if urlsplit(value).scheme not in ("http", "https"):
        raise ValueError(name)
    return value
