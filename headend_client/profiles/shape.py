"""What a meter model is to the head end: its dialect and what it can do, as data."""

from dataclasses import dataclass
from enum import StrEnum

from meters_io.dlt645.dialects import STANDARD, Dialect


class CreditForm(StrEnum):
    """How money gets in: an ESAM recharge under a purchase count, or an STS token in the vendor's block."""

    RECHARGE = "recharge"
    TOKEN = "token"


class CountFrom(StrEnum):
    """Where the purchase count is read: nowhere, or in the state query (078102FF), else the newest record."""

    NOWHERE = "nowhere"
    STATE = "state"


class RelayForm(StrEnum):
    """How relay orders are authorised: sealed by the security module (PA 98), or with a plain password (PA 02)."""

    SEALED = "sealed"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Profile:
    """A meter model. `dialect`: in what it differs from the standard."""

    name: str
    credit: CreditForm
    count: CountFrom
    relay: RelayForm
    dialect: Dialect = STANDARD
