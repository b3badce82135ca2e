"""Orders to the relay, the alarm lamp and keep-power (C = 1C), both sides.

A good answer is not proof: firmware exists that answers 9C and does nothing. Read status word 3 afterwards.
"""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import IntEnum

from meters_io.bits import set_places, uint_from_bytes, uint_to_bytes
from meters_io.dlt645.addresses import check_request
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import REPLY, Control
from meters_io.dlt645.refusals import Refusal
from meters_io.dlt645.replies import check_reply
from meters_io.dlt645.values import moment_from_bytes, moment_to_bytes
from meters_io.errors import LocalError, RemoteError

ESAM_LEVEL = 0x98
CIPHER_BYTES = 16
WITH_RESULTS = 0x01000000  # the top byte of the operator, C3
_PLAIN_LENGTH = 16
_ESAM_LENGTH = 28
_PAD = b"\x80" + bytes(7)


class RelayAction(IntEnum):
    """The byte N1."""

    TRIP = 0x1A
    ALLOW_CLOSE = 0x1B  # the customer presses the key; many meters with an internal relay close at once
    CLOSE = 0x1C
    TRIP_FOR_A_TIME = 0x1D
    TRIP_FOR_A_TIME_ALLOW = 0x1E
    ALARM_ON = 0x2A
    ALARM_OFF = 0x2B
    KEEP_POWER_ON = 0x3A
    KEEP_POWER_OFF = 0x3B


EXECUTED_WORDS = {
    0: "close",
    1: "allow_close",
    2: "trip",
    3: "delayed_trip",
    4: "timed_trip",
    5: "delayed_by_high_current",
    8: "keep_power_on",
    9: "keep_power_off",
    10: "alarm_on",
    11: "alarm_off",
}


@dataclass(frozen=True, slots=True)
class RelayOrder:
    """What the meter is to do. `expires`: a meter whose clock is past it refuses; None is sent as zero, no
    limit.

    `delay`: N2, units of 5 minutes, for the two timed trips only.
    """

    action: RelayAction
    expires: datetime | None = None
    delay: int = 0


@dataclass(frozen=True, slots=True)
class Password:
    """What the plain form shows: `level` PA (02 or 04), and as numbers `secret` P0..P2, `operator` C0..C3."""

    level: int
    secret: int = field(repr=False)
    operator: int = 0


@dataclass(frozen=True, slots=True)
class SealedOrder:
    """The ESAM form: `cipher` 16 bytes and `mac` 4, in the chip's own order, high byte first."""

    cipher: bytes
    mac: bytes
    operator: int = 0


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """A plain order and the authority it came with, as a meter reads them."""

    password: Password
    order: RelayOrder


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The meter says it took the order. `executed` is the result word that newer meters add, else None.

    They add it to a sealed order whose operator is `WITH_RESULTS`; its bits are those of `EXECUTED_WORDS`.
    """

    executed: int | None = None

    @property
    def done(self) -> tuple[str, ...]:
        """What the meter says it did, in words."""
        return tuple(EXECUTED_WORDS.get(place, f"bit_{place}") for place in set_places(self.executed or 0))


def build_relay(address: str, password: Password, order: RelayOrder, zone: tzinfo) -> Frame:
    """Order meter `address` in the plain form; `zone` is the local time of its clock."""
    head = uint_to_bytes(password.level, 1) + uint_to_bytes(password.secret, 3)
    body = uint_to_bytes(password.operator, 4) + order_to_bytes(order, zone)
    return check_request(Frame(address, Control.RELAY, head + body))


def build_sealed_relay(address: str, sealed: SealedOrder) -> Frame:
    """Order meter `address` in the ESAM form, PA = 98; needs a valid identity authentication."""
    if len(sealed.cipher) != CIPHER_BYTES or len(sealed.mac) != 4:
        raise LocalError("a sealed order is 16 bytes and a MAC of 4", code="bad_length", field="cipher")
    head = bytes((ESAM_LEVEL, 0, 0, 0)) + uint_to_bytes(sealed.operator, 4)
    return check_request(Frame(address, Control.RELAY, head + sealed.cipher[::-1] + sealed.mac[::-1]))


def parse_relay(request: Frame, zone: tzinfo) -> PlainRequest | SealedOrder:
    """Read, as a meter, an order in either form."""
    if request.control != Control.RELAY:
        raise RemoteError("this is not a relay order", code="wrong_control", field="control")
    data = request.data
    if len(data) == _ESAM_LENGTH and data[0] == ESAM_LEVEL:
        return SealedOrder(data[23:7:-1], data[:23:-1], uint_from_bytes(data[4:8]))
    if len(data) != _PLAIN_LENGTH or data[0] == ESAM_LEVEL:
        raise RemoteError("a relay order has 16 or 28 bytes", code="bad_length", field="data")
    password = Password(data[0], uint_from_bytes(data[1:4]), uint_from_bytes(data[4:8]))
    return PlainRequest(password, order_from_bytes(data[8:], zone))


def build_relay_reply(address: str, executed: int | None = None) -> Frame:
    """Say, as a meter, that the order was taken."""
    data = b"" if executed is None else uint_to_bytes(executed, 2)
    return Frame(address, Control.RELAY | REPLY, data)


def parse_relay_reply(reply: Frame, address: str) -> Obeyed | Refusal:
    """Read the answer of meter `address` to an order."""
    refused = check_reply(reply, address, Control.RELAY)
    if refused is not None:
        return refused
    if len(reply.data) not in (0, 2):
        raise RemoteError("a relay answer has 0 or 2 bytes", code="bad_length", field="data")
    return Obeyed(uint_from_bytes(reply.data) if reply.data else None)


def order_to_bytes(order: RelayOrder, zone: tzinfo) -> bytes:
    """Write N1, N2 and the expiry: 8 bytes."""
    timed = order.action in (RelayAction.TRIP_FOR_A_TIME, RelayAction.TRIP_FOR_A_TIME_ALLOW)
    if order.delay and not timed:
        raise LocalError("only a timed trip has a delay", code="out_of_range", field="delay")
    return bytes((order.action,)) + uint_to_bytes(order.delay, 1) + moment_to_bytes(order.expires, zone)


def order_from_bytes(raw: bytes, zone: tzinfo) -> RelayOrder:
    """Read N1, N2 and the expiry; RemoteError for an action that nobody published."""
    if len(raw) != 8:
        raise RemoteError("a relay order has 8 bytes", code="bad_length", field="order")
    try:
        action = RelayAction(raw[0])
    except ValueError:
        raise RemoteError("no such relay action", code="unknown_action", field="action") from None
    return RelayOrder(action, moment_from_bytes(raw[2:], zone), raw[1])


def order_to_clear(order: RelayOrder, zone: tzinfo) -> bytes:
    """Return the 16 bytes that a security module enciphers: N1, N2, expiry, then 80H and zeros."""
    return order_to_bytes(order, zone) + _PAD


def order_from_clear(clear: bytes, zone: tzinfo) -> RelayOrder:
    """Read what a security module deciphered."""
    if clear[8:] != _PAD:
        raise RemoteError("the deciphered order is not padded", code="bad_padding", field="cipher")
    return order_from_bytes(clear[:8], zone)
