"""What a receiver's status says."""

from http import HTTPStatus

from app.domain.suppression import SuppressionScope
from notifier.ports import DeliveryError

_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


def error(status: int) -> DeliveryError | None:
    """None: taken. 410 ends it for good; other 4xx, and redirects, end this message; 5xx is tried again."""
    if 200 <= status < 300:
        return None
    if status == HTTPStatus.GONE:
        return DeliveryError("hook_gone", permanent=True, stop=True, scope=SuppressionScope.ALL)
    if status >= 500 or status in _LATER:
        return DeliveryError(f"http_{status}")
    return DeliveryError(f"http_{status}", permanent=True)
