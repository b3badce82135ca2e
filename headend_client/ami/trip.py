"""Have a relay opened. The one task that takes light away, so leave is asked right before it is handed in."""

from headend_client.ami.carry_out import READ_RELAY, prove_relay
from headend_client.ami.errands import Errands
from headend_client.ami.handing import Order
from headend_client.ami.results import relay_of
from headend_client.clearance import Clearance
from headend_client.outcome import Readings, Refused, Relay, Unknown

_EXPIRED = Refused("clearance_expired")


async def trip(errands: Errands, clearance: Clearance) -> Readings | Refused | Unknown:
    """Trip unless keep-power is on, and read back; the clearance is asked each time that the task is handed in.

    It must begin within `AmiTiming.trip_s`: money that comes later than that meets no order under way.
    """
    before = relay_of(await errands.ask(READ_RELAY))
    if not isinstance(before, Relay):
        return before
    if before.keep_power:
        return Refused("trip_refused_keep_power")
    said = await errands.change(Order("trip"), lambda: _holds(errands, clearance), errands.line.timing.trip_s)
    return said if said == _EXPIRED else await prove_relay(errands, said, lambda found: found.command_open)


def _holds(errands: Errands, clearance: Clearance) -> bool:
    return clearance.holds(errands.target.address, errands.now())
