"""Set a meter's clock to now, and see how far it is off afterwards.

The whole clock is one item (0400010C) in newer meters; older ones have the date and the time apart.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from headend_client.errors import Unreachable
from headend_client.orders import SetClock
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.security import SecurityError
from headend_client.verbs.call import Call
from headend_client.verbs.read_registers import Item, read_item
from headend_client.verbs.write_frame import write_frame
from meters_io.dlt645 import names
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.writes import Written, parse_write_reply

TOLERANCE = timedelta(minutes=2)  # a frame is under way for up to a minute on a carrier
_WHOLE = "%y%m%d0%w%H%M%S"
_APART = ((names.Item.DATE, "%y%m%d0%w"), (names.Item.TIME, "%H%M%S"))


async def set_clock(call: Call, order: SetClock) -> Readings | Refused | Unknown:
    """Set it, and read it back. Raises Unreachable when surely nothing was sent.

    Readings: `clock` as the meter shows it, `clock_error_s` (ahead is positive) afterwards, `clock_was_off_s` before.
    """
    whole = True
    before = await _shown(call, whole=True)
    if before == Refused(RefusalCode.NO_DATA.value):
        whole, before = False, await _shown(call, whole=False)
    if isinstance(before, Refused):
        return before
    items = ((names.Item.CLOCK, _WHOLE),) if whole else _APART
    said = await _set(call, items)
    try:
        after = await _shown(call, whole=whole)
    except Unreachable as error:
        after = Unknown(str(error))
    return _ending(said, before, after)


def _ending(
    said: Written | Refused | Unknown, before: "_Shown | Unknown", after: "_Shown | Refused | Unknown"
) -> Readings | Refused | Unknown:
    if isinstance(after, _Shown) and abs(after.error_s) <= TOLERANCE.total_seconds():
        was = before.error_s if isinstance(before, _Shown) else None
        return Readings({"clock": after.digits, "clock_error_s": after.error_s, "clock_was_off_s": was})
    if not isinstance(said, Written):
        return said
    return Refused("no_effect") if isinstance(after, _Shown) else Unknown("not_read_back")


async def _set(call: Call, items: tuple[tuple[names.Item, str], ...]) -> Written | Refused | Unknown:
    said: Written | Refused | Unknown = Written()
    for place, (item, template) in enumerate(items):
        try:
            said = await _tell(call, item, _now_as(call, template))
        except (Unreachable, SecurityError) as error:
            if not place:
                raise
            return Unknown(str(error))
        if not isinstance(said, Written):
            return said
    return said


async def _tell(call: Call, item: names.Item, value: Callable[[], str]) -> Written | Refused | Unknown:
    async with call.turn() as turn:
        request = await write_frame(call, turn, item, value)
        if isinstance(request, Refused):
            return request
        return await call.tell(turn, request, lambda reply: parse_write_reply(reply, call.target.address))


def _now_as(call: Call, template: str) -> Callable[[], str]:
    return lambda: call.now().astimezone(call.zone).strftime(template)


class _Shown:
    """What a clock shows: its digits YYMMDDWWhhmmss, and how far it is ahead."""

    def __init__(self, digits: str, error_s: int) -> None:
        self.digits, self.error_s = digits, error_s


async def _shown(call: Call, *, whole: bool) -> _Shown | Refused | Unknown:
    """Read the clock. Unknown: it shows no date that there is, which is a reason to set it."""
    parts: list[str] = []
    for item in (names.Item.CLOCK,) if whole else (names.Item.DATE, names.Item.TIME):
        said = await read_item(call, item)
        if not isinstance(said, Item):
            return said
        parts.append(str(said.value))
    digits = "".join(parts)
    try:
        told = datetime.strptime(digits[:6] + digits[8:], "%y%m%d%H%M%S").replace(tzinfo=call.zone)
    except ValueError:
        return Unknown("bad_date")
    return _Shown(digits, round((told - call.now()).total_seconds()))
