"""What becomes of a message whose time has come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.notice import MessageKind, MessageState
from notifier.policy import Ask, End, Send, Standing, Wait, back_off, next_step
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
