"""The security chip of an ESAM meter: who may recharge, and what the meter makes of a purchase.

Acceptance as in two meter firmware trees: the account must be open, the customer is compared before the count, the
count before the hoarding limit, and the MACs come last.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from headend_client.simulator.meter import Meter
from headend_client.simulator.state import E5_PER_CENT, MAX_COUNT, CreditKind, Paid
from headend_client.simulator.world import MAX_CENTS
from headend_client.simulator.writes import MAC_BYTES, SEALED, WITH_MAC, WriteRequest
from meters_io.dlt645 import softesam
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Security
from meters_io.dlt645.purchase import (
    Authenticated,
    Purchase,
    PurchaseKind,
    WalletState,
    build_authenticated,
    build_purchase_reply,
    build_state_reply,
    diversifier,
    parse_authentication,
    parse_purchase,
    security_di,
)
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.relay import PlainRequest, RelayOrder, SealedOrder, order_from_clear
from meters_io.dlt645.status import StatusWord3
from meters_io.dlt645.writes import is_class_1
from meters_io.errors import RemoteError

VALIDITY = timedelta(minutes=5)
MAC_ERRORS_A_DAY = 200
_OFFICIAL_KEYS = b"\x00\x00\x00\x01"  # key info: no layout is published; not zero, which would be the public keys


@dataclass(frozen=True, slots=True)
class _Session:
    key: bytes = field(repr=False)
    until: datetime


class Esam:
    """The chip of one meter. Its session is forgotten when the process dies, as a chip forgets without supply."""

    __slots__ = ("_key", "_meter", "_session")

    def __init__(self, meter: Meter, key: bytes) -> None:
        self._meter = meter
        self._key = key
        self._session: _Session | None = None

    def answer(self, request: Frame, now: datetime) -> Frame:
        """Answer a security command (C = 03). RemoteError for bytes that are none."""
        match security_di(request):
            case Security.AUTHENTICATE:
                return self._authenticate(request, now)
            case _ if not self._meter.spec.has_wallet:
                return build_refusal(request, RefusalCode.OTHER)
            case Security.OPEN_ACCOUNT:
                return self._purchase(request, PurchaseKind.OPEN_ACCOUNT, now)
            case Security.RECHARGE:
                return self._purchase(request, PurchaseKind.RECHARGE, now)
            case Security.STATE:
                return build_state_reply(request.address, self._wallet())
            case _:
                return build_refusal(request, RefusalCode.OTHER)

    def believe(self, asked: PlainRequest | SealedOrder, now: datetime) -> RelayOrder | RefusalCode:
        """Return the order if it comes from somebody who may give it. This meter takes sealed orders only."""
        if isinstance(asked, PlainRequest):
            return RefusalCode.PASSWORD
        session = self._valid(now)
        if session is None:
            return RefusalCode.NOT_AUTHENTICATED
        try:
            clear = softesam.unseal(session.key, asked.cipher, asked.mac)
        except RemoteError:
            return self._wrong_mac(now)
        return order_from_clear(clear, self._meter.around.zone)

    def admit(self, asked: WriteRequest, now: datetime) -> bytes | RefusalCode:
        """Return the value of a write with a good MAC: class 1 in plain text (PA 99), class 2 enciphered (PA 98)."""
        session = self._valid(now)
        if asked.level != (WITH_MAC if is_class_1(asked.di) else SEALED):
            return RefusalCode.PASSWORD
        if session is None:
            return RefusalCode.NOT_AUTHENTICATED
        if self._hung(now):
            return RefusalCode.HUNG
        value = _opened(session.key, asked)
        return self._wrong_mac(now) if value is None else value

    def status(self, now: datetime) -> StatusWord3:
        """Return status word 3 with what the chip knows."""
        return replace(self._meter.status(), authenticated=self._valid(now) is not None)

    def minutes_left(self, now: datetime) -> int:
        """Item 02800022: whole minutes for which the authentication is still good."""
        session = self._valid(now)
        return 0 if session is None else -((now - session.until) // timedelta(minutes=1))

    def _authenticate(self, request: Frame, now: datetime) -> Frame:
        challenge = parse_authentication(request)
        address = self._meter.spec.address
        proof = softesam.cipher1(self._key, challenge.random1)
        if challenge.diversifier != diversifier(address) or not softesam.matches(proof, challenge.cipher1):
            self._session = None
            return build_refusal(request, RefusalCode.NOT_AUTHENTICATED)
        random2 = self._meter.around.random(4)
        key = softesam.session_key(self._key, challenge.random1, random2)
        self._session = _Session(key, now + VALIDITY)
        return build_authenticated(address, Authenticated(random2, diversifier(address)))

    def _purchase(self, request: Frame, kind: PurchaseKind, now: datetime) -> Frame:
        purchase = parse_purchase(request)
        refusal = self._refusal(kind, purchase, now)
        if refusal is not None:
            return build_refusal(request, refusal)
        self._accept(kind, purchase, now)
        return build_purchase_reply(request.address, kind)

    def _refusal(self, kind: PurchaseKind, purchase: Purchase, now: datetime) -> RefusalCode | None:
        session = self._valid(now)
        if session is None:
            return RefusalCode.NOT_AUTHENTICATED
        if self._hung(now):
            return RefusalCode.HUNG
        judge = self._judge_recharge if kind is PurchaseKind.RECHARGE else self._judge_opening
        refusal = judge(purchase) or self._judge_room(purchase)
        return refusal or self._check_macs(session, purchase, now)

    def _judge_recharge(self, purchase: Purchase) -> RefusalCode | None:
        state = self._meter.state
        if not state.account_open:
            return RefusalCode.COUNT  # the other tree says bit 0
        if purchase.customer != state.customer:
            return RefusalCode.CUSTOMER
        if purchase.count == state.purchase_count:
            return RefusalCode.DUPLICATE
        return None if purchase.count == state.purchase_count + 1 else RefusalCode.COUNT

    def _judge_opening(self, purchase: Purchase) -> RefusalCode | None:
        state = self._meter.state
        if state.account_open and purchase.customer != state.customer:
            return RefusalCode.CUSTOMER
        if state.account_open and purchase.count > 1:
            return RefusalCode.OTHER
        if state.purchase_count > 1 or purchase.count > 1:
            return RefusalCode.COUNT
        return None if purchase.count - state.purchase_count in (0, 1) else RefusalCode.COUNT

    def _judge_room(self, purchase: Purchase) -> RefusalCode | None:
        limit, meter = self._meter.hoard_cents, self._meter
        if purchase.count == meter.state.purchase_count:
            return None
        total = meter.balance_cents + purchase.amount_cents - meter.overdraft_cents
        if limit and total > limit:
            return RefusalCode.HOARD
        return RefusalCode.OTHER if total > MAX_CENTS or purchase.count > MAX_COUNT else None

    def _check_macs(self, session: _Session, purchase: Purchase, now: datetime) -> RefusalCode | None:
        money = softesam.matches(softesam.mac1(session.key, purchase.amount_cents, purchase.count), purchase.mac1)
        owner = softesam.matches(softesam.mac2(session.key, purchase.customer), purchase.mac2)
        return None if money and owner else self._wrong_mac(now)

    def _accept(self, kind: PurchaseKind, purchase: Purchase, now: datetime) -> None:
        state = self._meter.state
        state.account_open, state.customer = True, purchase.customer
        if purchase.count == state.purchase_count:
            return  # an opening under the count that the meter has brings no money
        state.purchase_count = purchase.count
        word = CreditKind.RECHARGE if kind is PurchaseKind.RECHARGE else CreditKind.OPENING
        self._meter.credit(Paid(word, purchase.amount_cents * E5_PER_CENT, count=purchase.count), now)

    def _wallet(self) -> WalletState:
        meter = self._meter
        return WalletState(
            balance_cents=meter.balance_cents,
            balance_mac=softesam.state_mac(self._key, "balance", meter.balance_cents),
            count=meter.state.purchase_count,
            count_mac=softesam.state_mac(self._key, "count", meter.state.purchase_count),
            customer=meter.state.customer,
            key_info=_OFFICIAL_KEYS,
        )

    def _valid(self, now: datetime) -> _Session | None:
        if self._session is not None and now >= self._session.until:
            self._session = None
        return self._session

    def _hung(self, now: datetime) -> bool:
        return self._meter.state.mac_errors_on == self._today(now) and self._meter.state.mac_errors >= MAC_ERRORS_A_DAY

    def _wrong_mac(self, now: datetime) -> RefusalCode:
        state = self._meter.state
        if state.mac_errors_on != self._today(now):
            state.mac_errors_on, state.mac_errors = self._today(now), 0
        state.mac_errors += 1
        return RefusalCode.MAC

    def _today(self, now: datetime) -> str:
        return now.astimezone(self._meter.around.zone).date().isoformat()


def _opened(key: bytes, asked: WriteRequest) -> bytes | None:
    """Return the value of a write, None where its MAC is wrong."""
    value, mac = asked.body[:-MAC_BYTES], asked.body[: -MAC_BYTES - 1 : -1]
    if asked.level == WITH_MAC:
        return value if softesam.matches(softesam.parameter_mac(key, asked.di, value), mac) else None
    try:
        return softesam.open_parameter(key, asked.di, value[::-1], mac)
    except RemoteError:
        return None
