"""What becomes of a message whose time has come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.notice import MANNERS, MessageKind, MessageState
from notifier.policy import ASKED_FOR, MOST_TRIES, Ask, End, Send, Standing, Wait, back_off, next_step
from tests.clocks import MONDAY_MORNING as NOW

FRESH = Standing(
    kind=MessageKind.ALARM_A,
    state=MessageState.QUEUED,
    not_before=NOW,
    expires_at=NOW + timedelta(hours=24),
    holds=True,
    stopped=False,
)
BEGUN = replace(FRESH, state=MessageState.SENDING)


def test_a_fresh_message_goes_out() -> None:
    assert next_step(FRESH, NOW, askable=True) == Send()


def test_a_message_waits_for_its_hour() -> None:
    morning = NOW + timedelta(hours=3)
    assert next_step(replace(FRESH, not_before=morning), NOW, askable=True) == Wait(morning)


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        (replace(FRESH, expires_at=NOW), MessageState.EXPIRED),
        (replace(FRESH, holds=False), MessageState.DROPPED),
        (replace(FRESH, stopped=True), MessageState.DROPPED),
    ],
)
def test_what_is_late_untrue_or_unwanted_never_goes_out(changed: Standing, state: MessageState) -> None:
    step = next_step(changed, NOW, askable=True)
    assert isinstance(step, End)
    assert step.state is state
    assert step.reason


def test_after_a_crash_a_provider_is_asked_first() -> None:
    assert next_step(BEGUN, NOW, askable=True) == Ask(Send())


def test_what_has_become_untrue_since_is_asked_for_and_not_sent_again() -> None:
    step = next_step(replace(BEGUN, holds=False), NOW, askable=True)
    assert isinstance(step, Ask)
    assert isinstance(step.otherwise, End)


def test_where_nobody_can_be_asked_a_result_goes_out_again_and_a_warning_does_not() -> None:
    result = replace(BEGUN, kind=MessageKind.PURCHASE_CREDITED)
    assert next_step(result, NOW, askable=False) == Send()
    assert next_step(BEGUN, NOW, askable=False) == End(MessageState.UNKNOWN, "answer_lost")


@pytest.mark.parametrize("state", [s for s in MessageState if s not in (MessageState.QUEUED, MessageState.SENDING)])
def test_what_has_ended_is_left_alone(state: MessageState) -> None:
    assert next_step(replace(FRESH, state=state), NOW, askable=True) == End()


def test_tries_come_further_and_further_apart() -> None:
    waits = [back_off(attempts) for attempts in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=30)


def test_quiet_hours_and_outages_put_a_message_off_and_not_beyond_its_life() -> None:
    night = NOW + timedelta(hours=9)
    assert next_step(replace(FRESH, waits_until=night), NOW, askable=True) == Wait(night)
    never = replace(FRESH, waits_until=NOW + timedelta(days=9))
    assert next_step(never, NOW, askable=True) == Wait(FRESH.expires_at)


def test_what_stands_against_a_message_is_said_on_it() -> None:
    step = next_step(replace(FRESH, against="suppressed"), NOW, askable=True)
    assert step == End(MessageState.DROPPED, "suppressed")


def test_a_provider_that_refuses_a_hundred_times_is_given_up() -> None:
    assert next_step(replace(FRESH, tries=MOST_TRIES - 1), NOW, askable=True) == Send()
    assert next_step(replace(FRESH, tries=MOST_TRIES), NOW, askable=True) == End(MessageState.GIVEN_UP, "tried_enough")


def test_a_provider_is_asked_once_more_after_the_end_and_then_nobody_knows() -> None:
    end = FRESH.expires_at
    assert next_step(BEGUN, end, askable=True) == Ask(End(MessageState.EXPIRED, "too_late"))
    assert next_step(BEGUN, end + ASKED_FOR, askable=True) == End(MessageState.UNKNOWN, "answer_lost")


@pytest.mark.parametrize("kind", MessageKind)
def test_where_nobody_can_be_asked_only_what_is_waited_for_goes_out_again(kind: MessageKind) -> None:
    step = next_step(replace(BEGUN, kind=kind), NOW, askable=False)
    assert isinstance(step, Send) == (not MANNERS[kind].unasked)
