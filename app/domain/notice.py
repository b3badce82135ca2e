"""Messages: what is told, when it may go out, when it is too late, and what may follow what (SPEC N, M-7)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.alarm import AlarmTone
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
ALARMS = {
    AlarmTone.NOTICE: MessageKind.ALARM_A,
    AlarmTone.URGENT: MessageKind.ALARM_B,
    AlarmTone.OWING: MessageKind.ALARM_OWING,
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How messages of one kind behave.

    `lasts`: how long one is of use, where its cause says nothing else. `unasked`: nobody waits for it, so a "stop"
    keeps it back, and it never goes out again when nobody can say whether it went. `quiet`: it waits for the end of
    quiet hours. `capped`: it counts against what one address gets in 24 hours. `inbox`: it lies on the pages too.
    """

    lasts: timedelta
    unasked: bool = False
    quiet: bool = False
    capped: bool = False
    inbox: bool = False


_DAY = timedelta(hours=24)
_DAYS = timedelta(hours=72)
_WARNING = Manner(_DAY, unasked=True, quiet=True, capped=True, inbox=True)
_ANSWER = Manner(timedelta(hours=1))  # somebody wrote to us and looks at the telephone
_OUTAGE = Manner(_DAY, unasked=True, quiet=True, inbox=True)  # nobody is woken to hear that it is dark, or light again
MANNERS: dict[MessageKind, Manner] = {
    MessageKind.LOGIN_CODE: Manner(CODE_LASTS),
    MessageKind.CONFIRM_ADDRESS: Manner(_DAY),
    MessageKind.BALANCE_ANSWER: _ANSWER,
    MessageKind.HELP_ANSWER: _ANSWER,
    MessageKind.STILL_OUT_ANSWER: _ANSWER,
    MessageKind.PURCHASE_CREDITED: Manner(_DAYS, inbox=True),
    MessageKind.PURCHASE_TOKEN: Manner(_DAYS),
    MessageKind.RECEIPT: Manner(_DAYS),
    MessageKind.REFUND_DONE: Manner(_DAYS),
    MessageKind.TOP_UP_DUE: Manner(_DAYS, quiet=True),
    MessageKind.TOP_UP_FAILED: Manner(_DAYS, quiet=True),
    MessageKind.DEVICE_EVENT: Manner(_DAY),  # to whoever is responsible, who chose their own hours
    MessageKind.ALARM_A: _WARNING,
    MessageKind.ALARM_B: _WARNING,
    MessageKind.ALARM_OWING: _WARNING,
    MessageKind.DISCONNECTED: Manner(_DAYS, unasked=True, quiet=True, capped=True, inbox=True),
    MessageKind.METER_EVENT: _WARNING,
    MessageKind.OUTAGE_PLANNED: Manner(_DAYS, unasked=True, quiet=True, inbox=True),
    MessageKind.OUTAGE_NOW: _OUTAGE,
    MessageKind.OUTAGE_CHANGED: _OUTAGE,
    MessageKind.OUTAGE_RESTORED: _OUTAGE,
    MessageKind.OUTAGE_WITHDRAWN: _OUTAGE,
    MessageKind.REMINDER: Manner(_DAYS, unasked=True, quiet=True, capped=True, inbox=True),
}
WARNINGS = frozenset({MessageKind.ALARM_A, MessageKind.ALARM_B, MessageKind.ALARM_OWING, MessageKind.DISCONNECTED})
"""About a meter's money: a newer one says all that an older one says, and inside an outage none is sent (M-7, M-8)."""
OUTAGES = frozenset(
    {
        MessageKind.OUTAGE_PLANNED,
        MessageKind.OUTAGE_NOW,
        MessageKind.OUTAGE_CHANGED,
        MessageKind.OUTAGE_RESTORED,
        MessageKind.OUTAGE_WITHDRAWN,
    }
)
"""About one announcement: a newer one says all that an older one says."""
PASS_THE_CAP = frozenset({MessageKind.ALARM_B, MessageKind.ALARM_OWING, MessageKind.DISCONNECTED})
"""The first of these about an episode goes out however many others went: a home may go dark unwarned without it."""


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


def in_vain(state: MessageState, *, tried: bool) -> bool:
    """Did a message not arrive for reasons of its way, so that somebody else may be told?

    What was dropped or replaced need not arrive, and what is `unknown` may have arrived.
    """
    return state in (MessageState.FAILED, MessageState.GIVEN_UP) or (state is MessageState.EXPIRED and tried)


def stops(kind: MessageKind) -> bool:
    """Does "stop" keep this message back? What was paid for, and what was asked for, still comes."""
    return MANNERS[kind].unasked


def told_to_subscribers(kind: MessageKind) -> bool:
    """Is it news of a purchase that a reader may do without (SPEC N-11)? What somebody must type or fetch is not."""
    return kind is MessageKind.PURCHASE_CREDITED


def lifetime(kind: MessageKind) -> timedelta:
    """How long a message is of use."""
    return MANNERS[kind].lasts


_GRAVITY = (MessageKind.ALARM_A, MessageKind.ALARM_B, MessageKind.ALARM_OWING, MessageKind.DISCONNECTED)


def no_graver(kind: MessageKind) -> frozenset[MessageKind]:
    """The warnings that a newer one of `kind` makes needless: those that are as grave as it, or less."""
    return frozenset(_GRAVITY[: _GRAVITY.index(kind) + 1])


def warning_holds(told_depth: int, meter_depth: int, *, episode_open: bool) -> bool:
    """Is a warning still true? One about a level that has since been fallen through is replaced by the lower one's."""
    return episode_open and told_depth == meter_depth


def token_helps(state: PurchaseState) -> bool:
    """Is a token worth typing? Once the credit is in the meter by another way it would be refused as used."""
    return state in ON_ITS_WAY


def repeats_after_crash(kind: MessageKind) -> bool:
    """May a message go out again when nobody can say whether it went? Results, tokens and codes; nothing unasked."""
    return not MANNERS[kind].unasked


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


Hours = tuple[time | None, time | None]
"""From and to, local; both None: no quiet hours."""


def after_all(now: datetime, zone: ZoneInfo, *hours: Hours) -> datetime:
    """The first moment at or after `now` outside all of these quiet hours; where they leave none, the first's end."""
    at = now
    for _ in range(len(hours) + 1):
        later = at
        for quiet_from, quiet_to in hours:
            later = not_before(later, zone, quiet_from, quiet_to)
        if later == at:
            return at
        at = later
    return not_before(now, zone, *hours[0])


def dedupe_key(kind: MessageKind, cause: str, contact: str) -> str:
    """One message per cause, kind and contact, whatever is retried."""
    return f"{kind}:{cause}:{contact}"
