"""What templates may speak of. What only one cause knows is a part of its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.relay import Supply
from app.services.links import LinkWish


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """An announcement in the reader's language. `area`: its place on the grid, by name; the title where it has none.

    `until_at`: the end expected now; `again`: what a revision says, in the place of `text`.
    """

    title: str
    text: str
    from_at: datetime
    until_at: datetime
    again: str = ""
    area: str = ""


@dataclass(frozen=True, slots=True)
class ReminderFacts:
    """Free words of staff, empty where the template's own words are used. `plain`: they are said as they stand."""

    title: str = ""
    text: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What happened at a device: `device` is its number, `place` where it stands, `event` the code of its name.

    `ended`: it is over. `others`: how many more events this message tells of. `acknowledge`: the message whose link
    takes it in hand; the word in it is secret, and is not kept.
    """

    device: str
    place: str
    event: str
    at: datetime
    ended: bool = False
    others: int = 0
    acknowledge: UUID | None = None


@dataclass(frozen=True, slots=True)
class DisconnectionFacts:
    """A home without money: since when."""

    began_at: datetime


@dataclass(frozen=True, slots=True)
class AskedMeter:
    """A meter that a text asked about; what is not known is empty."""

    number: str
    balance_minor: int | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """The answer to a text. `more`: meters that are not listed. `area`: which outage somebody says is not over."""

    meters: tuple[AskedMeter, ...] = ()
    more: int = 0
    area: str = ""


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
    energy_kwh: int | None = None  # what the credit is in energy, where a terminal counts that
    tokens: tuple[str, ...] = ()
    proof_id: UUID | None = None  # what a code's digits or a link's word are derived from
    link: LinkWish | None = None  # the pay link that goes with it
    currency: str = ""  # of the amount, where it is not the utility's own
    by_hand: bool = False  # cash that was given back over a counter
    receipt_of: str = ""  # the purchase's reference: whoever has it may see the receipt
    void: bool = False  # that receipt is in force no more
    outage: OutageFacts | None = None
    reminder: ReminderFacts | None = None
    device: DeviceFacts | None = None
    disconnection: DisconnectionFacts | None = None
    answer: AnswerFacts | None = None
