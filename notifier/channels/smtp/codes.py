"""Mail servers' replies in our words (RFC 5321, 4.2; enhanced codes in RFC 3463)."""

from notifier.ports import DeliveryError

_PERMANENT_FROM = 500
_MAILBOX = (550, 551, 553)


def error(code: int) -> DeliveryError:
    """Translate a reply that refuses a message: 5xx for good, 4xx for now."""
    if code < _PERMANENT_FROM:
        return DeliveryError(f"smtp_{code}")
    return DeliveryError("bad_mailbox" if code in _MAILBOX else f"smtp_{code}", permanent=True)
