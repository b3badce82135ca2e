"""What a meter model is to the head end: its dialect and what it can do, as data."""

from dataclasses import dataclass
from enum import StrEnum

from headend_client.orders import EnterTokens, MeterOrder, Read, ReadFrozen, SetClock, Switch, Write
from meters_io.dlt645.dialects import STANDARD, Dialect

Offers = frozenset[type[MeterOrder]]
LINE: Offers = frozenset((Read, ReadFrozen, Write, SetClock, Switch))
"""What any meter with a relay of its own does over DL/T 645."""
TOKENS: Offers = frozenset((EnterTokens,))


class CreditForm(StrEnum):
    """How money gets in: an ESAM recharge under a purchase count, an STS token in the vendor's block, or not at all."""

    RECHARGE = "recharge"
    TOKEN = "token"
    NONE = "none"


class CountFrom(StrEnum):
    """Where the purchase count is read: nowhere, or in the state query (078102FF), else the newest record."""

    NOWHERE = "nowhere"
    STATE = "state"


class AuthorityForm(StrEnum):
    """How orders and writes are authorised: by the security module (PA 98 and 99), or by a plain password (PA 02)."""

    SEALED = "sealed"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Profile:
    """A meter model. `offers`: what may be ordered of it. `dialect`: in what it differs from the standard."""

    name: str
    credit: CreditForm
    count: CountFrom
    authority: AuthorityForm
    offers: Offers = LINE
    dialect: Dialect = STANDARD
