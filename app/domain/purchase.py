"""Purchases: money that is to become credit in a meter."""

from enum import StrEnum


class PurchaseKind(StrEnum):
    """`advance`: emergency credit; nobody has paid for it yet. `carried`: what the ledger held, on its way back into a
    meter that holds its money itself again. `transfer`: what a removed meter held, for the one in its place.
    """

    SALE = "sale"
    ADVANCE = "advance"
    CARRIED = "carried"
    TRANSFER = "transfer"


class PurchaseState(StrEnum):
    """`paid`: waits to be sent. `sending`: bytes may have left. `review`: a person decides. The last three are ends."""

    PAID = "paid"
    SENDING = "sending"
    REVIEW = "review"
    CREDITED = "credited"
    SETTLED = "settled"
    REFUNDED = "refunded"


ON_ITS_WAY = (PurchaseState.PAID, PurchaseState.SENDING, PurchaseState.REVIEW)
