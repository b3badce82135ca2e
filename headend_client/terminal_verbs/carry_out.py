"""Which verb keeps which order to a concentrator."""

from collections.abc import Awaitable, Callable
from typing import Any

from headend_client.orders import (
    ChangeArchive,
    ClearArchive,
    CollectCurves,
    CollectDay,
    CollectEvents,
    ReadArchive,
    ReadParameters,
    ReadTerminalClock,
    SetParameters,
    SetTerminalClock,
    SyncMeters,
    TerminalOrder,
)
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.terminal_verbs.archive import change_archive, clear_archive, read_archive
from headend_client.terminal_verbs.call import TerminalCall
from headend_client.terminal_verbs.clock import read_clock, set_clock, sync_meters
from headend_client.terminal_verbs.curves import collect_curves
from headend_client.terminal_verbs.days import collect_day
from headend_client.terminal_verbs.events import collect_events
from headend_client.terminal_verbs.parameters import read_parameters, set_parameters
from meters_io.errors import LocalError

Verb = Callable[[TerminalCall, Any], Awaitable[Readings | Refused | Unknown]]

VERBS: dict[type[TerminalOrder], Verb] = {
    ReadTerminalClock: read_clock,
    SetTerminalClock: set_clock,
    SyncMeters: sync_meters,
    ReadArchive: read_archive,
    ChangeArchive: change_archive,
    ClearArchive: clear_archive,
    ReadParameters: read_parameters,
    SetParameters: set_parameters,
    CollectEvents: collect_events,
    CollectDay: collect_day,
    CollectCurves: collect_curves,
}


async def carry_out_there(call: TerminalCall, order: TerminalOrder) -> Readings | Refused | Unknown:
    """Do what is ordered. Raises Unreachable.

    Refused: `not_offered` for what nobody here knows how to do, `bad_argument` for a value that no frame can hold.
    """
    verb = VERBS.get(type(order))
    if verb is None:
        return Refused("not_offered")
    try:
        return await verb(call, order)
    except LocalError:
        return Refused("bad_argument")
