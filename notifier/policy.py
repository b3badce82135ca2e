"""What to do with a message whose time has come. Pure: rows in, decision out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.notice import MessageKind, MessageState, repeats_after_crash


@dataclass(frozen=True, slots=True)
class Standing:
    """How a message stands. `holds`: what it says is still true. `stopped`: its reader wants no more.

    `against`: the code of what else ends it unsent. `waits_until`: quiet hours, an outage or money under way keep it
    back until then. `tries`: how often it was handed to a provider.
    """

    kind: MessageKind
    state: MessageState
    not_before: datetime
    expires_at: datetime
    holds: bool
    stopped: bool
    against: str = ""
    waits_until: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet. `stuck`: why nobody would carry it before then, though its time has come."""

    until: datetime
    stuck: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """Never: it ends in `state`. Without a state it has ended already."""

    state: MessageState | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """It may have gone out. Ask the provider first; `otherwise` if it has not."""

    otherwise: Send | Wait | End


Step = Send | Wait | End | Ask

MOST_TRIES = 100
"""By then a provider has been down for two days."""
ASKED_FOR = timedelta(hours=1)
"""How long after its life a provider is still asked for a message whose answer was lost; then nobody will know."""


def next_step(standing: Standing, now: datetime, *, askable: bool) -> Step:
    """Decide about a message that a worker has just taken.

    `sending` says that an earlier try began and nobody knows how it ended.
    """
    if standing.state is MessageState.QUEUED:
        return _fresh(standing, now)
    if standing.state is not MessageState.SENDING:
        return End()
    if askable:
        asked_enough = now >= standing.expires_at + ASKED_FOR
        return End(MessageState.UNKNOWN, "answer_lost") if asked_enough else Ask(_fresh(standing, now))
    if repeats_after_crash(standing.kind):
        return _fresh(standing, now)
    return End(MessageState.UNKNOWN, "answer_lost")


def _fresh(standing: Standing, now: datetime) -> Send | Wait | End:
    """In this order: who may not be written to, what is too late, what is untrue, what is not yet."""
    if standing.stopped:
        return End(MessageState.DROPPED, "contact_stopped")
    if standing.against:
        return End(MessageState.DROPPED, standing.against)
    if now >= standing.expires_at:
        return End(MessageState.EXPIRED, "too_late")
    if not standing.holds:
        return End(MessageState.DROPPED, "no_longer_true")
    if standing.tries >= MOST_TRIES:
        return End(MessageState.GIVEN_UP, "tried_enough")
    if now < standing.not_before:
        return Wait(standing.not_before)
    if standing.waits_until is not None and standing.waits_until > now:
        return Wait(min(standing.waits_until, standing.expires_at))
    return Send()


_STEPS = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900, 1800))


def back_off(attempts: int) -> timedelta:
    """Wait this long after the `attempts`-th try; a message that has expired meanwhile is not sent any more."""
    return _STEPS[min(attempts, len(_STEPS)) - 1]
