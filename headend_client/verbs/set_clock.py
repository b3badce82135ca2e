"""Set a meter's clock to now, and see how far it is off afterwards."""

from collections.abc import Callable
from datetime import timedelta

from headend_client.errors import Unreachable
from headend_client.orders import SetClock
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.security import SecurityError
from headend_client.verbs.call import Call
from headend_client.verbs.read_clock import APART, WHOLE, Shown, read_clock
from headend_client.verbs.write_frame import write_frame
from meters_io.dlt645.names import Item
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.writes import Written, parse_write_reply

TOLERANCE = timedelta(minutes=2)  # a frame is under way for up to a minute on a carrier
_TEMPLATES = {Item.CLOCK: "%y%m%d0%w%H%M%S", Item.DATE: "%y%m%d0%w", Item.TIME: "%H%M%S"}  # the week begins at 00


async def set_clock(call: Call, order: SetClock) -> Readings | Refused | Unknown:
    """Set it, and read it back. Raises Unreachable when surely nothing was sent.

    Readings: `clock` as the meter shows it, `clock_error_s` (ahead is positive) afterwards, `clock_was_off_s` before.
    """
    items = WHOLE
    before = await read_clock(call, items)
    if before == Refused(RefusalCode.NO_DATA.value):
        items = APART
        before = await read_clock(call, items)
    if isinstance(before, Refused):
        return before
    said = await _set(call, items)
    try:
        after = await read_clock(call, items)
    except Unreachable as error:
        after = Unknown(str(error))
    return _ending(said, before, after)


def _ending(
    said: Written | Refused | Unknown, before: Shown | Unknown, after: Shown | Refused | Unknown
) -> Readings | Refused | Unknown:
    if isinstance(after, Shown) and abs(after.error_s) <= TOLERANCE.total_seconds():
        was = before.error_s if isinstance(before, Shown) else None
        return Readings({"clock": after.digits, "clock_error_s": after.error_s, "clock_was_off_s": was})
    if not isinstance(said, Written):
        return said
    return Refused("no_effect") if isinstance(after, Shown) else Unknown("not_read_back")


async def _set(call: Call, items: tuple[Item, ...]) -> Written | Refused | Unknown:
    said: Written | Refused | Unknown = Written()
    for place, item in enumerate(items):
        try:
            said = await _tell(call, item, _now_as(call, _TEMPLATES[item]))
        except (Unreachable, SecurityError) as error:
            if not place:
                raise
            return Unknown(str(error))
        if not isinstance(said, Written):
            return said
    return said


async def _tell(call: Call, item: Item, value: Callable[[], str]) -> Written | Refused | Unknown:
    async with call.turn() as turn:
        request = await write_frame(call, turn, item, value)
        if isinstance(request, Refused):
            return request
        return await call.tell(turn, request, lambda reply: parse_write_reply(reply, call.target.address))


def _now_as(call: Call, template: str) -> Callable[[], str]:
    return lambda: call.now().astimezone(call.zone).strftime(template)
