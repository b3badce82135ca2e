"""Which verb keeps which order to a meter."""

from collections.abc import Awaitable, Callable
from typing import Any

from headend_client.orders import MeterOrder, Read
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.verbs.call import Call
from headend_client.verbs.read_registers import read_registers

Verb = Callable[[Call, Any], Awaitable[Readings | Refused | Unknown]]

VERBS: dict[type[MeterOrder], Verb] = {Read: read_registers}


async def carry_out(call: Call, order: MeterOrder) -> Readings | Refused | Unknown:
    """Do what is ordered. Refused("not_offered") for what nobody here knows how to do. Raises Unreachable."""
    verb = VERBS.get(type(order))
    return await verb(call, order) if verb is not None else Refused("not_offered")
