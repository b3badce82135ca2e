"""The kinds of rows that a timeline is made of. Codes and figures; pages find the words by `kind`."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.ledger import BookingKind, Entry
from app.ports import Explained
from app.services.reviews import Evidence


@dataclass(frozen=True, slots=True)
class PaymentOpened:
    kind: ClassVar[str] = "payment_opened"
    at: datetime
    ref: str
    provider: str
    amount_minor: int
    currency: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MoneyReported:
    """A provider's word. `source`: callback, query or bill."""

    kind: ClassVar[str] = "money_reported"
    at: datetime
    source: str
    provider: str
    event_id: str
    succeeded: bool
    amount_minor: int
    currency: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class PurchaseOpened:
    kind: ClassVar[str] = "purchase_opened"
    at: datetime
    amount_minor: int
    arrears_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class Booked:
    kind: ClassVar[str] = "booked"
    at: datetime
    booking: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class TokenIssued:
    """`digits`: all but the last four are dots, unless the page was asked for the whole token and may show it."""

    kind: ClassVar[str] = "token_issued"
    at: datetime
    digits: str
    tid: int | None
    amount_e5: int


@dataclass(frozen=True, slots=True)
class Promised:
    """A note of the outbox as it is now. `done_at` None: it is still open, and due at `due_at`."""

    kind: ClassVar[str] = "promised"
    at: datetime
    job: str
    attempts: int
    due_at: datetime
    done_at: datetime | None
    last_error: str | None
    taken_by: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    kind: ClassVar[str] = "kept"
    at: datetime
    job: str
    attempts: int


@dataclass(frozen=True, slots=True)
class SendingBegan:
    kind: ClassVar[str] = "sending_began"
    at: datetime
    number: int | None
    sends: int


@dataclass(frozen=True, slots=True)
class FrameCrossed:
    """One frame. `down`: towards the meter. The hex is what was kept, secrets masked."""

    kind: ClassVar[str] = "frame"
    at: datetime
    down: bool
    verb: str
    explained: Explained
    outer_hex: str
    inner_hex: str


@dataclass(frozen=True, slots=True)
class Credited:
    kind: ClassVar[str] = "credited"
    at: datetime
    number: int | None
    before_minor: int | None
    after_minor: int | None
    in_ledger: bool = False


@dataclass(frozen=True, slots=True)
class RelayRead:
    kind: ClassVar[str] = "relay_read"
    at: datetime
    relay_open: bool
    command_open: bool
    keep_power: bool
    after_verb: str


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """`to`: where it goes, as much of it as staff need to recognise it."""

    kind: ClassVar[str] = "message_queued"
    at: datetime
    message: str
    channel: str
    to: str
    locale: str
    not_before: datetime
    expires_at: datetime
    state: str
    trouble: str | None


@dataclass(frozen=True, slots=True)
class MessageSent:
    kind: ClassVar[str] = "message_sent"
    at: datetime
    channel: str
    to: str
    carrier: str | None
    provider_ref: str | None


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """What a carrier said of a message afterwards."""

    kind: ClassVar[str] = "message_heard"
    at: datetime
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReceiptIssued:
    kind: ClassVar[str] = "receipt_issued"
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class ReceiptVoided:
    """A credit note of that number voids the receipt."""

    kind: ClassVar[str] = "receipt_voided"
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class ReviewOpened:
    kind: ClassVar[str] = "review_opened"
    at: datetime
    review_id: UUID
    review: str
    evidence: Evidence
    settled: bool


@dataclass(frozen=True, slots=True)
class ReviewSettled:
    """`by` None: it settled itself."""

    kind: ClassVar[str] = "review_settled"
    at: datetime
    review_id: UUID
    review: str
    act: str
    by: str | None
    remark: str


@dataclass(frozen=True, slots=True)
class RefundDecided:
    """Money that goes back, and how far it is. `refund`: the number that the provider knows it by."""

    kind: ClassVar[str] = "refund_decided"
    at: datetime
    refund: str
    provider: str
    amount_minor: int
    currency: str
    state: str
    done_at: datetime | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class StaffActed:
    """A line of the audit log about this purchase."""

    kind: ClassVar[str] = "staff_acted"
    at: datetime
    act: str
    by: str | None


@dataclass(frozen=True, slots=True)
class GivenToCarry:
    """It is in a file for a hand-held reader. `written_at` None: nobody has fetched that file yet."""

    kind: ClassVar[str] = "given_to_carry"
    at: datetime
    file_id: UUID
    ref: str
    holder: str
    due_at: datetime
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class CarriedEnded:
    """What became of it there."""

    kind: ClassVar[str] = "carried_ended"
    at: datetime
    file_id: UUID
    ref: str
    state: str
    trouble: str


Row = (
    PaymentOpened
    | MoneyReported
    | PurchaseOpened
    | Booked
    | TokenIssued
    | Promised
    | Kept
    | SendingBegan
    | FrameCrossed
    | Credited
    | RelayRead
    | MessageQueued
    | MessageSent
    | MessageHeard
    | ReceiptIssued
    | ReceiptVoided
    | ReviewOpened
    | ReviewSettled
    | RefundDecided
    | StaffActed
    | GivenToCarry
    | CarriedEnded
)

_AT_ONE_MOMENT = (
    PaymentOpened,
    MoneyReported,
    PurchaseOpened,
    TokenIssued,
    ReviewSettled,
    RefundDecided,
    SendingBegan,
    GivenToCarry,
    FrameCrossed,
    CarriedEnded,
    Credited,
    Booked,
    RelayRead,
    Kept,
    ReviewOpened,
    Promised,
    MessageQueued,
    MessageSent,
    MessageHeard,
    ReceiptIssued,
    StaffActed,
    ReceiptVoided,
)


# What is booked in one moment: money comes, goes where it belongs, and last of all goes back.
_BOOKED = [*(kind for kind in BookingKind if kind != BookingKind.REFUND), BookingKind.REFUND]


def place(row: Row) -> tuple[datetime, int, int]:
    """Where a row stands: by time, and in one moment causes before what follows from them."""
    booked = _BOOKED.index(BookingKind(row.booking)) if isinstance(row, Booked) else 0
    return row.at, _AT_ONE_MOMENT.index(type(row)), booked
