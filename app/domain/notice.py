"""Messages: what is told, when it may go out, when it is too late, and what may follow what (SPEC N, M-7)."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class MessageKind(StrEnum):
    PURCHASE_CREDITED = "purchase_credited"
    PURCHASE_TOKEN = "purchase_token"
    ALARM_A = "alarm_a"
    ALARM_B = "alarm_b"


class MessageState(StrEnum):
    """`unknown`: a provider may have taken it and its answer was lost. `dropped`: no longer true when its time came."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    DROPPED = "dropped"


_RANK = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.SENT: 2,
    MessageState.FAILED: 3,
    MessageState.DELIVERED: 3,
    MessageState.EXPIRED: 3,
    MessageState.DROPPED: 3,
}


def later(state: MessageState, heard: MessageState) -> MessageState:
    """Move forward only: a late or repeated word from a provider changes nothing."""
    return heard if _RANK[heard] > _RANK[state] else state


def lifetime(kind: MessageKind) -> timedelta:
    """How long a message is of use."""
    if kind in (MessageKind.ALARM_A, MessageKind.ALARM_B):
        return timedelta(hours=24)
    return timedelta(hours=72)


def repeats_after_crash(kind: MessageKind) -> bool:
    """May a message go out again when nobody can say whether it went? Results and tokens yes, warnings no."""
    return kind in (MessageKind.PURCHASE_CREDITED, MessageKind.PURCHASE_TOKEN)


def is_quiet(at: time, quiet_from: time | None, quiet_to: time | None) -> bool:
    """Is local time `at` inside the quiet hours, which may run over midnight?"""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return False
    if quiet_from < quiet_to:
        return quiet_from <= at < quiet_to
    return at >= quiet_from or at < quiet_to


def not_before(now: datetime, zone: ZoneInfo, quiet_from: time | None, quiet_to: time | None) -> datetime:
    """The first moment at or after `now` outside the quiet hours."""
    local = now.astimezone(zone)
    if quiet_to is None or not is_quiet(local.time(), quiet_from, quiet_to):
        return now
    end = local.replace(hour=quiet_to.hour, minute=quiet_to.minute, second=0, microsecond=0)
    if end <= local:
        end += timedelta(days=1)
    return end.astimezone(now.tzinfo)


def dedupe_key(kind: MessageKind, cause: str, contact: str) -> str:
    """One message per cause, kind and contact, whatever is retried."""
    return f"{kind}:{cause}:{contact}"
