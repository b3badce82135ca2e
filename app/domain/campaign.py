"""The life of a bulk send: what may be done to it when, and how much of it may begin now (SPEC N-5, N-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.notice import MessageKind


class CampaignPurpose(StrEnum):
    """`reminder`: customer service asks for money. `outage`: an announcement tells its area."""

    REMINDER = "reminder"
    OUTAGE = "outage"


class CampaignState(StrEnum):
    """`paused` waits for a hand; `stopped` never goes on; `done`: every item was planned or left out."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class ItemState(StrEnum):
    """`planned`: messages were made. `left_out`: nobody there may or can be told; the item's reason says why."""

    WAITING = "waiting"
    PLANNED = "planned"
    LEFT_OUT = "left_out"
    STOPPED = "stopped"


class CampaignAct(StrEnum):
    """What staff may do to a bulk send. `change`: its words, its recipients and its times."""

    CHANGE = "change"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    DISCARD = "discard"


class Bar(StrEnum):
    """Why an act cannot be done now."""

    NOT_NOW = "campaign_not_now"  # its state does not allow it
    NOBODY = "campaign_nobody"
    NO_WORDS = "campaign_no_words"
    WORDS_NEED_ACCOUNT = "campaign_words_need_account"
    OVER_BEFORE = "campaign_over_before"  # it would expire before it begins
    NOT_SEEN = "campaign_not_seen"  # the recipients are not those that were confirmed
    TOO_MANY = "campaign_too_many"


class CannotAct(Exception):
    """An act that is not allowed now; nothing was changed. `bar` says why."""

    def __init__(self, bar: Bar) -> None:
        super().__init__(bar)
        self.bar = bar


_S, _A = CampaignState, CampaignAct
_ALLOWED: dict[CampaignState, frozenset[CampaignAct]] = {
    _S.DRAFT: frozenset({_A.CHANGE, _A.START, _A.DISCARD}),
    _S.SCHEDULED: frozenset({_A.PAUSE, _A.STOP}),
    _S.RUNNING: frozenset({_A.PAUSE, _A.STOP}),
    _S.PAUSED: frozenset({_A.RESUME, _A.STOP}),
    _S.STOPPED: frozenset(),
    _S.DONE: frozenset({_A.STOP}),  # everybody is planned; what is not sent yet can still be taken back
}
UNDER_WAY = frozenset({_S.SCHEDULED, _S.RUNNING, _S.PAUSED})

MOST_ITEMS = 200_000  # of one reminder: who wants more narrows the choice, or sends twice
SECOND_LOOK_FROM = 500  # recipients from which the number is typed in before the send begins
MOST_PER_STEP = 500  # one step is one short transaction
AHEAD_S = 5  # so many seconds of unsent messages may lie in the outbox
EXPIRES_AFTER = timedelta(hours=24)  # a reminder that names no end
_TOLD_AFTER = timedelta(hours=4)  # that the light is back, or that nothing will happen, is news for so long
_LEAST_LIFE = timedelta(minutes=30)
_OVER = frozenset({MessageKind.OUTAGE_RESTORED, MessageKind.OUTAGE_WITHDRAWN})


def allowed(state: CampaignState) -> frozenset[CampaignAct]:
    """What may be done to a bulk send in this state."""
    return _ALLOWED[state]


def demand(state: CampaignState, act: CampaignAct) -> None:
    """Raise CannotAct where `act` is not allowed."""
    if act not in _ALLOWED[state]:
        raise CannotAct(Bar.NOT_NOW)


def starts_as(starts_at: datetime | None, now: datetime) -> CampaignState:
    """The state of a bulk send that has just been let go."""
    return CampaignState.SCHEDULED if starts_at is not None and starts_at > now else CampaignState.RUNNING


class Turn(StrEnum):
    """What a step finds. `leave`: nothing goes on; whoever resumes it promises a step anew."""

    LEAVE = "leave"
    WAIT = "wait"
    EXPIRE = "expire"
    GO = "go"


def turn(state: CampaignState, starts_at: datetime | None, expires_at: datetime | None, now: datetime) -> Turn:
    """What is to be done with a bulk send in this step."""
    if state not in (CampaignState.SCHEDULED, CampaignState.RUNNING):
        return Turn.LEAVE
    if expires_at is not None and expires_at <= now:
        return Turn.EXPIRE
    return Turn.WAIT if starts_at is not None and starts_at > now else Turn.GO


@dataclass(frozen=True, slots=True)
class Slice:
    """How many items are planned in this step, and when the next one is due."""

    items: int
    pause: timedelta


def next_slice(rate: int, unsent: int) -> Slice:
    """What one step may plan, at `rate` items a second with `unsent` messages due and not yet sent.

    At most `AHEAD_S` seconds' worth is ever unsent: a bulk send never fills the outbox, however slow the provider is.
    """
    room = max(0, rate * AHEAD_S - unsent)
    items = min(rate, room, MOST_PER_STEP)
    return Slice(items, timedelta(seconds=max(items, 1) / rate if items == MOST_PER_STEP else 1))


def shared_rate(rate: int, most_a_second: int, running: int) -> int:
    """Items a second for one bulk send of `running`, which share `most_a_second` among them; never less than one."""
    return max(1, min(rate, most_a_second // max(1, running)))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a meter is reminded: its balance is not above `ceiling_minor`, or its account owes; None, False: no bound."""

    ceiling_minor: int | None
    owing: bool

    def holds(self, balance_minor: int | None, arrears_minor: int) -> bool:
        """Is it still so? An unknown balance is no news; hand-picked meters have no bound and stay picked."""
        if self.owing and arrears_minor <= 0:
            return False
        return self.ceiling_minor is None or balance_minor is None or balance_minor <= self.ceiling_minor


def outage_expires(kind: MessageKind, until_at: datetime, now: datetime) -> datetime:
    """Until when an outage notice is of use: to its end; that it is over, for some hours."""
    if kind in _OVER:
        return now + _TOLD_AFTER
    return max(until_at, now + _LEAST_LIFE)
