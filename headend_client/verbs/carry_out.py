"""Which verb keeps which order to a meter."""

from collections.abc import Awaitable, Callable
from typing import Any

from headend_client.orders import EnterTokens, MeterOrder, Read, ReadFrozen, SetClock, Switch, Write
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.verbs.call import Call
from headend_client.verbs.enter_tokens import enter_tokens
from headend_client.verbs.read_frozen import read_frozen
from headend_client.verbs.read_registers import read_registers
from headend_client.verbs.set_clock import set_clock
from headend_client.verbs.switch_relay import switch_relay
from headend_client.verbs.write_registers import write_registers

Verb = Callable[[Call, Any], Awaitable[Readings | Refused | Unknown]]

VERBS: dict[type[MeterOrder], Verb] = {
    Read: read_registers,
    ReadFrozen: read_frozen,
    Write: write_registers,
    SetClock: set_clock,
    Switch: switch_relay,
    EnterTokens: enter_tokens,
}


async def carry_out(call: Call, order: MeterOrder) -> Readings | Refused | Unknown:
    """Do what is ordered. Refused("not_offered") for what this model does not have. Raises Unreachable."""
    verb = VERBS.get(type(order))
    if verb is None or type(order) not in call.profile.offers:
        return Refused("not_offered")
    return await verb(call, order)
