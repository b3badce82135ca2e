"""Close a relay, allow it to be closed, keep power on or no longer: one order, and the status word after it."""

from headend_client.orders import RelayWish, Switch
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.verbs.call import Call
from headend_client.verbs.relay_order import order_frame, prove
from meters_io.dlt645.relay import RelayAction, parse_relay_reply

_ACTIONS = {
    RelayWish.ALLOW_CLOSE: RelayAction.ALLOW_CLOSE,
    RelayWish.CLOSE: RelayAction.CLOSE,
    RelayWish.KEEP_POWER_ON: RelayAction.KEEP_POWER_ON,
    RelayWish.KEEP_POWER_OFF: RelayAction.KEEP_POWER_OFF,
}


async def switch_relay(call: Call, order: Switch) -> Readings | Refused | Unknown:
    """Order it and read back. Raises Unreachable when the order surely did not leave.

    Readings: the word says what was wished for. Refused("no_effect"): the meter said yes, and its word says no.
    """
    action = _ACTIONS[order.wish]
    async with call.turn() as turn:
        request = await order_frame(call, turn, action)
        if isinstance(request, Refused):
            return request
        said = await call.tell(turn, request, lambda reply: parse_relay_reply(reply, call.target.address))
    return await prove(call, said, action)
