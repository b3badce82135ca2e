"""Money in: the states of a payment and the rules of moving between them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Way(StrEnum):
    """How the payer meets the provider: on its page; inside its app (WeChat's own browser); by a QR code of ours that
    they scan; by a code of theirs that we scan (付款码); over the counter in cash; by a standing agreement."""

    PAGE = "page"
    IN_APP = "in_app"
    QR = "qr"
    BARCODE = "barcode"
    CASH = "cash"
    AGREEMENT = "agreement"


UNOPENED = frozenset({Way.PAGE, Way.IN_APP, Way.QR})
"""Ways that take no money before the provider has opened the order; by the others it may come at once."""

CHARGED = frozenset({Way.BARCODE, Way.AGREEMENT})
"""Ways by which we take the money: what becomes of it is asked for, no page can be opened again."""


def first_question(way: Way) -> timedelta:
    """When the provider is asked first, counted from the beginning: a payer with a phone in the hand is not kept."""
    return timedelta(seconds=4 if way in CHARGED else 20)


CASH_DESK = "counter"
"""The provider that is no company: money in the drawer of a member of staff, whom the payment names."""


def subject_of(meter_number: str) -> str:
    """What payers read in their app and on their statement, in both languages at once.

    It must not follow the reader: whoever pays may look again in another language, and an order that is opened again
    with other words is refused (WeChat Pay: INVALID_REQUEST where out_trade_no is known with other parameters).
    """
    return f"电费 Electricity {meter_number}"


class PaymentState(StrEnum):
    """`waiting` also covers "unknown": a timeout is never a failure. `review`: a person decides. `refunded`: a person
    decided that what came goes back."""

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    CLOSED = "closed"
    REVIEW = "review"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class CallbackFact:
    """What a provider told us, verified. `evidence` is the text as it came; amount in minor units."""

    provider: str
    event_id: str
    order_ref: str
    succeeded: bool
    amount_minor: int
    currency: str
    occurred_at: datetime
    evidence: str = ""
    source: str = "callback"


class Mismatch(StrEnum):
    """Why money that came cannot simply be booked; each opens a review."""

    UNKNOWN_ORDER = "unknown_order"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    PAID_TWICE = "paid_twice"
    PAID_AFTER_REVIEW = "paid_after_review"


MONEY_MAY_STILL_COME = (PaymentState.WAITING, PaymentState.FAILED, PaymentState.CLOSED)


def after(state: PaymentState, due_minor: int, fact: CallbackFact) -> PaymentState:
    """Return the state a payment of `due_minor` moves to on hearing `fact`; late money wins over a close."""
    if state not in MONEY_MAY_STILL_COME:
        return state  # late news never undoes a settled payment
    if not fact.succeeded:
        return PaymentState.FAILED if state is PaymentState.WAITING else state
    return PaymentState.PAID if fact.amount_minor == due_minor else PaymentState.REVIEW


def mismatch(
    state: PaymentState, due_minor: int, currency: str, fact: CallbackFact, *, money_seen: bool
) -> Mismatch | None:
    """Say what is wrong with money that `fact` reports, if anything.

    `money_seen`: an earlier event of another id already reported money for this order.
    """
    if not fact.succeeded:
        return None
    if fact.currency != currency:
        return Mismatch.WRONG_CURRENCY
    if money_seen:
        return Mismatch.PAID_TWICE if state is PaymentState.PAID else Mismatch.PAID_AFTER_REVIEW
    return None if fact.amount_minor == due_minor else Mismatch.WRONG_AMOUNT


def judge(
    state: PaymentState, due_minor: int, currency: str, fact: CallbackFact, *, taken_back: bool = False
) -> tuple[PaymentState, Mismatch | None]:
    """Return the state a payment moves to on hearing `fact`, and what is wrong with the money, if anything.

    Money for a payment that has had its money is always wrong; other wrong money leaves the payment to a person.
    `taken_back`: the provider was made to reverse it, so that news of money may be older than its way back.
    """
    waits = state in MONEY_MAY_STILL_COME
    trouble = mismatch(state, due_minor, currency, fact, money_seen=taken_back or not waits)
    if trouble and waits:
        return PaymentState.REVIEW, trouble
    return after(state, due_minor, fact), trouble
