"""A relay order in the form that its meter takes, and what its status word says afterwards."""

from datetime import timedelta

from headend_client.errors import Unreachable
from headend_client.link import Turn
from headend_client.outcome import Readings, Refused, Relay, Unknown
from headend_client.profiles.shape import AuthorityForm
from headend_client.verbs.call import Call
from headend_client.verbs.identity import authenticate
from headend_client.verbs.password import plain_password
from headend_client.verbs.read_clock import WHOLE, Shown, read_clock
from headend_client.verbs.read_relay import read_relay
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import (
    Obeyed,
    RelayAction,
    RelayOrder,
    SealedOrder,
    build_relay,
    build_sealed_relay,
    order_to_clear,
)

_VAGUE = (RefusalCode.OTHER, RefusalCode.EXPIRY, RefusalCode.UNSPECIFIED)
_GOOD_FOR = timedelta(minutes=5)  # beyond the slowest way to a meter and a healthy clock's error


async def order_frame(call: Call, turn: Turn, action: RelayAction) -> Frame | Refused:
    """Build an order within the turn that will send it. Raises Unreachable: building changes nothing in the meter.

    Its expiry is counted from here, behind the queue and the authentication.
    """
    address = call.target.address
    if call.profile.authority is AuthorityForm.PLAIN:
        return build_relay(address, await plain_password(call), _order(call, action), call.zone)
    opened = await authenticate(call, turn)
    if isinstance(opened, Refused):
        return opened
    clear = order_to_clear(_order(call, action), call.zone)
    cipher, mac = await call.security.relay_order(call.target, opened.challenge, opened.random2, clear)
    return build_sealed_relay(address, SealedOrder(cipher, mac))


async def prove(call: Call, said: Obeyed | Refused | Unknown, action: RelayAction) -> Readings | Refused | Unknown:
    """Read status word 3 after an order and say how the order ended. Raises nothing: the order has left."""
    try:
        found = await read_relay(call)
    except Unreachable as error:
        found = Unknown(str(error))
    if isinstance(found, Relay) and obeyed(action, found):
        return relay_readings(found)
    if not isinstance(said, Obeyed):
        return await explained(call, said)
    return Refused("no_effect") if isinstance(found, Relay) else Unknown("not_read_back")


async def explained(call: Call, said: Refused | Unknown) -> Refused | Unknown:
    """Say why an order was refused where its meter has one bit for it: a clock ahead of ours finds it too late."""
    if not isinstance(said, Refused) or said.code not in _VAGUE:
        return said
    try:
        shown = await read_clock(call, WHOLE)
    except Unreachable:
        return said
    late = isinstance(shown, Shown) and shown.error_s > _GOOD_FOR.total_seconds()
    return Refused("meter_clock_ahead") if late else said


def obeyed(action: RelayAction, found: Relay) -> bool:
    """Tell whether the status word is what `action` makes of it.

    A relay under a high current opens later and has the order at once; one with a key outside is closed by hand later.
    """
    match action:
        case RelayAction.ALLOW_CLOSE | RelayAction.CLOSE:
            return not (found.relay_open and found.command_open)
        case RelayAction.KEEP_POWER_ON:
            return found.keep_power
        case RelayAction.KEEP_POWER_OFF:
            return not found.keep_power
        case _:
            return found.command_open


def relay_readings(found: Relay) -> Readings:
    """Return the bits as what was read: 0 and 1 by the names of `Relay`."""
    values: dict[str, int | str | None] = {
        "relay_open": int(found.relay_open),
        "command_open": int(found.command_open),
        "alarm": int(found.alarm),
        "keep_power": int(found.keep_power),
    }
    return Readings(values, relay=found)


def _order(call: Call, action: RelayAction) -> RelayOrder:
    return RelayOrder(action, expires=call.now() + _GOOD_FOR)
