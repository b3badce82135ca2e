"""Open a relay by order (1A). The one verb that takes light away, so it asks for leave right before the wire."""

from headend_client.clearance import Clearance
from headend_client.outcome import Readings, Refused, Relay, Unknown
from headend_client.verbs.call import Call
from headend_client.verbs.read_relay import read_relay_in
from headend_client.verbs.relay_order import order_frame, prove
from meters_io.dlt645.relay import RelayAction, parse_relay_reply


async def trip_relay(call: Call, clearance: Clearance) -> Readings | Refused | Unknown:
    """Trip unless keep-power is on, and read back. Raises Unreachable when the order surely did not leave.

    A relay that its meter opened for debt gets the order all the same: money alone does not close it then. Refused:
    `trip_refused_keep_power`; `clearance_expired`: money may have come since it was given, or it is for another meter.
    """
    address = call.target.address
    async with call.turn() as turn:
        before = await read_relay_in(call, turn)
        if not isinstance(before, Relay):
            return before
        if before.keep_power:
            return Refused("trip_refused_keep_power")
        request = await order_frame(call, turn, RelayAction.TRIP)
        if isinstance(request, Refused):
            return request
        if not clearance.holds(address, call.now()):
            return Refused("clearance_expired")
        said = await call.tell(turn, request, lambda reply: parse_relay_reply(reply, address))
    return await prove(call, said, RelayAction.TRIP)
