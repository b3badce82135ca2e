"""The sockets that plug-ins fit. Shapes only; docs/howto says how to write one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from app.domain.notice import Delivery
from app.domain.payment import CallbackFact, Way
from headend_client.clearance import Clearance
from headend_client.errors import Unreachable
from headend_client.fields import Explained, Field, Form
from headend_client.orders import (
    EnterTokens,
    MeterOrder,
    Read,
    ReadFrozen,
    RelayWish,
    SetClock,
    Switch,
    TerminalOrder,
    Write,
)
from headend_client.outcome import (
    Done,
    FrameRecord,
    Readings,
    Refused,
    Relay,
    TokenTaken,
    Unknown,
    Wallet,
)
from headend_client.patience import patience
from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChanged,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    SecurityCode,
    SecurityError,
    SecurityModule,
)
from headend_client.target import ConcentratorAddress, Place, Priority, Recharge, StsIdentity, Target

__all__ = [  # the words of the head end that rules and jobs use: they come through here, and only the types
    "Ailment",
    "CallReader",
    "CallTurn",
    "CallbackRejected",
    "CarrierReader",
    "Checkout",
    "Clearance",
    "ConcentratorAddress",
    "Done",
    "EnterTokens",
    "Explain",
    "Explained",
    "Field",
    "Form",
    "FrameRecord",
    "Gateway",
    "InboundReader",
    "InboundText",
    "IssueRequest",
    "IssuedToken",
    "KeyChangeRequest",
    "KeyChanged",
    "ManagementRequest",
    "MeterKey",
    "MeterOrder",
    "Order",
    "Payer",
    "PaymentProvider",
    "Place",
    "Posted",
    "Priority",
    "ProviderDown",
    "ProviderRefused",
    "Read",
    "ReadFrozen",
    "Readings",
    "Receipt",
    "ReceiptReader",
    "Recharge",
    "RefundNews",
    "Refused",
    "Relay",
    "RelayWish",
    "Ringer",
    "SecurityCode",
    "SecurityError",
    "SecurityModule",
    "SetClock",
    "SigningProvider",
    "StatusReader",
    "StsIdentity",
    "Switch",
    "Target",
    "TerminalOrder",
    "TokenTaken",
    "Trace",
    "Unknown",
    "Unreachable",
    "Wallet",
    "Way",
    "Write",
    "patience",
]


class CallbackRejected(Exception):
    """A callback that is not what it says. `code`: bad_signature, too_old, unreadable. Answered 4xx, kept nowhere."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ProviderDown(Exception):
    """A provider could not be asked. Nothing is known, and nothing is decided on it."""


class ProviderRefused(Exception):
    """A provider was asked and said no. `code`: order_differs (a known number with another amount), not_paid,
    more_than_paid, refused (for any other reason)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Payer:
    """What some ways need of the payer: the openid inside WeChat, the address that the browser calls from."""

    openid: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What a provider is asked to collect. `ref` is our number and never changes; amount in minor units."""

    ref: str
    amount_minor: int
    currency: str
    subject: str
    expires_at: datetime
    return_url: str
    way: Way = Way.PAGE
    payer: Payer = Payer()


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where an order is paid, by its way: the address of a page; the text of a QR code; the fields that the page hands
    to the app it runs in (WeixinJSBridge getBrandWCPayRequest)."""

    url: str = ""
    code: str = ""
    call: Mapping[str, str] | None = None

    @property
    def place(self) -> str:
        """The address or the text that the payer can be led to again; empty where only the call leads there."""
        return self.url or self.code


class RefundNews(StrEnum):
    """`asked`: the provider has it and is not done. `done`: the payer has the money. `refused`: it will not come."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Ailment:
    """One thing that `relight doctor` looked at. `code` names the check, `trouble` is empty where all is well and
    else says in English what is wrong and what to do. Never a secret."""

    code: str
    trouble: str = ""


class PaymentProvider(Protocol):
    """A way to pay. Every verb that goes over the wire raises ProviderDown and may be repeated.

    `page_origins`: where its pay pages lie ("https://pay.example"); a browser lets our form lead nowhere else.
    `ways`: which ways it can be paid by; for BARCODE and AGREEMENT it has `charge`, for the others `begin`.
    """

    name: str
    page_origins: tuple[str, ...]
    ways: frozenset[Way]

    async def begin(self, order: Order) -> Checkout:
        """Open the order with the provider, or find it open; say where it is paid. Raises ProviderRefused."""

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        """Take the money with the payer's code (BARCODE) or standing agreement (AGREEMENT); None: not decided yet.

        The secret goes to the provider and nowhere else. Raises ProviderRefused where surely no money was taken;
        ProviderDown where nobody knows: `query`, and in the end `reverse`.
        """

    async def reverse(self, ref: str) -> None:
        """End an order that `charge` began and nobody saw paid: afterwards no money was taken, or it is given back.

        Raises ProviderDown until the provider has answered; ProviderRefused("too_late") where only a refund helps.
        """

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackFact:
        """Verify and read what was pushed to us. Pure. Raises CallbackRejected."""

    def acknowledge(self) -> tuple[int, str]:
        """The answer (status, body) that tells the provider to stop repeating."""

    async def query(self, ref: str) -> CallbackFact | None:
        """Ask what became of an order; None while nothing is decided, and for an order that was never opened.

        The fact bears the event id that its callback bears, so that one fact is booked once whatever tells it. Where
        several payments came for one order, this is the first; the bill has them all.
        """

    async def close(self, ref: str) -> None:
        """Stop an unpaid order. Closing a closed or unknown order is no error; a paid one stays paid."""

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        """Give money back; the same refund_ref once only. Asked again, it says how far. Raises ProviderRefused."""

    async def examine(self) -> Sequence[Ailment]:
        """Look whether the settings, the keys and the far side are fit to take money (`relight doctor`)."""

    async def list_day(self, day: date) -> list[CallbackFact]:
        """Every success of one day of the utility's time zone, for the daily match; event ids as in callbacks.

        Raises ProviderDown while the bill of that day is not there yet.
        """


@runtime_checkable
class SigningProvider(Protocol):
    """A provider with which a payer can sign a standing agreement, and which then has Way.AGREEMENT.

    Every verb goes over the wire, raises ProviderDown and may be repeated. Ask with `isinstance`.
    """

    async def sign(self, ref: str, most_minor: int, return_url: str) -> Checkout:
        """Where the payer signs that we may take up to `most_minor` a time; `ref` is our number of the agreement.

        The same again finds the same. Raises ProviderRefused.
        """

    async def agreed(self, ref: str) -> str | None:
        """The provider's name of a signed agreement, the `secret` of `charge`; None: not signed, or ended."""

    async def revoke(self, ref: str) -> None:
        """End an agreement: nothing more is taken. One that is ended or unknown is no error."""


class CarrierReader(Protocol):
    """Reads what a provider of messages posts to us; what it can read is asked with `isinstance`: StatusReader,
    CallReader, ReceiptReader, InboundReader."""

    name: str


@runtime_checkable
class StatusReader(Protocol):
    """Reads what a provider of messages tells us of one that it took. The channel that sent it is in `notifier`."""

    name: str

    def read_status(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Delivery:
        """Verify and read a callback that was addressed to the public `url`. Pure. Raises CallbackRejected."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A post to a door of ours. `url`: the public address, whatever a proxy made of it; `word`: its last part, for
    providers that do not sign."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    word: str = ""


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text that somebody wrote to us. `sender` as the provider writes it; `sent_to` is our number or code.

    `answered`: the provider has answered by itself, so we do not.
    """

    ref: str
    sender: str
    sent_to: str
    body: str
    answered: bool = False


@runtime_checkable
class InboundReader(Protocol):
    """Reads what residents write to us, where a provider brings that. Ask with `isinstance`."""

    name: str

    accepted: str
    """What the provider wants to hear when we have kept them."""

    def read_inbound(self, posted: Posted) -> list[InboundText]:
        """Verify and read texts that were posted to us. Pure. Raises CallbackRejected."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A word about a message of ours, in a post that holds several."""

    message_id: UUID
    word: Delivery


@runtime_checkable
class ReceiptReader(Protocol):
    """Reads words about several messages at once, where a provider tells them so. Ask with `isinstance`."""

    name: str
    accepted: str

    def read_receipts(self, posted: Posted) -> list[Receipt]:
        """Verify and read what was posted to us. Pure. Raises CallbackRejected."""


@dataclass(frozen=True, slots=True)
class CallTurn:
    """A key that was pressed in a call. `delivery` None: the words are wanted again."""

    delivery: Delivery | None


@runtime_checkable
class CallReader(Protocol):
    """Speaks with a call that is going on. Ask with `isinstance`."""

    name: str

    def read_turn(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> CallTurn:
        """Verify and read a pressed key. Pure. Raises CallbackRejected."""

    def answer(self, turn: CallTurn, words: str, locale: str, url: str) -> str:
        """What the call says next, in the provider's own language (TwiML); `url` hears the next key."""


class Ringer(Protocol):
    """What is rung after a commit (app.bell.Bell)."""

    async def ring_quietly(self) -> None: ...


class Trace(Protocol):
    """Collects the frames of one job."""

    def append(self, record: FrameRecord, /) -> None: ...


class Explain(Protocol):
    """Takes a stored exchange apart for people (app.headend.explain); hex as it is kept, masked bytes 'xx'."""

    def __call__(self, outer_hex: str, inner_hex: str, /) -> Explained: ...


class Gateway(Protocol):
    """The verbs of the head end, from where the jobs stand. All may raise headend_client.errors.Unreachable."""

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown: ...

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown: ...

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown: ...

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown: ...

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown: ...

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown: ...

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown: ...

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown: ...
