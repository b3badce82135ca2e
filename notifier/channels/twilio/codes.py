"""Twilio's codes and statuses in our words (twilio.com/docs: api/errors; message status callbacks)."""

from app.domain.notice import MessageState
from notifier.ports import DeliveryError

OPTED_OUT = 21610
NOT_US = 20003

# Asking again cannot help with these.
PERMANENT: dict[int, str] = {
    21211: "bad_number",
    21214: "bad_number",
    21606: "sender_not_allowed",
    21610: "opted_out",
    21612: "no_route",
    21614: "not_a_mobile",
    21635: "landline",
    30005: "unknown_handset",
    30006: "landline",
    30007: "filtered",
}
PASSING: dict[int, str] = {
    20429: "too_many_requests",
    30003: "handset_unreachable",
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


def word(code: int) -> str:
    """Our word for a code; one that we do not know keeps its number."""
    return PERMANENT.get(code) or PASSING.get(code) or f"twilio_{code}"


def error(status: int, code: int | None) -> DeliveryError:
    """Translate an answer of `status` (HTTP) that refuses a message.

    A server error is no refusal: Twilio may have taken the message before it failed.
    """
    if code == NOT_US or status in _REFUSED_US:
        return DeliveryError("credentials")
    if code in PERMANENT:
        return DeliveryError(word(code), permanent=True, stop=code == OPTED_OUT)
    if status >= _THEIRS:
        return DeliveryError("provider_down", maybe_sent=True)
    if code in PASSING or status == _TOO_MANY:
        return DeliveryError(word(code) if code else "too_many_requests")
    return DeliveryError(word(code) if code else f"http_{status}", permanent=True)
