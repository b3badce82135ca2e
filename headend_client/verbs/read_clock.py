"""Read what a meter's clock shows, and how far it is off.

The whole clock is one item (0400010C) in newer meters; older ones have the date and the time apart.
"""

from dataclasses import dataclass
from datetime import datetime

from headend_client.outcome import Refused, Unknown
from headend_client.verbs.call import Call
from headend_client.verbs.read_registers import Item, read_item
from meters_io.dlt645.names import Item as Named

Clock = tuple[Named, ...]
WHOLE: Clock = (Named.CLOCK,)
APART: Clock = (Named.DATE, Named.TIME)


@dataclass(frozen=True, slots=True)
class Shown:
    """`digits`: YYMMDDWWhhmmss, of the meter's local time. `error_s`: how far it is ahead; below zero it is behind."""

    digits: str
    error_s: int


async def read_clock(call: Call, items: Clock) -> Shown | Refused | Unknown:
    """Read it as one item or two. Raises Unreachable. Unknown: it shows no date that there is."""
    parts: list[str] = []
    for item in items:
        said = await read_item(call, item)
        if not isinstance(said, Item):
            return said
        parts.append(str(said.value))
    digits = "".join(parts)
    try:
        told = datetime.strptime(digits[:6] + digits[8:], "%y%m%d%H%M%S").replace(tzinfo=call.zone)
    except ValueError:
        return Unknown("bad_date")
    return Shown(digits, round((told - call.now()).total_seconds()))
