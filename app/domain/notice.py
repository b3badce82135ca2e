"""Messages: what is told, when it may go out, when it is too late, and what may follow what (SPEC N, M-7)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.alarm import AlarmLevel
from app.domain.importance import Importance
from app.domain.purchase import ON_ITS_WAY, PurchaseState
from app.domain.suppression import SuppressionScope


class MessageKind(StrEnum):
    PURCHASE_CREDITED = "purchase_credited"
    PURCHASE_TOKEN = "purchase_token"
    ALARM_A = "alarm_a"
    ALARM_B = "alarm_b"
    LOGIN_CODE = "login_code"
    CONFIRM_ADDRESS = "confirm_address"
    RECEIPT = "receipt"
    TOP_UP_DUE = "top_up_due"
    TOP_UP_FAILED = "top_up_failed"
    REFUND_DONE = "refund_done"
    ALARM_OWING = "alarm_owing"
    REMINDER = "reminder"
    OUTAGE_PLANNED = "outage_planned"
    OUTAGE_NOW = "outage_now"
    OUTAGE_CHANGED = "outage_changed"
    OUTAGE_RESTORED = "outage_restored"
    OUTAGE_WITHDRAWN = "outage_withdrawn"
    DISCONNECTED = "disconnected"
    DEVICE_EVENT = "device_event"
    METER_EVENT = "meter_event"
    BALANCE_ANSWER = "balance_answer"
    HELP_ANSWER = "help_answer"
    STILL_OUT_ANSWER = "still_out_answer"


IMPORTANCE: dict[MessageKind, Importance] = {
    MessageKind.LOGIN_CODE: Importance.CODE,
    MessageKind.CONFIRM_ADDRESS: Importance.CODE,
    MessageKind.BALANCE_ANSWER: Importance.CODE,
    MessageKind.HELP_ANSWER: Importance.CODE,
    MessageKind.STILL_OUT_ANSWER: Importance.CODE,
    MessageKind.PURCHASE_CREDITED: Importance.RESULT,
    MessageKind.PURCHASE_TOKEN: Importance.RESULT,
    MessageKind.RECEIPT: Importance.RESULT,
    MessageKind.REFUND_DONE: Importance.RESULT,
    MessageKind.TOP_UP_DUE: Importance.RESULT,
    MessageKind.TOP_UP_FAILED: Importance.RESULT,
    MessageKind.DEVICE_EVENT: Importance.RESULT,
    MessageKind.ALARM_A: Importance.LOW_BALANCE,
    MessageKind.ALARM_B: Importance.LOW_BALANCE,
    MessageKind.ALARM_OWING: Importance.LOW_BALANCE,
    MessageKind.DISCONNECTED: Importance.LOW_BALANCE,
    MessageKind.METER_EVENT: Importance.LOW_BALANCE,
    MessageKind.OUTAGE_PLANNED: Importance.OUTAGE,
    MessageKind.OUTAGE_NOW: Importance.OUTAGE,
    MessageKind.OUTAGE_CHANGED: Importance.OUTAGE,
    MessageKind.OUTAGE_RESTORED: Importance.OUTAGE,
    MessageKind.OUTAGE_WITHDRAWN: Importance.OUTAGE,
    MessageKind.REMINDER: Importance.CAMPAIGN,
}
CODE_LASTS = timedelta(minutes=5)
ALARMS = {AlarmLevel.A: MessageKind.ALARM_A, AlarmLevel.B: MessageKind.ALARM_B}


class MessageState(StrEnum):
    """`unknown`: a provider may have taken it and its answer was lost. `dropped`: no longer true when its time came.

    `failed`: for good; trying again cannot help. `given_up`: it could have helped, and did not in time. `replaced`: a
    newer message tells more.
    """

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    EXPIRED = "expired"
    DROPPED = "dropped"
    REPLACED = "replaced"


_RANK = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNKNOWN: 2,
    MessageState.SENT: 3,
    MessageState.FAILED: 4,
    MessageState.DELIVERED: 4,
    MessageState.EXPIRED: 4,
    MessageState.DROPPED: 4,
    MessageState.GIVEN_UP: 4,
    MessageState.REPLACED: 4,
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A provider's word about a message it took. `stop`: from now on this address is left alone, as wide as `scope`."""

    state: MessageState
    provider_ref: str = ""
    reason: str = ""
    stop: bool = False
    scope: SuppressionScope = SuppressionScope.REMINDERS


def later(state: MessageState, heard: MessageState) -> MessageState:
    """Move forward only: a late or repeated word from a provider changes nothing."""
    return heard if _RANK[heard] > _RANK[state] else state


def is_warning(kind: MessageKind) -> bool:
    """Warnings keep quiet hours and never go out twice; results, tokens and codes are waited for, at any hour."""
    return kind in ALARMS.values()


def stops(kind: MessageKind) -> bool:
    """Does "stop" keep this message back? Warnings only: what was paid for, and what was asked for, still comes."""
    return is_warning(kind)


def lifetime(kind: MessageKind) -> timedelta:
    """How long a message is of use."""
    if kind is MessageKind.LOGIN_CODE:
        return CODE_LASTS
    return timedelta(hours=24) if is_warning(kind) or kind is MessageKind.CONFIRM_ADDRESS else timedelta(hours=72)


def warning_holds(kind: MessageKind, level: AlarmLevel, *, episode_open: bool) -> bool:
    """Is a warning still true? One about a level that has since been fallen through is replaced by the lower one's."""
    return episode_open and ALARMS.get(level) is kind


def token_helps(state: PurchaseState) -> bool:
    """Is a token worth typing? Once the credit is in the meter by another way it would be refused as used."""
    return state in ON_ITS_WAY


def repeats_after_crash(kind: MessageKind) -> bool:
    """May a message go out again when nobody can say whether it went? Results and tokens yes, warnings no."""
    return not is_warning(kind)


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
