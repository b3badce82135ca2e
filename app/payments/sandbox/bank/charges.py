"""Money that the shop takes: with a rehearsal code that says how it ends, or by an agreement (README)."""

from datetime import datetime, timedelta
from enum import StrEnum

from app.payments.sandbox.bank.book import BankEvent, BankOrder, Book, new_event
from app.payments.sandbox.bank.questions import AnswerLost, Refusal, address, amount, keep_order, text, told_of
from app.payments.sandbox.codes import Wire

PREFIX, DIGITS = "99", 18
PAYER_TAKES = timedelta(seconds=10)


class Script(StrEnum):
    """What the third and fourth digit of a rehearsal code say."""

    PAID = "00"
    LATER = "01"
    NEVER = "02"
    REFUSED = "03"
    ANSWER_LOST = "04"


def charge(book: Book, question: Wire, now: datetime) -> Wire:
    """Take the money, or begin to; the same order again says how far it is. Raises Refusal, AnswerLost."""
    secret = text(question, "secret")
    with book.writing():
        order = keep_order(book, question)
        if book.reversed(order.ref):
            raise Refusal("reversed")
        script = _script(book, order, secret)
        if not book.events(order.ref):
            _play(book, order, script, now)
    if script is Script.ANSWER_LOST:
        raise AnswerLost
    return {"ref": order.ref, "event": told_of(book, order.ref, now)}


def _script(book: Book, order: BankOrder, secret: str) -> Script:
    """How this charge ends. Raises Refusal for what is no code and no agreement, and where payers decline."""
    if book.switched("declines"):
        raise Refusal("declined")
    if secret.startswith(PREFIX) and len(secret) == DIGITS and secret.isdecimal():
        found = next((script for script in Script if script.value == secret[2:4]), Script.REFUSED)
        if found is not Script.REFUSED:
            return found
    most = book.agreed_most(secret)
    if most is None or order.amount_minor > most:
        raise Refusal("declined")
    return Script.PAID


def _play(book: Book, order: BankOrder, script: Script, now: datetime) -> None:
    """Nobody is called back for a charge: the shop has asked, and asks again."""
    match script:
        case Script.PAID | Script.ANSWER_LOST:
            book.add_event(_money(order, now))
        case Script.LATER:
            book.add_event(_money(order, now + PAYER_TAKES))
        case Script.NEVER | Script.REFUSED:
            pass


def _money(order: BankOrder, at: datetime) -> BankEvent:
    return new_event(order, order.amount_minor, at, succeeded=True, told=False)


def reverse(book: Book, question: Wire, now: datetime) -> Wire:
    """End an order: nothing more is taken, and what was taken goes back. An order that was given back stays so."""
    ref = text(question, "ref")
    with book.writing():
        book.close_order(ref, now)
        book.reverse(ref, now)
    return {"ref": ref}


def sign(book: Book, question: Wire, now: datetime) -> Wire:
    """Offer an agreement to a payer; the same again is the same."""
    ref = text(question, "ref")
    book.offer_agreement(ref, amount(question, "most_minor"), address(question, "return_url"))
    return {"ref": ref}


def agreed(book: Book, question: Wire, now: datetime) -> Wire:
    """The bank's name of an agreement that is signed and not ended, or null."""
    found = book.agreement(text(question, "ref"))
    return {"ref": question["ref"], "agreement": found.name if found and found.in_force else None}


def revoke(book: Book, question: Wire, now: datetime) -> Wire:
    """End an agreement."""
    book.end_agreement(text(question, "ref"), now)
    return {"ref": question["ref"]}
