"""Meters for the verbs to talk to: good ones, as small as they can be. Independent of the simulator."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from meters_io.dlt645 import softesam
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Control, Security
from meters_io.dlt645.purchase import (
    Authenticated,
    PurchaseKind,
    WalletState,
    build_authenticated,
    build_purchase_reply,
    build_state_reply,
    parse_authentication,
    parse_purchase,
    security_di,
)
from meters_io.dlt645.reads import BALANCE, OVERDRAFT, STATUS_3, build_register, parse_read_request
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.relay import (
    PlainRequest,
    RelayAction,
    RelayOrder,
    SealedOrder,
    build_relay_reply,
    order_from_clear,
    parse_relay,
)
from meters_io.dlt645.status import StatusWord3

SHANGHAI = ZoneInfo("Asia/Shanghai")
ADDRESS = "201000000012"
CUSTOMER = "001000000017"
MASTER = bytes(range(32))
TRIPPED = StatusWord3(relay_open=True, relay_command_open=True)


class Leave:
    """A clearance that holds, whatever it is asked about."""

    def holds(self, address: str, now: datetime) -> bool:
        return True


@dataclass
class EsamMeter:
    """Holds money in cents; checks every MAC. `orders`: relay orders it has deciphered."""

    address: str = ADDRESS
    customer: str = CUSTOMER
    balance: int = 1234
    overdraft: int = 0
    count: int = 3
    status: StatusWord3 = TRIPPED
    orders: list[RelayOrder] = field(default_factory=list)
    _session: bytes = b""

    def answer(self, request: Frame) -> Frame | None:
        """Answer one request."""
        match request.control:
            case Control.READ:
                return self._read(parse_read_request(request).di)
            case Control.RELAY:
                return self._relay(request)
            case _:
                return self._secure(request)

    def _read(self, di: int) -> Frame:
        if di == STATUS_3.di:
            return build_register(self.address, STATUS_3, self.status)
        register = BALANCE if di == BALANCE.di else OVERDRAFT
        return build_register(self.address, register, self.balance if register is BALANCE else self.overdraft)

    def _secure(self, request: Frame) -> Frame:
        match security_di(request):
            case Security.AUTHENTICATE:
                return self._authenticate(request)
            case Security.STATE:
                none = bytes(4)
                state = WalletState(self.balance, none, self.count, none, self.customer, none)
                return build_state_reply(self.address, state)
            case _:
                return self._recharge(request)

    def _authenticate(self, request: Frame) -> Frame:
        key, asked = softesam.meter_key(MASTER, self.address), parse_authentication(request)
        if softesam.cipher1(key, asked.random1) != asked.cipher1:
            return build_refusal(request, RefusalCode.NOT_AUTHENTICATED)
        self._session = softesam.session_key(key, asked.random1, b"\x01\x02\x03\x04")
        return build_authenticated(self.address, Authenticated(b"\x01\x02\x03\x04", b"SERIAL00"))

    def _recharge(self, request: Frame) -> Frame:
        sent = parse_purchase(request)
        macs = softesam.mac1(self._session, sent.amount_cents, sent.count), softesam.mac2(self._session, self.customer)
        if (sent.mac1, sent.mac2) != macs or sent.customer != self.customer:
            return build_refusal(request, RefusalCode.MAC)
        if sent.count != self.count + 1:
            return build_refusal(request, RefusalCode.DUPLICATE if sent.count == self.count else RefusalCode.COUNT)
        self.balance, self.count = self.balance + sent.amount_cents, sent.count
        return build_purchase_reply(self.address, PurchaseKind.RECHARGE)

    def _relay(self, request: Frame) -> Frame:
        order = parse_relay(request, SHANGHAI)
        if not isinstance(order, SealedOrder):
            return build_refusal(request, RefusalCode.PASSWORD)
        clear = softesam.unseal(self._session, order.cipher, order.mac)
        self.orders.append(order_from_clear(clear, SHANGHAI))
        return build_relay_reply(self.address)


@dataclass
class PlainRelay:
    """The relay of a meter that wants a password. `orders`: what it has obeyed."""

    password: bytes
    orders: list[RelayOrder] = field(default_factory=list)

    def answer(self, request: Frame) -> Frame | None:
        """Answer one relay order."""
        asked = parse_relay(request, SHANGHAI)
        if not isinstance(asked, PlainRequest) or request.data[:4] != self.password:
            return build_refusal(request, RefusalCode.PASSWORD)
        self.orders.append(asked.order)
        return build_relay_reply(request.address)


def closes_until(order: RelayOrder, action: RelayAction, now: datetime) -> bool:
    """Tell whether an order is the one expected, and good for some minutes from `now`."""
    if order.action is not action or order.delay or order.expires is None:
        return False
    return 60 <= (order.expires - now.astimezone(UTC)).total_seconds() <= 600
