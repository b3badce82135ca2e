"""Stripe's words to ours: amounts, refund states, errors; and the reading of one charge."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from app.domain.payment import CallbackFact
from app.ports import RefundNews

NAME = "stripe"
ORDER = "relight_order"
"""The metadata of a payment intent, and so of its charges, that bears our order number."""

REFUND = "relight_refund"

Wire = dict[str, object]

REFUND_STATES: Mapping[str, RefundNews] = {
    "succeeded": RefundNews.DONE,
    "pending": RefundNews.ASKED,
    "requires_action": RefundNews.ASKED,
    "failed": RefundNews.REFUSED,
    "canceled": RefundNews.REFUSED,
}

ERRORS: Mapping[str, str] = {
    "IdempotencyError": "order_differs",
    "InvalidRequestError": "refused",
    "CardError": "refused",
}
"""The library's error to the `code` of ProviderRefused. What is not listed here says nothing for sure."""

_ZERO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_MINOR = 10**12


def to_stripe(amount_minor: int, currency: str) -> int:
    """Our hundredths in Stripe's smallest unit: whole yen, cents, or thousandths of a dinar.

    Raises ValueError for a sum that its unit cannot hold.
    """
    if currency in _THREE_DECIMALS:
        return amount_minor * 10
    if currency not in _ZERO_DECIMALS:
        return amount_minor
    whole, rest = divmod(amount_minor, 100)
    if rest:
        raise ValueError("a part of a unit that has none")
    return whole


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's smallest unit in our hundredths. Raises ValueError for thousandths that do not fit."""
    if currency in _ZERO_DECIMALS:
        return amount * 100
    if currency not in _THREE_DECIMALS:
        return amount
    minor, rest = divmod(amount, 10)
    if rest:
        raise ValueError("a part of a hundredth")
    return minor


def order_of(thing: Wire) -> str:
    """Our order number on a charge or payment intent; empty where it is none of ours."""
    found = part(thing, "metadata").get(ORDER)
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def part(thing: Wire, name: str) -> Wire:
    """An object in an object; empty where there is none."""
    found = thing.get(name)
    return found if isinstance(found, dict) else {}


def fact_of(charge: Wire, source: str) -> CallbackFact:
    """Read a charge. Raises ValueError.

    The charge's number is the event id: webhook, question and list all speak of the charge, while the number of an
    event is told by webhooks alone. A failed try is a charge of its own.
    """
    currency = str(charge.get("currency", "")).upper()
    ref, amount, created = order_of(charge), charge.get("amount"), charge.get("created")
    if not ref or not _CURRENCY.fullmatch(currency) or not isinstance(created, int):
        raise ValueError("not a charge for an order of ours")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= _MOST_MINOR:
        raise ValueError("amount")
    event_id, status = str(charge.get("id", "")), charge.get("status")
    if not _ID.fullmatch(event_id) or status not in ("succeeded", "failed"):
        raise ValueError("a charge that is not decided")
    return CallbackFact(
        provider=NAME,
        event_id=event_id,
        order_ref=ref,
        succeeded=status == "succeeded" and charge.get("paid") is True,
        amount_minor=from_stripe(amount, currency),
        currency=currency,
        occurred_at=datetime.fromtimestamp(created, UTC),
        evidence=json.dumps({name: charge.get(name) for name in _EVIDENCE}),
        source=source,
    )


_EVIDENCE = ("id", "payment_intent", "status", "paid", "amount", "currency", "created", "metadata", "livemode")
"""A charge also bears the payer's name, mail and address, which we have no use for."""
