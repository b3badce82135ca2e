"""Prepay commands under C = 03, both sides: authentication, open account, recharge, state query.

The layouts are those of State Grid ESAM meters (two meter firmware trees and one head-end agree on them;
no field capture confirms the replies). Fields that a security chip makes or reads are given in the chip's
own order, high byte first; on the wire each travels reversed. Money is unsigned binary cents here, not BCD.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from meters_io.bits import digits_from_bytes, digits_to_bytes, uint_from_bytes, uint_to_bytes
from meters_io.dlt645.addresses import check_request
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import REPLY, Control, Security
from meters_io.dlt645.refusals import Refusal, Wording
from meters_io.dlt645.replies import check_di, check_reply, di_to_bytes, take_di
from meters_io.errors import LocalError, RemoteError


class PurchaseKind(IntEnum):
    """The two commands that share the layout of a purchase."""

    OPEN_ACCOUNT = Security.OPEN_ACCOUNT
    RECHARGE = Security.RECHARGE


@dataclass(frozen=True, slots=True)
class Authentication:
    """A challenge: `cipher1` 8 bytes, `random1` 8, `diversifier` 8 (two zero bytes and the meter
    number).
    """

    cipher1: bytes
    random1: bytes
    diversifier: bytes


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The meter's answer to a good challenge: `random2` 4 bytes, `esam_serial` 8."""

    random2: bytes
    esam_serial: bytes


@dataclass(frozen=True, slots=True)
class Purchase:
    """Credit for a meter. `count` is the purchase count that the meter is to have afterwards.

    `mac1` 4 bytes over amount and count; `customer` 12 digits; `mac2` 4 bytes over the customer number.
    """

    amount_cents: int
    count: int
    customer: str
    mac1: bytes = field(repr=False)
    mac2: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The meter says that it took the purchase. Proof is what it says when its count is read back."""


@dataclass(frozen=True, slots=True)
class WalletState:
    """What the meter holds: money, its purchase count, its customer. The MACs are 4 bytes each, key info
    too.
    """

    balance_cents: int
    balance_mac: bytes
    count: int
    count_mac: bytes
    customer: str
    key_info: bytes


def diversifier(address: str) -> bytes:
    """Return the 8 bytes that tell one meter's keys from another's."""
    return bytes(2) + digits_to_bytes(address, 6)[::-1]


def security_di(request: Frame) -> int:
    """Return, as a meter, which command a C = 03 frame carries."""
    if request.control != Control.SECURITY:
        raise RemoteError("this is not a security command", code="wrong_control", field="control")
    return take_di(request)


def build_authentication(address: str, challenge: Authentication, operator: int = 0) -> Frame:
    """Ask meter `address` to authenticate us (070000FF)."""
    parts = (challenge.cipher1, challenge.random1, challenge.diversifier)
    body = b"".join(_reversed(part, 8) for part in parts)
    return build_security(address, Security.AUTHENTICATE, operator, body)


def parse_authentication(request: Frame) -> Authentication:
    """Read, as a meter, a challenge."""
    body = _body(request, Security.AUTHENTICATE, 24)
    return Authentication(body[7::-1], body[15:7:-1], body[:15:-1])


def build_authenticated(address: str, answer: Authenticated) -> Frame:
    """Accept, as a meter, a challenge."""
    body = _reversed(answer.random2, 4) + _reversed(answer.esam_serial, 8)
    return build_security_reply(address, Security.AUTHENTICATE, body)


def parse_authenticated(reply: Frame, address: str, wording: Wording = Wording.BITS) -> Authenticated | Refusal:
    """Read the answer to a challenge."""
    data = parse_security_reply(reply, address, Security.AUTHENTICATE, wording)
    if isinstance(data, Refusal):
        return data
    _check_length(data, 12)
    return Authenticated(data[3::-1], data[:3:-1])


def build_purchase(address: str, kind: PurchaseKind, purchase: Purchase, operator: int = 0) -> Frame:
    """Send credit to meter `address` (070101FF, 070102FF). The same values always make the same bytes."""
    body = uint_to_bytes(purchase.amount_cents, 4) + uint_to_bytes(purchase.count, 4)
    body += _reversed(purchase.mac1, 4) + digits_to_bytes(purchase.customer, 6)
    body += _reversed(purchase.mac2, 4)
    return build_security(address, kind, operator, body)


def parse_purchase(request: Frame) -> Purchase:
    """Read, as a meter, credit that was sent; `security_di` tells which kind."""
    body = _body(request, PurchaseKind.OPEN_ACCOUNT, 22, PurchaseKind.RECHARGE)
    return Purchase(
        amount_cents=uint_from_bytes(body[:4]),
        count=uint_from_bytes(body[4:8]),
        mac1=body[11:7:-1],
        customer=digits_from_bytes(body[12:18]),
        mac2=body[:17:-1],
    )


def build_purchase_reply(address: str, kind: PurchaseKind, *, echo: bool = True) -> Frame:
    """Accept, as a meter, a purchase; firmware differs on whether it echoes the identifier."""
    return Frame(address, Control.SECURITY | REPLY, di_to_bytes(kind) if echo else b"")


def parse_purchase_reply(
    reply: Frame, address: str, kind: PurchaseKind, wording: Wording = Wording.BITS
) -> Accepted | Refusal:
    """Read the answer to a purchase: the identifier or nothing, else RemoteError."""
    refused = check_reply(reply, address, Control.SECURITY, wording)
    if refused is not None:
        return refused
    if reply.data:
        _check_length(check_di(reply, kind), 0)
    return Accepted()


def build_state_query(address: str, operator: int = 0) -> Frame:
    """Ask meter `address` what its wallet holds (078102FF)."""
    return build_security(address, Security.STATE, operator, b"")


def build_state_reply(address: str, state: WalletState) -> Frame:
    """Answer, as a meter, what the wallet holds."""
    body = uint_to_bytes(state.balance_cents, 4) + _reversed(state.balance_mac, 4)
    body += uint_to_bytes(state.count, 4) + _reversed(state.count_mac, 4)
    body += digits_to_bytes(state.customer, 6) + _reversed(state.key_info, 4)
    return build_security_reply(address, Security.STATE, body)


def parse_state_reply(reply: Frame, address: str, wording: Wording = Wording.BITS) -> WalletState | Refusal:
    """Read what the wallet of meter `address` holds."""
    body = parse_security_reply(reply, address, Security.STATE, wording)
    if isinstance(body, Refusal):
        return body
    _check_length(body, 26)
    return WalletState(
        balance_cents=uint_from_bytes(body[:4]),
        balance_mac=body[7:3:-1],
        count=uint_from_bytes(body[8:12]),
        count_mac=body[15:11:-1],
        customer=digits_from_bytes(body[16:22]),
        key_info=body[:21:-1],
    )


def build_security(address: str, di: int, operator: int, body: bytes) -> Frame:
    """Build any C = 03 request: identifier, operator code (4 bytes, low first), payload."""
    return check_request(Frame(address, Control.SECURITY, di_to_bytes(di) + uint_to_bytes(operator, 4) + body))


def parse_security(request: Frame) -> tuple[int, int, bytes]:
    """Read, as a meter, any C = 03 request: identifier, operator code, payload."""
    di = security_di(request)
    if len(request.data) < 8:
        raise RemoteError("no operator code", code="bad_length", field="operator")
    return di, uint_from_bytes(request.data[4:8]), request.data[8:]


def build_security_reply(address: str, di: int, body: bytes) -> Frame:
    """Build, as a meter, a good C = 83 reply that echoes the identifier."""
    return Frame(address, Control.SECURITY | REPLY, di_to_bytes(di) + body)


def parse_security_reply(reply: Frame, address: str, di: int, wording: Wording) -> bytes | Refusal:
    """Return what follows the identifier in a good reply of meter `address`."""
    refused = check_reply(reply, address, Control.SECURITY, wording)
    return check_di(reply, di) if refused is None else refused


def _body(request: Frame, di: int, length: int, or_di: int | None = None) -> bytes:
    found, _, body = parse_security(request)
    if found not in (di, or_di):
        raise RemoteError("this is another command", code="wrong_di", field="di")
    _check_length(body, length)
    return body


def _reversed(part: bytes, width: int) -> bytes:
    if len(part) != width:
        raise LocalError(f"{width} bytes are due here", code="bad_length", field="body")
    return part[::-1]


def _check_length(body: bytes, length: int) -> None:
    if len(body) != length:
        raise RemoteError(f"{length} bytes were due, {len(body)} came", code="bad_length", field="data")
