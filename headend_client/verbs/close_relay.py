"""Order a relay closed (1C), or allow the resident to close it by hand (1B). A good answer is not proof: read back."""

from headend_client.outcome import Done, Refused, Unknown
from headend_client.verbs.call import Call
from headend_client.verbs.relay_order import explained, order_frame
from meters_io.dlt645.relay import Obeyed, RelayAction, parse_relay_reply


async def close_relay(call: Call, *, arm: bool) -> Done | Refused | Unknown:
    """Send the order in the form that the meter takes. Raises Unreachable when it surely did not leave."""
    action = RelayAction.ALLOW_CLOSE if arm else RelayAction.CLOSE
    async with call.turn() as turn:
        request = await order_frame(call, turn, action)
        if isinstance(request, Refused):
            return request
        said = await call.tell(turn, request, lambda reply: parse_relay_reply(reply, call.target.address))
    return Done() if isinstance(said, Obeyed) else await explained(call, said)
