"""Order a relay closed (1C), or allow the resident to close it by hand (1B). A good answer is not proof: read back."""

from datetime import timedelta

from headend_client.outcome import Done, Refused, Unknown
from headend_client.profiles.shape import RelayForm
from headend_client.session import Turn
from headend_client.verbs.call import Call
from headend_client.verbs.identity import authenticate
from meters_io.bits import uint_from_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.relay import (
    Obeyed,
    Password,
    RelayAction,
    RelayOrder,
    SealedOrder,
    build_relay,
    build_sealed_relay,
    order_to_clear,
    parse_relay_reply,
)

_GOOD_FOR = timedelta(minutes=5)  # beyond the slowest way to a meter and a healthy clock's error


async def close_relay(call: Call, *, arm: bool) -> Done | Refused | Unknown:
    """Send the order in the form that the meter takes. Raises Unreachable when it surely did not leave."""
    action = RelayAction.ALLOW_CLOSE if arm else RelayAction.CLOSE
    async with call.turn() as turn:
        request = await _request(call, turn, action)
        if isinstance(request, Refused):
            return request
        said = await call.tell(turn, request, lambda reply: parse_relay_reply(reply, call.target.address))
    return Done() if isinstance(said, Obeyed) else said


async def _request(call: Call, turn: Turn, action: RelayAction) -> Frame | Refused:
    """Build the order. Its expiry is counted from here, behind the queue and the authentication."""
    if call.profile.relay is RelayForm.PLAIN:
        password = await call.security.relay_password(call.target)
        return build_relay(call.target.address, _read_password(password), _order(call, action), call.zone)
    opened = await authenticate(call, turn)
    if isinstance(opened, Refused):
        return opened
    clear = order_to_clear(_order(call, action), call.zone)
    cipher, mac = await call.security.relay_order(call.target, opened.challenge, opened.random2, clear)
    return build_sealed_relay(call.target.address, SealedOrder(cipher, mac))


def _order(call: Call, action: RelayAction) -> RelayOrder:
    return RelayOrder(action, expires=call.now() + _GOOD_FOR)


def _read_password(raw: bytes) -> Password:
    """Split PA and P0 P1 P2 as they stand on the wire."""
    return Password(raw[0], uint_from_bytes(raw[1:4]))
