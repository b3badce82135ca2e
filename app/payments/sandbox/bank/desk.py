"""The counter at which shops ask: one address, signed questions, signed answers (README, "Verbs")."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from app.payments.sandbox.bank import charges
from app.payments.sandbox.bank.book import Book
from app.payments.sandbox.bank.questions import (
    AnswerLost,
    Refusal,
    amount,
    event_words,
    keep_order,
    text,
    told_of,
)
from app.payments.sandbox.codes import Wire, moment_of

__all__ = ["AnswerLost", "Refusal", "answer", "encode", "event_words"]

SLOW_REFUND = timedelta(seconds=10)


def answer(book: Book, question: Wire, now: datetime) -> Wire:
    """Answer a verified question. Raises Refusal, AnswerLost."""
    verb = _VERBS.get(str(question.get("verb")))
    if verb is None:
        raise Refusal("unreadable")
    try:
        return verb(book, question, now)
    except ValueError as error:
        raise Refusal("unreadable") from error


def _begin(book: Book, question: Wire, now: datetime) -> Wire:
    with book.writing():
        return {"ref": keep_order(book, question).ref}


def _query(book: Book, question: Wire, now: datetime) -> Wire:
    ref = text(question, "ref")
    return {"ref": ref, "event": told_of(book, ref, now)}


def _close(book: Book, question: Wire, now: datetime) -> Wire:
    ref = text(question, "ref")
    book.close_order(ref, now)
    return {"ref": ref}


def _refund(book: Book, question: Wire, now: datetime) -> Wire:
    ref, refund_ref, given_minor = text(question, "ref"), text(question, "refund_ref"), amount(question)
    with book.writing():
        _check_refund(book, ref, refund_ref, given_minor, now)
        if book.switched("refund_refused") and refund_ref not in book.refunded(ref):
            return {"ref": ref, "refund_ref": refund_ref, "state": "refused"}
        done_at = now + SLOW_REFUND if book.switched("refund_slow") else now
        book.add_refund(ref, refund_ref, given_minor, done_at)
        state = "done" if book.refund_done(refund_ref, now) else "asked"
    return {"ref": ref, "refund_ref": refund_ref, "state": state}


def _check_refund(book: Book, ref: str, refund_ref: str, given_minor: int, now: datetime) -> None:
    if book.order(ref) is None:
        raise Refusal("unknown_order")
    came = sum(e.amount_minor for e in book.events(ref) if e.succeeded and e.occurs_at <= now.timestamp())
    if not came or book.reversed(ref):
        raise Refusal("order_not_paid")
    given = book.refunded(ref)
    if refund_ref not in given and sum(given.values()) + given_minor > came:
        raise Refusal("refund_too_large")


def _list(book: Book, question: Wire, now: datetime) -> Wire:
    since, until = moment_of(question, "since"), moment_of(question, "until")
    return {"events": [event_words(event) for event in book.successes(since, until, now)]}


Verb = Callable[[Book, Wire, datetime], Wire]
_VERBS: dict[str, Verb] = {
    "begin": _begin,
    "query": _query,
    "close": _close,
    "charge": charges.charge,
    "reverse": charges.reverse,
    "refund": _refund,
    "list": _list,
    "sign": charges.sign,
    "agreed": charges.agreed,
    "revoke": charges.revoke,
}


def encode(words: Wire) -> bytes:
    """Words as they are signed and sent."""
    return json.dumps(words, ensure_ascii=False).encode()
