"""The rehearsal bank's words to ours, in one table, and the reading of its events."""

import json
import re
from datetime import UTC, datetime

from app.domain.payment import CallbackFact
from app.ports import RefundNews

NAME = "sandbox"
DONE = "success"  # what stops the bank from repeating a callback

REFUSALS = {
    "order_differs": "order_differs",
    "unknown_order": "not_paid",
    "order_not_paid": "not_paid",
    "refund_too_large": "more_than_paid",
}
"""The bank's refusal to the `code` of ProviderRefused; others become `refused`."""

REFUNDS = {"done": RefundNews.DONE, "asked": RefundNews.ASKED, "refused": RefundNews.REFUSED}
"""How far a refund is."""

_MOST_MINOR = 10**12
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")

Wire = dict[str, object]


def read_object(body: bytes) -> Wire:
    """Read a JSON object in UTF-8; raises ValueError for everything else, also for what is nested too deep to read."""
    try:
        found = json.loads(body.decode())
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def fact_of(event: Wire, source: str, evidence: str) -> CallbackFact:
    """Read one event of the bank, wherever it stood. Raises ValueError."""
    return CallbackFact(
        provider=NAME,
        event_id=_word(event, "event_id"),
        order_ref=_word(event, "ref"),
        succeeded=_truth(event, "succeeded"),
        amount_minor=_amount(event),
        currency=_matching(event, "currency", _CURRENCY),
        occurred_at=moment_of(event, "occurred_at"),
        evidence=evidence,
        source=source,
    )


def _matching(event: Wire, name: str, shape: re.Pattern[str]) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise ValueError(name)
    return value


def _word(event: Wire, name: str) -> str:
    return _matching(event, name, _WORD)


def _truth(event: Wire, name: str) -> bool:
    value = event.get(name)
    if not isinstance(value, bool):
        raise ValueError(name)
    return value


def _amount(event: Wire) -> int:
    value = event.get("amount_minor")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST_MINOR:
        raise ValueError("amount_minor")
    return value


def moment_of(event: Wire, name: str) -> datetime:
    """Read an instant with its offset, as UTC. Raises ValueError."""
    value = event.get(name)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError(name)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(name) from error
