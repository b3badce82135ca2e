"""A concentrator's clock: read (AFN 0C F2), set (AFN 05 F31), and passed on to its meters (AFN 05 F30)."""

from datetime import UTC, timedelta

from headend_client.orders import ReadTerminalClock, SetTerminalClock, SyncMeters
from headend_client.outcome import Done, Readings, Refused, Unknown
from headend_client.terminal_verbs.call import TerminalCall
from headend_client.terminal_verbs.proving import proved
from meters_io.gdw1376.asking import Piece, build_request
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.meter_values import TerminalClock
from meters_io.gdw1376.moments import clock_to_plain
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import Item, Reading, build_readings_request, parse_readings
from meters_io.gdw1376.units import TERMINAL_POINT

_SET_CLOCK, _METER_CLOCKS = 31, 30
_CLOSE = timedelta(seconds=30)  # the way there and back, and what a clock may be off


async def read_clock(call: TerminalCall, order: ReadTerminalClock | None = None) -> Readings | Refused | Unknown:
    """Read the clock: `clock` in UTC, ISO 8601, and `clock_ahead_s`; both None where it shows none."""

    def build(route: Route) -> Frame:
        return build_readings_request(route, Item.TERMINAL_CLOCK, (TERMINAL_POINT,))

    def parse(reply: Frame, asked: Frame) -> tuple[Reading, ...]:
        return parse_readings(reply, asked, Item.TERMINAL_CLOCK, call.zone)

    said = await call.ask(build, parse)
    if isinstance(said, Refused | Unknown):
        return said
    shown = next((one.value.at for one in said if isinstance(one.value, TerminalClock)), None)
    if shown is None:
        return Readings({"clock": None, "clock_ahead_s": None})
    ahead_s = round((shown - call.now()).total_seconds())
    return Readings({"clock": shown.astimezone(UTC).isoformat(), "clock_ahead_s": ahead_s})


async def set_clock(call: TerminalCall, order: SetTerminalClock) -> Readings | Refused | Unknown:
    """Set it to the time at which the order leaves, and read it."""

    def build(route: Route) -> Frame:
        clock = clock_to_plain(call.now(), call.zone)
        return build_request(route, Afn.CONTROL, [Piece(TERMINAL_POINT, _SET_CLOCK, {"clock": clock})])

    return await proved(await call.tell(build), lambda: read_clock(call), _is_right)


async def sync_meters(call: TerminalCall, order: SyncMeters) -> Readings | Refused | Unknown:
    """Have the meters told the time, or not. No function reads this back: the confirmation is all there is."""

    def build(route: Route) -> Frame:
        piece = Piece(TERMINAL_POINT, _METER_CLOCKS, {"on": int(order.on)})
        return build_request(route, Afn.CONTROL, [piece])

    said = await call.tell(build)
    return Readings({"syncs_meters": int(order.on)}) if isinstance(said, Done) else said


def _is_right(seen: Readings) -> bool:
    ahead_s = seen.values["clock_ahead_s"]
    return isinstance(ahead_s, int) and abs(ahead_s) <= _CLOSE.total_seconds()
