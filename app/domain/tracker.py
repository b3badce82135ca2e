"""From money to light, told line by line: what is done, what is awaited and until when (SPEC M-2, L-7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.download import token_shown
from app.domain.notice import MessageState
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.relay import RelayBits, Supply, supply


class Step(StrEnum):
    """One fact that is waited for, in the order in which they come."""

    PAID = "paid"
    CONFIRMED = "confirmed"
    TOKEN = "token"
    SENT = "sent"
    READ_BACK = "read_back"
    SUPPLY = "supply"
    RECEIPT = "receipt"
    TOLD = "told"


class Mark(StrEnum):
    """`now`: being done, in time. `late`: the deadline has passed and we go on. `stuck`: it needs a person."""

    DONE = "done"
    NOW = "now"
    LATE = "late"
    LATER = "later"
    STUCK = "stuck"


class Headline(StrEnum):
    """Where the money is, in one word for the top of the page."""

    WAITING_FOR_PAYMENT = "waiting_for_payment"
    CHECKING_PAYMENT = "checking_payment"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_CLOSED = "payment_closed"
    PAYMENT_WITH_STAFF = "payment_with_staff"
    ON_ITS_WAY = "on_its_way"
    UNREACHABLE = "unreachable"
    WITH_STAFF = "with_staff"
    CLOSING = "closing"
    LIT = "lit"
    ARMED = "armed"
    STILL_OFF = "still_off"
    CREDITED = "credited"
    SETTLED = "settled"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Line:
    """One step: how it stands, when it happened, and by when it should."""

    step: Step
    mark: Mark
    at: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """`paid_at`: when the payer paid, by the provider's clock; `confirmed_at`: when we heard of it. `charged`: we take
    the money ourselves, so that nothing is left for the payer to do while it waits."""

    state: PaymentState
    begun_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    confirmed_at: datetime | None = None
    charged: bool = False


@dataclass(frozen=True, slots=True)
class PurchaseFacts:
    """`sends`: times that credit may have left us. `failures`: tries to download that proved nothing. `linked`: whether
    there is a line to the meter now. Times are None until the thing has happened."""

    state: PurchaseState
    created_at: datetime
    takes_tokens: bool
    has_credit: bool
    linked: bool
    failures: int = 0
    sends: int = 0
    token_at: datetime | None = None
    sent_at: datetime | None = None
    credited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AfterFacts:
    """What follows the credit. `relay`: the state read back for this purchase. The flags say that a promise is open."""

    relay: RelayBits | None = None
    relay_at: datetime | None = None
    relay_promised: bool = False
    message: MessageState | None = None
    told_at: datetime | None = None
    telling_from: datetime | None = None
    telling_promised: bool = False
    receipt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the rows say of one payment and its purchase; either may be missing, not both."""

    payment: PaymentFacts | None
    purchase: PurchaseFacts | None = None
    after: AfterFacts = AfterFacts()


TOKEN_DEADLINE = timedelta(seconds=10)
SENT_DEADLINE = timedelta(seconds=20)
CREDIT_DEADLINE = timedelta(seconds=60)  # after which a work order is opened (services.overdue)
RELAY_DEADLINE = timedelta(seconds=45)
TOLD_DEADLINE = timedelta(seconds=60)
RECEIPT_DEADLINE = timedelta(seconds=20)

_TOLD = (MessageState.SENT, MessageState.DELIVERED)
_UNTOLD = (MessageState.FAILED, MessageState.GIVEN_UP, MessageState.EXPIRED, MessageState.DROPPED)
_MOVING = (PurchaseState.PAID, PurchaseState.SENDING)


def lines(facts: Facts, now: datetime) -> tuple[Line, ...]:
    """One line per fact. Steps that do not belong to this payment (no token, nobody to tell) are left out."""
    told = [*_payment_lines(facts), *_purchase_lines(facts, now), *_after_lines(facts, now)]
    return tuple(line for line in told if line)


def _payment_lines(facts: Facts) -> list[Line]:
    payment = facts.payment
    if payment is None:
        return []
    if facts.purchase:
        paid_at = payment.paid_at or payment.confirmed_at
        return [Line(Step.PAID, Mark.DONE, paid_at), Line(Step.CONFIRMED, Mark.DONE, payment.confirmed_at)]
    match payment.state:
        case PaymentState.REVIEW:
            return [Line(Step.PAID, Mark.DONE, payment.paid_at), Line(Step.CONFIRMED, Mark.STUCK)]
        case PaymentState.REFUNDED:
            return [Line(Step.PAID, Mark.DONE, payment.paid_at)]
        case PaymentState.FAILED | PaymentState.CLOSED:
            return [Line(Step.PAID, Mark.STUCK)]
    return [Line(Step.PAID, Mark.NOW, due=payment.expires_at), Line(Step.CONFIRMED, Mark.LATER)]


def _purchase_lines(facts: Facts, now: datetime) -> list[Line | None]:
    purchase = facts.purchase
    if purchase is None:
        wanted = facts.payment is not None and facts.payment.state in (PaymentState.WAITING, PaymentState.REVIEW)
        return [Line(step, Mark.LATER) for step in (Step.SENT, Step.READ_BACK, Step.SUPPLY)] if wanted else []
    if not purchase.has_credit:
        return []
    begun, sent_at = purchase.created_at, purchase.sent_at if purchase.sends else None
    steps = [
        (Step.TOKEN, purchase.token_at, begun + TOKEN_DEADLINE),
        (Step.SENT, sent_at or purchase.credited_at, begun + SENT_DEADLINE),
        (Step.READ_BACK, purchase.credited_at, begun + CREDIT_DEADLINE),
    ]
    found: list[Line | None] = []
    for step, at, due in steps if purchase.takes_tokens else steps[1:]:
        waits = any(line and line.mark is not Mark.DONE for line in found)
        found.append(_later(step) if waits and at is None else _due(step, at, due, now, purchase.state))
    return found


def _later(step: Step) -> Line:
    return Line(step, Mark.LATER)


def _due(step: Step, at: datetime | None, due: datetime, now: datetime, state: PurchaseState) -> Line:
    if at is not None:
        return Line(step, Mark.DONE, at)
    if state not in (*_MOVING, PurchaseState.CREDITED, PurchaseState.SETTLED):
        return Line(step, Mark.STUCK)
    return Line(step, Mark.LATE if now > due else Mark.NOW, due=due)


def _after_lines(facts: Facts, now: datetime) -> list[Line | None]:
    purchase = facts.purchase
    if purchase is None or purchase.state is PurchaseState.REFUNDED:
        return []
    done_at = purchase.credited_at if purchase.has_credit else purchase.created_at
    if done_at is None:
        return [_later(Step.SUPPLY), _later(Step.RECEIPT)]
    after = facts.after
    receipt = _due(Step.RECEIPT, after.receipt_at, done_at + RECEIPT_DEADLINE, now, purchase.state)
    supplied = _supply_line(after, done_at, now) if purchase.has_credit else None
    return [supplied, receipt, _told_line(after, done_at, now)]


def _supply_line(after: AfterFacts, credited_at: datetime, now: datetime) -> Line | None:
    if after.relay is not None and supply(after.relay) is not Supply.OFF:
        return Line(Step.SUPPLY, Mark.DONE, after.relay_at)
    if after.relay_promised:
        due = credited_at + RELAY_DEADLINE
        return Line(Step.SUPPLY, Mark.LATE if now > due else Mark.NOW, due=due)
    return Line(Step.SUPPLY, Mark.STUCK, after.relay_at) if after.relay is not None else None


def _told_line(after: AfterFacts, done_at: datetime, now: datetime) -> Line | None:
    if after.message in _TOLD:
        return Line(Step.TOLD, Mark.DONE, after.told_at)
    if after.message in _UNTOLD:
        return Line(Step.TOLD, Mark.STUCK)
    if after.message is None and not after.telling_promised:
        return None  # nobody has asked to be told
    due = max(after.telling_from or done_at, done_at) + TOLD_DEADLINE
    if after.telling_from is not None and after.telling_from > now:
        return Line(Step.TOLD, Mark.LATER, due=after.telling_from)
    return Line(Step.TOLD, Mark.LATE if now > due else Mark.NOW, due=due)


def headline(facts: Facts, now: datetime) -> Headline:
    """Where the money is. Never better news than the rows prove."""
    if facts.purchase is not None:
        return _purchase_headline(facts.purchase, facts.after)
    if facts.payment is None:
        raise ValueError("neither payment nor purchase")
    match facts.payment.state:
        case PaymentState.WAITING:
            over = facts.payment.charged or now >= facts.payment.expires_at
            return Headline.CHECKING_PAYMENT if over else Headline.WAITING_FOR_PAYMENT
        case PaymentState.FAILED:
            return Headline.PAYMENT_FAILED
        case PaymentState.CLOSED:
            return Headline.PAYMENT_CLOSED
        case PaymentState.REVIEW:
            return Headline.PAYMENT_WITH_STAFF
        case PaymentState.REFUNDED:
            return Headline.REFUNDED
    return Headline.ON_ITS_WAY


def _purchase_headline(purchase: PurchaseFacts, after: AfterFacts) -> Headline:
    match purchase.state:
        case PurchaseState.REFUNDED:
            return Headline.REFUNDED
        case PurchaseState.SETTLED:
            return Headline.SETTLED
        case PurchaseState.REVIEW:
            return Headline.WITH_STAFF
        case PurchaseState.CREDITED:
            return _credited_headline(after)
    out_of_reach = purchase.failures or not purchase.linked
    return Headline.UNREACHABLE if out_of_reach else Headline.ON_ITS_WAY


def _credited_headline(after: AfterFacts) -> Headline:
    if after.relay is None:
        return Headline.CLOSING if after.relay_promised else Headline.CREDITED
    match supply(after.relay):
        case Supply.ARMED:
            return Headline.ARMED
        case Supply.OFF:
            return Headline.CLOSING if after.relay_promised else Headline.STILL_OFF
    return Headline.LIT


def shows_token(purchase: PurchaseFacts) -> bool:
    """Is it time to give the resident the code to type? As soon as the remote way has failed once, or is not there."""
    undecided = purchase.state in (*_MOVING, PurchaseState.REVIEW)
    return undecided and purchase.token_at is not None and token_shown(purchase.failures, linked=purchase.linked)


_QUICK, _SLOW, _RARE = 1, 5, 30  # seconds between looks
_WATCHED_QUICKLY = timedelta(seconds=90)
_WATCHED = timedelta(minutes=30)
_AFTERMATH = timedelta(seconds=90)
_ENDS = (
    Headline.PAYMENT_FAILED,
    Headline.PAYMENT_CLOSED,
    Headline.SETTLED,
    Headline.REFUNDED,
    Headline.LIT,
    Headline.ARMED,
    Headline.CREDITED,
    Headline.STILL_OFF,
)
_RARELY = (Headline.WITH_STAFF, Headline.PAYMENT_WITH_STAFF)


def look_again_s(facts: Facts, told: tuple[Line, ...], now: datetime) -> int | None:
    """Seconds until the page should look again; None when there is no more to see, or nobody watches that long."""
    first = facts.purchase.created_at if facts.purchase else facts.payment.begun_at if facts.payment else now
    at = headline(facts, now)
    if at in _ENDS:
        waits = any(line.mark in (Mark.NOW, Mark.LATE) for line in told)
        return _SLOW if waits and now - _last(told, first) < _AFTERMATH else None
    if now - first > _WATCHED:
        return None
    if at in _RARELY:
        return _RARE
    return _QUICK if now - first < _WATCHED_QUICKLY else _SLOW


def _last(told: tuple[Line, ...], first: datetime) -> datetime:
    return max((line.at for line in told if line.at), default=first)
