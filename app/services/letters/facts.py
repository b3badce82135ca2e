"""What templates may speak of. What only one cause knows is a part of its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.relay import Supply
from app.services.links import LinkWish


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """An announcement in the reader's language. `until_at`: the end expected now; `again`: what a revision says."""

    title: str
    text: str
    from_at: datetime
    until_at: datetime
    again: str = ""


@dataclass(frozen=True, slots=True)
class ReminderFacts:
    """Free words of staff, empty where the template's own words are used."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What happened at a device: `device` is its number, `place` where it stands, `event` the code of its name."""

    device: str
    place: str
    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DisconnectionFacts:
    """A home without money: since when."""

    began_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What templates may speak of. Money in minor units; about a purchase `supply` is only what was read after it.

    The parts at the end are there where the cause is of their sort.
    """

    meter_number: str
    balance_minor: int | None
    read_at: datetime | None
    days_left: int | None
    supply: Supply = Supply.UNKNOWN
    amount_minor: int = 0
    arrears_minor: int = 0
    credit_minor: int = 0
    tokens: tuple[str, ...] = ()
    proof_id: UUID | None = None  # what a code's digits or a link's word are derived from
    link: LinkWish | None = None  # the pay link that goes with it
    currency: str = ""  # of the amount, where it is not the utility's own
    by_hand: bool = False  # cash that was given back over a counter
    receipt_of: str = ""  # the purchase's reference: whoever has it may see the receipt
    outage: OutageFacts | None = None
    reminder: ReminderFacts | None = None
    device: DeviceFacts | None = None
    disconnection: DisconnectionFacts | None = None
