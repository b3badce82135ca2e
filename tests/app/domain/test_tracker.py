"""The story of one payment, from facts alone (SPEC M-2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.notice import MessageState
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.relay import RelayBits
from app.domain.tracker import (
    AfterFacts,
    Facts,
    Headline,
    Mark,
    PaymentFacts,
    PurchaseFacts,
    Step,
    headline,
    lines,
    look_again_s,
    shows_token,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=5)
WAITING = PaymentFacts(PaymentState.WAITING, NOW, NOW + timedelta(minutes=30))
PAID = replace(WAITING, state=PaymentState.PAID, paid_at=NOW, confirmed_at=NOW)
OPENED = PurchaseFacts(PurchaseState.PAID, NOW, takes_tokens=False, has_credit=True, linked=True)
SENT = replace(OPENED, state=PurchaseState.SENDING, sends=1, sent_at=NOW)
CREDITED = replace(SENT, state=PurchaseState.CREDITED, credited_at=NOW)
CLOSED = RelayBits(relay_open=False, command_open=False, keep_power=False)
OPEN = RelayBits(relay_open=True, command_open=True, keep_power=False)
ARMED = RelayBits(relay_open=True, command_open=False, keep_power=False)


def marks(facts: Facts, now: datetime = SOON) -> dict[Step, Mark]:
    """How each step stands."""
    return {line.step: line.mark for line in lines(facts, now)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(WAITING), Headline.WAITING_FOR_PAYMENT),
        (Facts(replace(WAITING, expires_at=NOW)), Headline.CHECKING_PAYMENT),
        (Facts(replace(WAITING, state=PaymentState.FAILED)), Headline.PAYMENT_FAILED),
        (Facts(replace(WAITING, state=PaymentState.CLOSED)), Headline.PAYMENT_CLOSED),
        (Facts(replace(WAITING, state=PaymentState.REVIEW)), Headline.PAYMENT_WITH_STAFF),
        (Facts(PAID, OPENED), Headline.ON_ITS_WAY),
        (Facts(PAID, SENT), Headline.ON_ITS_WAY),
        (Facts(PAID, replace(SENT, failures=1)), Headline.UNREACHABLE),
        (Facts(PAID, replace(OPENED, linked=False)), Headline.UNREACHABLE),
        (Facts(PAID, replace(SENT, state=PurchaseState.REVIEW)), Headline.WITH_STAFF),
        (Facts(PAID, replace(SENT, state=PurchaseState.REFUNDED)), Headline.REFUNDED),
        (Facts(PAID, replace(OPENED, state=PurchaseState.SETTLED, has_credit=False)), Headline.SETTLED),
        (Facts(PAID, CREDITED, AfterFacts(relay_promised=True)), Headline.CLOSING),
        (Facts(PAID, CREDITED, AfterFacts(relay=OPEN, relay_promised=True)), Headline.CLOSING),
        (Facts(PAID, CREDITED, AfterFacts(relay=OPEN)), Headline.STILL_OFF),
        (Facts(PAID, CREDITED, AfterFacts(relay=ARMED)), Headline.ARMED),
        (Facts(PAID, CREDITED, AfterFacts(relay=CLOSED)), Headline.LIT),
        (Facts(PAID, CREDITED), Headline.CREDITED),
        (Facts(None, CREDITED), Headline.CREDITED),
    ],
)
def test_the_headline_is_never_better_than_the_facts(facts: Facts, expected: Headline) -> None:
    assert headline(facts, SOON) is expected


def test_light_is_claimed_only_for_a_relay_that_was_read_back_closed() -> None:
    for purchase in (OPENED, SENT, CREDITED, replace(CREDITED, state=PurchaseState.REVIEW)):
        for after in (AfterFacts(), AfterFacts(relay=OPEN), AfterFacts(relay=ARMED)):
            assert headline(Facts(PAID, purchase, after), SOON) is not Headline.LIT


def test_one_step_is_awaited_at_a_time() -> None:
    assert marks(Facts(PAID, replace(OPENED, takes_tokens=True))) == {
        Step.PAID: Mark.DONE,
        Step.CONFIRMED: Mark.DONE,
        Step.TOKEN: Mark.NOW,
        Step.SENT: Mark.LATER,
        Step.READ_BACK: Mark.LATER,
        Step.SUPPLY: Mark.LATER,
        Step.RECEIPT: Mark.LATER,
    }


def test_a_meter_without_tokens_has_no_token_step() -> None:
    assert Step.TOKEN not in marks(Facts(PAID, OPENED))


def test_sending_is_not_claimed_when_surely_nothing_left() -> None:
    assert marks(Facts(PAID, replace(SENT, sends=0)))[Step.SENT] is Mark.NOW


@pytest.mark.parametrize(("seconds", "mark"), [(19, Mark.NOW), (21, Mark.LATE)])
def test_a_deadline_that_passes_is_admitted(seconds: int, mark: Mark) -> None:
    now = NOW + timedelta(seconds=seconds)

    (line,) = (line for line in lines(Facts(PAID, OPENED), now) if line.step is Step.SENT)

    assert (line.mark, line.due) == (mark, NOW + timedelta(seconds=20))


def test_what_a_person_must_settle_is_stuck_not_late() -> None:
    refused = replace(OPENED, state=PurchaseState.REVIEW)

    assert marks(Facts(PAID, refused), NOW + timedelta(days=1))[Step.SENT] is Mark.STUCK


def test_money_that_settles_arrears_never_reaches_for_the_meter() -> None:
    settled = replace(OPENED, state=PurchaseState.SETTLED, has_credit=False)

    assert set(marks(Facts(PAID, settled))) == {Step.PAID, Step.CONFIRMED, Step.RECEIPT}


@pytest.mark.parametrize(
    ("after", "mark"),
    [
        (AfterFacts(message=MessageState.DELIVERED, told_at=NOW), Mark.DONE),
        (AfterFacts(message=MessageState.QUEUED, telling_from=NOW), Mark.NOW),
        (AfterFacts(message=MessageState.QUEUED, telling_from=NOW + timedelta(hours=8)), Mark.LATER),
        (AfterFacts(message=MessageState.FAILED), Mark.STUCK),
        (AfterFacts(telling_promised=True), Mark.NOW),
        (AfterFacts(), None),
    ],
)
def test_a_message_is_told_of_if_there_is_anybody_to_tell(after: AfterFacts, mark: Mark | None) -> None:
    assert marks(Facts(PAID, CREDITED, after)).get(Step.TOLD) is mark


@pytest.mark.parametrize(
    ("purchase", "shown"),
    [
        (replace(OPENED, token_at=NOW), False),
        (replace(OPENED, token_at=NOW, linked=False), True),
        (replace(SENT, token_at=NOW, failures=1), True),
        (replace(SENT, token_at=NOW, failures=1, state=PurchaseState.REVIEW), True),
        (replace(CREDITED, token_at=NOW, failures=1), False),
        (replace(SENT, failures=3), False),
    ],
)
def test_the_code_is_shown_when_it_helps(purchase: PurchaseFacts, *, shown: bool) -> None:
    assert shows_token(purchase) is shown


@pytest.mark.parametrize(
    ("facts", "after_s", "pace"),
    [
        (Facts(WAITING), 5, 1),
        (Facts(PAID, SENT), 5, 1),
        (Facts(PAID, SENT), 120, 5),
        (Facts(PAID, SENT), 3600, None),
        (Facts(PAID, replace(SENT, state=PurchaseState.REVIEW)), 5, 30),
        (Facts(PAID, CREDITED, AfterFacts(relay_promised=True)), 5, 1),
        (Facts(PAID, CREDITED, AfterFacts(relay=CLOSED, relay_at=NOW)), 5, 5),
        (Facts(PAID, CREDITED, AfterFacts(relay=CLOSED, relay_at=NOW)), 600, None),
        (Facts(PAID, CREDITED, AfterFacts(relay=CLOSED, relay_at=NOW, receipt_at=NOW)), 5, None),
        (Facts(replace(WAITING, state=PaymentState.CLOSED)), 5, None),
    ],
)
def test_a_page_looks_again_while_there_is_something_to_come(facts: Facts, after_s: int, pace: int | None) -> None:
    now = NOW + timedelta(seconds=after_s)

    assert look_again_s(facts, lines(facts, now), now) == pace


def test_nothing_at_all_has_no_story() -> None:
    with pytest.raises(ValueError, match="neither"):
        headline(Facts(None), NOW)
