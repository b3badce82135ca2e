"""An order is proved by what is read afterwards: a confirmation alone is none."""

from collections.abc import Awaitable, Callable, Iterable

from headend_client.errors import Unreachable
from headend_client.outcome import Done, Readings, Refused, Unknown
from headend_client.terminal_verbs.call import Build, TerminalCall

Look = Callable[[], Awaitable[Readings | Refused | Unknown]]


async def tell_all(call: TerminalCall, builds: Iterable[Build]) -> Done | Refused | Unknown:
    """Give orders one after the other, up to the first that is not confirmed. Raises Unreachable: none has left.

    Refused("denied_in_part"): some before were taken.
    """
    told: Done | Refused | Unknown = Done()
    for place, build in enumerate(builds):
        try:
            told = await call.tell(build)
        except Unreachable as error:
            if place == 0:
                raise
            return Unknown(str(error))
        if isinstance(told, Refused) and place:
            return Refused("denied_in_part")
        if not isinstance(told, Done):
            return told
    return told


async def proved(
    told: Done | Refused | Unknown, look: Look, holds: Callable[[Readings], bool]
) -> Readings | Refused | Unknown:
    """Return what is there after an order, if it is as ordered: even where nobody confirmed it.

    Refused("no_effect"): confirmed, and it is as it was. Unknown: nobody confirmed it, and it is not (yet) there; or
    it cannot be read.
    """
    if isinstance(told, Refused):
        return told
    try:
        seen = await look()
    except Unreachable as error:
        return told if isinstance(told, Unknown) else Unknown(str(error))
    match seen:
        case Refused():
            return Unknown("not_read_back")
        case Unknown():
            return seen
    if holds(seen):
        return seen
    return told if isinstance(told, Unknown) else Refused("no_effect")
