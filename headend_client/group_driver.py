"""Total groups of terminals that keep what was bought themselves (购电控, SPEC H-14), behind the same verbs as meters.

The bill number of a purchase is its idempotency key: it is the purchase count of such a meter, and a terminal refuses
one that it took before. A group's switches are its relay.
"""

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import Any, TypeVar

from headend_client.clearance import Clearance
from headend_client.clock import Clock, utc_now
from headend_client.drivers import Driver
from headend_client.errors import Unreachable
from headend_client.group_verbs import (
    charge,
    close,
    control_group,
    read_group,
    read_relay,
    read_wallet,
    switch,
    trip_rounds,
)
from headend_client.orders import ControlGroup, MeterOrder, ReadGroup, Switch, TerminalOrder
from headend_client.outcome import Done, Readings, Refused, Relay, TokenTaken, Unknown, Wallet
from headend_client.patience import ends_by
from headend_client.pool import Pool
from headend_client.target import Group, Place, Recharge, Target
from headend_client.terminal_verbs.call import TerminalCall
from headend_client.trace import Trace
from meters_io.errors import LocalError

T = TypeVar("T")
NOT_OFFERED = Refused("not_offered")
_VERBS: dict[type[MeterOrder], Callable[[TerminalCall, Group, Any], Awaitable[Readings | Refused | Unknown]]] = {
    ReadGroup: read_group,
    ControlGroup: control_group,
    Switch: switch,
}


class GroupDriver:
    """Groups of terminals that have dialled into this process. `zone`: local time of the terminals.

    `meters`: the driver of what hangs behind them; what the terminal keeps nothing of is asked of the meter itself.
    """

    def __init__(self, pool: Pool, meters: Driver, zone: tzinfo, now: Clock = utc_now) -> None:
        self._pool, self._meters, self._zone, self._now = pool, meters, zone, now

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        """Read what is left, and the last bill as the purchase count."""
        return await self._speak(read_wallet, target, trace)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        """Append a purchase under its bill number."""
        return await self._speak(lambda call, group: charge(call, group, recharge), target, trace)

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        """A terminal takes no tokens."""
        return Refused("not_supported")

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        """Read how the group's rounds stand."""
        return await self._speak(read_relay, target, trace)

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown:
        """Allow the group's rounds to be closed: a terminal has no other order, whether `arm` or not."""
        return await self._speak(close, target, trace)

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown:
        """Open the group's rounds, if keep-power is off and `clearance` still holds right before the order leaves."""

        return await self._speak(lambda call, group: trip_rounds(call, group, target, clearance), target, trace)

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Do anything else, at the terminal where it is about the group, else at the meter."""
        verb = _VERBS.get(type(order))
        if verb is None:
            return await self._meters.operate(target, order, trace)
        return await self._speak(lambda call, group: verb(call, group, order), target, trace)

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Orders to the terminal itself go by the driver of its concentrator."""
        return NOT_OFFERED

    async def _speak(
        self, verb: Callable[[TerminalCall, Group], Awaitable[T]], target: Target, trace: Trace
    ) -> T | Refused:
        if target.group is None:
            return Refused("no_group")
        session = self._pool.find(target.concentrator)
        if session is None:
            raise Unreachable("no_link")
        until = ends_by(session.timing.verb_s)
        place = Place(target.concentrator, target.priority)
        try:
            return await verb(TerminalCall(place, session, trace, self._now, self._zone, until), target.group)
        except LocalError:
            return Refused("bad_argument")
