"""What the platform tells a terminal, version 1 of the contract. Money in minor units, times aware and in UTC."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Remote:
    """What staff set from afar. `display`: touch or keypad. A value of the wrong kind spoils the whole beat."""

    idle_s: int = 45
    warn_s: int = 15
    beat_s: int = 30
    language: str = "zh"
    display: str = "touch"
    printer: bool = True
    speech: bool = True


@dataclass(frozen=True, slots=True)
class LineKey:
    """PA P0 P1 P2 of plain relay orders, as 8 hex digits; empty where the utility closes no relay from a terminal."""

    relay_password_hex: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The answer to an enrolment. `last_entry`: how far the journal of the unit that stood here before was told."""

    kiosk: str
    name: str
    server_time: datetime
    last_entry: int = 0
    settings: Remote = Remote()
    line: LineKey = field(default_factory=LineKey, repr=False)


@dataclass(frozen=True, slots=True)
class Beaten:
    """The answer to a beat. `state`: active or locked."""

    state: str
    server_time: datetime
    settings: Remote = Remote()


@dataclass(frozen=True, slots=True)
class BoxMeter:
    """A meter of this metering box. `policy`: close, arm or local. `profile`: sts takes tokens, esam does not."""

    number: str
    address: str
    profile: str
    source: str
    supply: str
    policy: str
    reclose_limit_minor: int = 0
    arrears_minor: int = 0
    balance_minor: int | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A token that was issued and is not known to be in its meter."""

    purchase: str
    meter: str
    digits: str = field(repr=False)
    amount_minor: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Announcement:
    """An outage or news. `here`: it touches this metering box."""

    id: str
    kind: str
    state: str
    title_zh: str = ""
    title_en: str = ""
    text_zh: str = ""
    text_en: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    here: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """What lies in the inbox of a meter: its kind (a warning, an outage, a result), its words and when it came."""

    meter: str
    kind: str
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class Utility:
    """Whom to call."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a terminal keeps for the time when it cannot ask."""

    server_time: datetime
    meters: tuple[BoxMeter, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    utility: Utility = Utility()
    inbox: tuple[Posted, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """The announcements alone."""

    announcements: tuple[Announcement, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What an amount would do. `days` it lasts, None where nobody knows; `energy_kwh`: what it buys, where a terminal
    counts that."""

    amount_minor: int
    arrears_minor: int = 0
    credit_minor: int = 0
    restores: bool = False
    days: int | None = None
    energy_kwh: int | None = None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Money that is still on its way. `hold`: why."""

    hold: str
    ref: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PayWay:
    """A way to pay here. `way`: qr (on the screen) or barcode (before the scanner)."""

    provider: str
    way: str


@dataclass(frozen=True, slots=True)
class MeterView:
    """What a guest may know of a meter. `least_minor`: what restores supply, None where nothing is to be restored.

    `not_for_sale`: why nothing may be paid for it now. `held_for_staff`: of several meters of an account, a person says
    into which what is paid goes.
    """

    number: str
    here: bool
    takes_tokens: bool
    source: str
    supply: str
    stale: bool = False
    balance_minor: int | None = None
    read_at: datetime | None = None
    supply_read_at: datetime | None = None
    days_left: int | None = None
    low: bool = False
    out_of_credit: bool = False
    arrears_minor: int = 0
    least_minor: int | None = None
    not_for_sale: str = ""
    held_for_staff: bool = False
    reach: str | None = None
    asking: str = "idle"
    dark: str | None = None
    offers: tuple[Offer, ...] = ()
    least: int = 1
    most: int = 10_000
    under_way: tuple[UnderWay, ...] = ()
    ways: tuple[PayWay, ...] = ()
    inbox: tuple[Posted, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment that has begun. `qr`: what the code on the screen says; `state`: of a payer's code."""

    ref: str
    state: str = "waiting"
    qr: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Braked:
    """Why no further money is taken: some is on its way already."""

    under_way: tuple[UnderWay, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer. `code`: unreachable, revoked, locked, bad_answer, or the platform's own word.

    After `unreachable` the platform may have heard the question all the same.
    """

    code: str
    under_way: tuple[UnderWay, ...] = ()

    @property
    def unreachable(self) -> bool:
        """No word came from the platform itself."""
        return self.code == "unreachable"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a payment's story. `mark`: done, now, late ..."""

    step: str
    mark: str
    at: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Where a payment is, from paid to lit. `purchase`: its reference once there is one."""

    ref: str
    state: str
    headline: str
    amount_minor: int
    lines: tuple[Step, ...] = ()
    purchase: str | None = None
    tokens: tuple[str, ...] = field(default=(), repr=False)
    balance_after_minor: int | None = None
    supply: str | None = None
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed on paper. `address`: where its QR code leads. `energy_kwh`: what the credit is in energy.

    `void`: the number of the credit note that voids this receipt, where its sale was reversed.
    """

    receipt: str
    issued_at: datetime
    meter: str
    amount_minor: int
    address: str
    arrears_minor: int = 0
    credit_minor: int = 0
    balance_after_minor: int | None = None
    tokens: tuple[str, ...] = field(default=(), repr=False)
    utility: str = ""
    energy_kwh: int | None = None
    void: str = ""
