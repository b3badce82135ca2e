"""Reversal (冲正): a sale is undone, by one person's wish and another's word (SPEC B-4, H-7, M-12).

What is not in a meter is reversed whole: it is never sent, and the money goes back. What is in a meter stays there: the
payment record alone is reversed, and the account owes what its meter keeps.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.purchase import PurchaseKind, PurchaseState


class ReversalState(StrEnum):
    """`asked`: waits for the second person. `done`, `refused`: what they said. `overtaken`: by then it was too late."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"


class ReversalWay(StrEnum):
    """`whole`: it is never credited. `record_only`: the credit is in the meter and stays there."""

    WHOLE = "whole"
    RECORD_ONLY = "record_only"


class ReversalBar(StrEnum):
    """Why a sale cannot be reversed. `reversal_maybe_in_meter`: it was sent and nothing tells whether it landed."""

    MAYBE_IN_METER = "reversal_maybe_in_meter"
    TOKEN_OUT = "reversal_token_out"
    NOT_A_SALE = "reversal_not_a_sale"
    GONE_BACK = "reversal_gone_back"
    ASKED_ALREADY = "reversal_asked_already"
    NO_REASON = "reversal_no_reason"
    SAME_PERSON = "reversal_same_person"
    NOT_NOW = "reversal_not_now"
    CHANGED = "reversal_changed"


class CannotReverse(Exception):
    """A reversal that cannot be; nothing has been changed. `code` says why."""

    def __init__(self, bar: ReversalBar) -> None:
        super().__init__(bar.value)
        self.bar = bar
        self.code = bar.value


@dataclass(frozen=True, slots=True)
class Sold:
    """What is known of a purchase. `paid`: a payment stands behind it. `tokens`: codes made for it."""

    kind: PurchaseKind
    state: PurchaseState
    sends: int
    numbered: bool
    tokens: int
    paid: bool


def way_of(sold: Sold) -> ReversalWay:
    """How a sale may be reversed now. Raises CannotReverse."""
    if sold.kind is not PurchaseKind.SALE or not sold.paid:
        raise CannotReverse(ReversalBar.NOT_A_SALE)
    if sold.state in (PurchaseState.REFUNDED, PurchaseState.SETTLED):
        raise CannotReverse(ReversalBar.GONE_BACK)
    if sold.state is PurchaseState.CREDITED:
        return ReversalWay.RECORD_ONLY
    if sold.tokens:
        raise CannotReverse(ReversalBar.TOKEN_OUT)
    if sold.sends or sold.numbered or sold.state is PurchaseState.SENDING:
        raise CannotReverse(ReversalBar.MAYBE_IN_METER)
    return ReversalWay.WHOLE
