"""Which verb keeps which order to a concentrator."""

from collections.abc import Awaitable, Callable
from typing import Any

from headend_client.orders import TerminalOrder
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.terminal_verbs.call import TerminalCall

Verb = Callable[[TerminalCall, Any], Awaitable[Readings | Refused | Unknown]]

VERBS: dict[type[TerminalOrder], Verb] = {}


async def carry_out_there(call: TerminalCall, order: TerminalOrder) -> Readings | Refused | Unknown:
    """Do what is ordered. Refused("not_offered") for what nobody here knows how to do. Raises Unreachable."""
    verb = VERBS.get(type(order))
    return await verb(call, order) if verb is not None else Refused("not_offered")
