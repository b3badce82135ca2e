"""Mail servers' replies in our words (RFC 5321, 4.2; enhanced codes in RFC 3463)."""

import re

from app.domain.suppression import SuppressionScope
from notifier.ports import DeliveryError

_PERMANENT_FROM = 500
_MAILBOX = (550, 551, 553)
_ENHANCED = re.compile(r"\s*5\.(\d{1,3})\.\d{1,3}\b")
_ADDRESS = "1"  # 5.1.x speaks of the address; 5.7.x, for one, of what they think of us


def error(code: int, text: str = "") -> DeliveryError:
    """Translate a reply that refuses a message: 5xx for good, 4xx for now. No such mailbox: nothing is sent there."""
    if code < _PERMANENT_FROM:
        return DeliveryError(f"smtp_{code}")
    said = _ENHANCED.match(text)
    if code in _MAILBOX and (said is None or said[1] == _ADDRESS):
        return DeliveryError("bad_mailbox", permanent=True, stop=True, scope=SuppressionScope.ALL)
    return DeliveryError(f"smtp_{code}", permanent=True)
