"""A meter on a bench: frames in, frames out, and the master's half of a session."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from headend_client.simulator.answers import Answer, Answerer
from headend_client.simulator.meter import Meter, Surroundings
from headend_client.simulator.state import MeterState, first_state
from headend_client.simulator.world import (
    Behaviour,
    FirstState,
    MeterSpec,
    Profile,
    Script,
    StsKeys,
    VendingKeySpec,
    esam_keys,
    sts_keys,
)
from meters_io.dlt645 import softesam
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.items import item_of
from meters_io.dlt645.names import Control
from meters_io.dlt645.purchase import (
    Authenticated,
    Authentication,
    Purchase,
    PurchaseKind,
    build_authentication,
    build_purchase,
    diversifier,
    parse_authenticated,
)
from meters_io.dlt645.reads import ReadData, Register, build_read, parse_read_reply, parse_register
from meters_io.dlt645.refusals import Refusal, Wording, parse_refusal
from meters_io.dlt645.relay import (
    Password,
    RelayAction,
    RelayOrder,
    SealedOrder,
    build_relay,
    build_sealed_relay,
    order_to_clear,
)
from meters_io.dlt645.replies import di_to_bytes
from meters_io.dlt645.token import TokenRequest, build_token
from meters_io.dlt645.writes import is_class_1
from meters_io.layout import Plain, read_all, write_all
from meters_io.sts.tid import BaseDate, tid_at
from meters_io.sts.transfer import Credit, encode_credit
from tests.clocks import Clock

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
MASTER = bytes(range(32))
VENDING = bytes(range(20))
ESAM_ADDRESS = "000000000017"
STS_ADDRESS = "000000000025"
STS_NUMBER = "12345678903"
CUSTOMER = "000000004711"
OTHER_CUSTOMER = "000000004712"
RANDOM1 = bytes(8)
PASSWORD = Password(level=2, secret=0x563412)  # travels as PA 02, P0 12, P1 34, P2 56


def esam_spec(**changes: object) -> MeterSpec:
    """An ESAM meter that draws nothing, with 10.00 yuan and three purchases behind it."""
    spec = MeterSpec(
        address=ESAM_ADDRESS,
        number="100000000017",
        profile=Profile.ESAM,
        customer=CUSTOMER,
        first=FirstState(balance_cents=1_000, purchase_count=3),
        esam=esam_keys(MASTER, ESAM_ADDRESS),
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


def sts_spec(**changes: object) -> MeterSpec:
    """An STS meter that draws nothing, with 10.00 yuan."""
    spec = MeterSpec(
        address=STS_ADDRESS,
        number=STS_NUMBER,
        profile=Profile.STS,
        first=FirstState(balance_cents=1_000),
        sts=sts_keys(VendingKeySpec(secret=VENDING, sgc="123456"), STS_NUMBER, 1),
        relay_password_hex="02123456",
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


def playing(script: Script, **figures: object) -> Behaviour:
    """A behaviour with some of its figures."""
    return replace(Behaviour(script), **figures)  # type: ignore[arg-type]


class Bench:
    """One meter, its clock, and the head end's end of the line."""

    def __init__(self, spec: MeterSpec, clock: Clock, state: MeterState | None = None, speed: float = 1.0) -> None:
        self.spec = spec
        self.clock = clock
        self.saved: list[int] = []  # how many credits there were at each saving
        around = Surroundings(ZONE, speed, lambda width: bytes(range(1, width + 1)))
        self.meter = Meter(spec, state or first_state(spec), around)
        self.answerer = Answerer(self.meter, lambda: self.saved.append(len(self.meter.state.credits)))
        self.session = b""
        self.meter.advance(clock())

    def ask(self, request: Frame) -> Answer:
        """Put a frame on the line."""
        return self.answerer.ask(request, self.clock())

    def hear(self, request: Frame) -> Frame:
        """Put a frame on the line; there must be an answer."""
        frame = self.ask(request).frame
        assert frame is not None
        return frame

    def read(self, register: Register[T]) -> T | Refusal:
        """Read an item with a value."""
        return parse_register(self.hear(build_read(self.spec.address, register.di)), self.spec.address, register)

    def authenticate(self) -> Authenticated | Refusal:
        """Open a session, as the security module of the head end does."""
        key = softesam.meter_key(MASTER, self.spec.address)
        challenge = Authentication(softesam.cipher1(key, RANDOM1), RANDOM1, diversifier(self.spec.address))
        reply = self.hear(build_authentication(self.spec.address, challenge))
        answer = parse_authenticated(reply, self.spec.address)
        if isinstance(answer, Authenticated):
            self.session = softesam.session_key(key, RANDOM1, answer.random2)
        return answer

    def purchase(self, cents: int, count: int, kind: PurchaseKind = PurchaseKind.RECHARGE) -> Frame:
        """A purchase with good MACs for the session at hand."""
        return self.purchase_for(CUSTOMER, cents, count, kind)

    def purchase_for(self, customer: str, cents: int, count: int, kind: PurchaseKind) -> Frame:
        """The same for whoever is named."""
        session = self.session or bytes(32)
        macs = softesam.mac1(session, cents, count), softesam.mac2(session, customer)
        return build_purchase(self.spec.address, kind, Purchase(cents, count, customer, *macs))

    def recharge(self, cents: int, count: int) -> Frame:
        """Authenticate and recharge."""
        self.authenticate()
        return self.hear(self.purchase(cents, count))

    def sealed(self, action: RelayAction, expires: datetime | None = None, operator: int = 0) -> Frame:
        """A sealed relay order of the session at hand."""
        clear = order_to_clear(RelayOrder(action, expires), ZONE)
        return build_sealed_relay(
            self.spec.address, SealedOrder(*softesam.seal(self.session or bytes(32), clear), operator)
        )

    def plain(self, action: RelayAction, password: Password = PASSWORD, delay: int = 0) -> Frame:
        """A plain relay order."""
        return build_relay(self.spec.address, password, RelayOrder(action, delay=delay), ZONE)

    def set_sealed(self, di: int, value: bytes) -> Frame:
        """A write of any bytes in the session at hand: with a MAC or enciphered, as the item asks for."""
        session = self.session or bytes(32)
        if is_class_1(di):
            level, body, mac = 0x99, value, softesam.parameter_mac(session, di, value)
        else:
            cipher, mac = softesam.seal_parameter(session, di, value)
            level, body = 0x98, cipher[::-1]
        authority = bytes((level,)) + bytes(7)
        return Frame(self.spec.address, Control.WRITE, di_to_bytes(di) + authority + body + mac[::-1])

    def set_plain(self, di: int, value: bytes, password: Password = PASSWORD) -> Frame:
        """A write under a password, of any bytes."""
        authority = bytes((password.level,)) + password.secret.to_bytes(3, "little") + bytes(4)
        return Frame(self.spec.address, Control.WRITE, di_to_bytes(di) + authority + value)

    def write(self, di: int, value: bytes) -> Frame:
        """Write as this meter is written, and hear what it says."""
        if self.spec.esam is None:
            return self.hear(self.set_plain(di, value))
        self.authenticate()
        return self.hear(self.set_sealed(di, value))

    def raw(self, di: int) -> bytes:
        """Read an item; it must be there."""
        answer = parse_read_reply(self.hear(build_read(self.spec.address, di)), self.spec.address, di)
        assert isinstance(answer, ReadData)
        return answer.data

    def said(self, di: int) -> Plain:
        """Read an item and understand it, as the head end does."""
        return value_of(di, self.raw(di))

    @property
    def money(self) -> tuple[int, int]:
        """Balance and overdraft, cents."""
        return self.meter.balance_cents, self.meter.overdraft_cents

    @property
    def relay(self) -> tuple[bool, bool]:
        """Word 3, bits 4 and 6: the relay is open, and it is ordered to be."""
        return self.meter.state.relay.is_open, self.meter.state.relay.command_open


def value_of(di: int, raw: bytes) -> Plain:
    """What these bytes of an item mean."""
    item = item_of(di)
    assert item is not None
    return read_all(item.form, raw)


def bytes_of(di: int, value: Plain) -> bytes:
    """How an item has this value on the wire."""
    item = item_of(di)
    assert item is not None
    return write_all(item.form, value)


def refusal(reply: Frame) -> str:
    """The word for a refusal."""
    return parse_refusal(reply, Wording.BITS).code.value


def token_for(keys: StsKeys | None, at: datetime, cents: int, subclass: int = Credit.ELECTRICITY_CURRENCY) -> str:
    """Twenty digits worth `cents`, issued at that minute."""
    assert keys is not None
    amount = cents * 1_000 if subclass == Credit.ELECTRICITY_CURRENCY else cents
    return encode_credit(bytes.fromhex(keys.decoder_key_hex), subclass, amount, tid_at(at, BaseDate.Y2014), 0)


def token_frame(digits: str, address: str = STS_ADDRESS) -> Frame:
    """A token on its way to a meter."""
    return build_token(address, TokenRequest(digits))
