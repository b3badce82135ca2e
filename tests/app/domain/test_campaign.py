"""What may be done to a bulk send, how much of it may begin, and whether it is still true."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.campaign import (
    AHEAD_S,
    MOST_PER_STEP,
    CampaignAct,
    CampaignState,
    CannotAct,
    Reason,
    Turn,
    allowed,
    demand,
    next_slice,
    outage_expires,
    shared_rate,
    starts_as,
    turn,
)
from app.domain.notice import MessageKind

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_what_is_stopped_stays_so() -> None:
    assert allowed(CampaignState.STOPPED) == frozenset()
    with pytest.raises(CannotAct):
        demand(CampaignState.STOPPED, CampaignAct.RESUME)


def test_what_is_planned_and_not_sent_can_still_be_taken_back() -> None:
    assert allowed(CampaignState.DONE) == {CampaignAct.STOP}


def test_only_a_draft_is_changed() -> None:
    assert [state for state in CampaignState if CampaignAct.CHANGE in allowed(state)] == [CampaignState.DRAFT]


@given(rate=st.integers(1, 1000), unsent=st.integers(0, 10_000))
def test_no_step_lets_more_lie_unsent_than_some_seconds_worth(rate: int, unsent: int) -> None:
    part = next_slice(rate, unsent)
    assert 0 <= part.items <= MOST_PER_STEP
    assert part.items == 0 or unsent + part.items <= rate * AHEAD_S
    assert part.pause > timedelta(0)
    assert part.items / part.pause.total_seconds() <= rate * 1.001


@given(rate=st.integers(1, 1000), most=st.integers(1, 1000), running=st.integers(1, 50))
def test_sends_share_the_pace(rate: int, most: int, running: int) -> None:
    assert 1 <= shared_rate(rate, most, running) <= max(1, most // running)


def test_a_step_waits_goes_or_expires() -> None:
    running = CampaignState.RUNNING
    assert turn(running, None, None, NOW) is Turn.GO
    assert turn(CampaignState.SCHEDULED, NOW + HOUR, None, NOW) is Turn.WAIT
    assert turn(running, None, NOW, NOW) is Turn.EXPIRE
    assert turn(CampaignState.PAUSED, None, NOW, NOW) is Turn.LEAVE
    assert starts_as(NOW + HOUR, NOW) is CampaignState.SCHEDULED
    assert starts_as(NOW, NOW) is running


@pytest.mark.parametrize(
    ("reason", "balance", "arrears", "holds"),
    [
        (Reason(500, owing=False), 500, 0, True),
        (Reason(500, owing=False), 501, 0, False),
        (Reason(500, owing=False), None, 0, True),
        (Reason(None, owing=False), 9000, 0, True),
        (Reason(None, owing=True), 9000, 0, False),
        (Reason(500, owing=True), 400, 100, True),
    ],
)
def test_whoever_has_paid_is_not_reminded(reason: Reason, balance: int | None, arrears: int, holds: bool) -> None:
    assert reason.holds(balance, arrears) is holds


def test_news_of_an_outage_is_of_use_until_its_end() -> None:
    assert outage_expires(MessageKind.OUTAGE_NOW, NOW + HOUR, NOW) == NOW + HOUR
    assert outage_expires(MessageKind.OUTAGE_NOW, NOW - HOUR, NOW) > NOW
    assert outage_expires(MessageKind.OUTAGE_RESTORED, NOW - HOUR, NOW) > NOW + HOUR
