"""Read status word 3 (04000503): the relay, the order it is under, the alarm, keep-power."""

from headend_client.link import Turn
from headend_client.outcome import Refused, Relay, Unknown
from headend_client.verbs.call import Call
from meters_io.dlt645.reads import STATUS_3, build_read, parse_register
from meters_io.dlt645.status import StatusWord3


async def read_relay(call: Call) -> Relay | Refused | Unknown:
    """Read the state. Raises Unreachable."""
    async with call.turn() as turn:
        return await read_relay_in(call, turn)


async def read_relay_in(call: Call, turn: Turn) -> Relay | Refused | Unknown:
    """Read the state within a turn that is about to change it. Raises Unreachable."""
    address = call.target.address
    said = await call.ask(
        turn, build_read(address, STATUS_3.di), lambda reply: parse_register(reply, address, STATUS_3)
    )
    if not isinstance(said, StatusWord3):
        return said
    return Relay(said.relay_open, said.relay_command_open, said.alarm, said.keep_power)
