"""Self-disconnection: a home without light for want of money; when it begins, and how it ends (SPEC M-13)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.relay import Supply


class Outcome(StrEnum):
    """`paid`: money came and the supply with it. `moved_out`: nobody lives there. `helped`: staff found a way.

    `restored`: there is light again without a purchase (the limit was moved, staff closed the relay).
    """

    PAID = "paid"
    HELPED = "helped"
    MOVED_OUT = "moved_out"
    RESTORED = "restored"
    OTHER = "other"


BY_STAFF = (Outcome.HELPED, Outcome.MOVED_OUT, Outcome.OTHER)
"""What a person may say became of one."""


@dataclass(frozen=True, slots=True)
class Home:
    """What is known of a meter. `spent_since`: at or below the end of its overdraft since then; None: it has money.

    `money_coming`: a purchase is on its way to it. `credited_at`: the last one that arrived.
    """

    spent_since: datetime | None
    supply: Supply
    supply_read_at: datetime | None = None
    credited_at: datetime | None = None
    money_coming: bool = False
    outage: bool = False


def without_light(home: Home) -> bool:
    """Is a home without light for want of money, as far as is known?

    A relay that was seen closed since the money ran out, or that keeps the power on by command, says no; one that was
    not looked at since says nothing, and the balance alone counts.
    """
    if home.spent_since is None or home.supply is Supply.KEEP_POWER:
        return False
    seen_since = home.supply_read_at is not None and home.supply_read_at >= home.spent_since
    return not (home.supply is Supply.ON and seen_since)


def begins(home: Home) -> bool:
    """Is it an incident? Not while money is on its way, nor inside an outage, where nobody has light."""
    return without_light(home) and not home.money_coming and not home.outage


def ends(home: Home, began_at: datetime) -> Outcome | None:
    """How an open incident has ended by itself; None: it goes on."""
    if without_light(home):
        return None
    paid = home.credited_at is not None and home.credited_at >= began_at
    return Outcome.PAID if paid else Outcome.RESTORED
