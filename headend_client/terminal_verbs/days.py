"""What a concentrator has frozen of a day: purchases (0D F210) and energy (0D F161) of many meters at once."""

from collections.abc import Iterator
from datetime import date

from headend_client.errors import Unreachable
from headend_client.orders import CollectDay
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.terminal_verbs.call import TerminalCall
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import Item, Reading, build_readings_request, parse_readings

_AT_ONCE = 32  # points: the answer has a kilobyte and a half
_ITEMS = (Item.DAILY_PURCHASE, Item.DAILY_REGISTER)


async def collect_day(call: TerminalCall, order: CollectDay) -> Readings | Refused | Unknown:
    """Fetch what there is; a point that is not told has nothing there. Where the concentrator says nothing it is
    asked once more: one lost answer would have its meters asked one by one. When it stays silent, what has come is
    returned. Refused: it has neither for any of them. Raises Unreachable: nothing has come.
    """
    found: list[Reading] = []
    stopped: Refused | Unknown | None = None
    for item in _ITEMS:
        for points in _slices(order.points):
            try:
                said = await _ask(call, item, points, order.day)
            except Unreachable:
                if not found:
                    raise
                return Readings({}, days=tuple(found))
            if isinstance(said, Refused | Unknown):
                stopped = stopped or said
            else:
                found += said
    return Readings({}, days=tuple(found)) if found or stopped is None else stopped


async def _ask(
    call: TerminalCall, item: Item, points: tuple[int, ...], day: date
) -> tuple[Reading, ...] | Refused | Unknown:
    def build(route: Route) -> Frame:
        return build_readings_request(route, item, points, day)

    def parse(reply: Frame, asked: Frame) -> tuple[Reading, ...]:
        return parse_readings(reply, asked, item, call.zone)

    try:
        return await call.ask(build, parse)
    except Unreachable:
        return await call.ask(build, parse)


def _slices(points: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for first in range(0, len(points), _AT_ONCE):
        yield points[first : first + _AT_ONCE]
