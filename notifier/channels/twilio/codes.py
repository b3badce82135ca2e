"""Twilio's codes and statuses in our words (twilio.com/docs: api/errors; message and call status callbacks)."""

from dataclasses import dataclass

from app.domain.notice import Delivery, MessageState
from app.domain.suppression import SuppressionScope
from notifier.ports import CREDENTIALS, DeliveryError, Sender

NOT_US = 20003
OPTED_OUT = 21610


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code that trying again cannot mend. `stop`: nothing can reach that number, so it goes on the list."""

    word: str
    stop: bool = False


# Asking again cannot help with these.
PERMANENT: dict[int, Refusal] = {
    21211: Refusal("bad_number", stop=True),
    21214: Refusal("bad_number", stop=True),
    21217: Refusal("bad_number", stop=True),
    21408: Refusal("no_route"),
    21606: Refusal("sender_not_allowed"),
    21612: Refusal("no_route"),
    21614: Refusal("not_a_mobile", stop=True),
    21617: Refusal("too_long"),
    21635: Refusal("landline", stop=True),
    30005: Refusal("unknown_handset", stop=True),
    30006: Refusal("landline", stop=True),
    30007: Refusal("filtered"),
}
PASSING: dict[int, str] = {
    20429: "too_many_requests",
    21611: "too_many_requests",
    30001: "too_many_requests",
    30003: "handset_unreachable",
    30008: "unknown_trouble",
    30022: "too_many_requests",
}
_TOO_MANY = 429
_REFUSED_US = (401, 403)
_THEIRS = 500

STATUSES: dict[str, MessageState] = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
# A call that somebody, or some machine, took is no proof: a pressed key is. It comes before the end of the call.
CALLS: dict[str, tuple[MessageState, str]] = {
    "queued": (MessageState.SENT, ""),
    "initiated": (MessageState.SENT, ""),
    "ringing": (MessageState.SENT, ""),
    "in-progress": (MessageState.SENT, ""),
    "completed": (MessageState.FAILED, "not_heard"),
    "no-answer": (MessageState.FAILED, "not_answered"),
    "busy": (MessageState.FAILED, "line_busy"),
    "failed": (MessageState.FAILED, "call_failed"),
    "canceled": (MessageState.FAILED, "call_failed"),
}


def word(code: int) -> str:
    """Our word for a code; one that we do not know keeps its number."""
    if code == OPTED_OUT:
        return "opted_out"
    known = PERMANENT.get(code)
    return known.word if known else PASSING.get(code) or f"twilio_{code}"


def error(status: int, code: int | None, sender: Sender = Sender.REMINDERS) -> DeliveryError:
    """Translate an answer of `status` (HTTP) that refuses a message of `sender`.

    A server error is no refusal: Twilio may have taken the message before it failed.
    """
    if code == NOT_US or status in _REFUSED_US:
        return DeliveryError(CREDENTIALS)
    if code == OPTED_OUT:
        return _opted_out(sender)
    if code in PERMANENT:
        found = PERMANENT[code]
        return DeliveryError(found.word, permanent=True, stop=found.stop, scope=SuppressionScope.ALL)
    if status >= _THEIRS:
        return DeliveryError("provider_down", maybe_sent=True)
    if code in PASSING or status == _TOO_MANY:
        return DeliveryError(word(code) if code else "too_many_requests")
    return DeliveryError(word(code) if code else f"http_{status}", permanent=True)


def _opted_out(sender: Sender) -> DeliveryError:
    """Who said stop hears no reminders. If it was said to the sender of tokens, another provider may bring the token:
    it was paid for."""
    reason = "opted_out" if sender is Sender.REMINDERS else "sender_blocked"
    return DeliveryError(reason, permanent=True, stop=True, scope=SuppressionScope.REMINDERS)


def delivery(status: str, ref: str, code: int) -> Delivery | None:
    """A status callback in our words; None for a status that we do not know."""
    state = STATUSES.get(status)
    if state is None:
        return None
    reason = word(code) if code else ""
    refusal = PERMANENT.get(code)
    if refusal is not None and refusal.stop:
        return Delivery(state, ref, reason, stop=True, scope=SuppressionScope.ALL)
    return Delivery(state, ref, reason, stop=code == OPTED_OUT)
