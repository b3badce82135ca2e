"""Curves of a measuring point (AFN 0D F81 and up): one day, a point every 15, 30 or 60 minutes."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from headend_client.errors import Unreachable
from headend_client.orders import CollectCurves
from headend_client.outcome import PointCurve, Readings, Refused, Unknown
from headend_client.terminal_verbs.call import TerminalCall
from meters_io.errors import RemoteError
from meters_io.gdw1376.asking import Piece, build_request, fields_of, only, pieces_of_answer
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.passage import Route
from meters_io.layout import Plain

_DENSITIES = {15: 1, 30: 2, 60: 3}
_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class _Kind:
    function: int
    steps: int


CURVES = {
    "power_w": _Kind(81, 1000),
    "voltage_a_dv": _Kind(89, 10),
    "voltage_b_dv": _Kind(90, 10),
    "voltage_c_dv": _Kind(91, 10),
    "current_a_ma": _Kind(92, 1000),
    "current_b_ma": _Kind(93, 1000),
    "current_c_ma": _Kind(94, 1000),
    "energy_wh": _Kind(101, 1000),
}
"""By the names of registers: the function, and how many of our steps its unit (kW, V, A, kWh) has."""


async def collect_curves(call: TerminalCall, order: CollectCurves) -> Readings | Refused | Unknown:
    """Fetch what there is, one quantity after the other. When the concentrator falls silent on the way, what has come
    is returned. Refused: it has none of them; `bad_value` for a density or a name that is none. Raises Unreachable:
    nothing has come.
    """
    if order.minutes not in _DENSITIES or not set(order.quantities) <= CURVES.keys():
        return Refused("bad_value")
    found: list[PointCurve] = []
    stopped: Refused | Unknown | None = None
    for quantity in order.quantities:
        try:
            said = await _ask(call, order, quantity)
        except Unreachable:
            if not found:
                raise
            break
        if isinstance(said, Refused | Unknown):
            stopped = stopped or said
        else:
            found += [] if said is None else [said]
    return Readings({}, curves=tuple(found)) if found or stopped is None else stopped


async def _ask(call: TerminalCall, order: CollectCurves, quantity: str) -> PointCurve | Refused | Unknown | None:
    label = _label(order.day, order.minutes)
    kind = CURVES[quantity]

    def build(route: Route) -> Frame:
        return build_request(route, Afn.HISTORY, [Piece(order.point, kind.function, label)])

    def parse(reply: Frame, asked: Frame) -> PointCurve | None:
        pieces = pieces_of_answer(reply, asked)
        if not pieces:
            return None
        fields = fields_of(only(pieces, kind.function).value, "value")
        if any(fields.get(name) != label[name] for name in ("start", "density")):
            raise RemoteError("this is another stretch than was asked for", code="wrong_label", field="start")
        values = fields.get("values")
        told = values if isinstance(values, list) else []
        return PointCurve(order.point, quantity, tuple(_steps(each, kind) for each in told))

    return await call.ask(build, parse)


def _label(day: date, minutes: int) -> dict[str, Plain]:
    return {"start": f"{day:%y%m%d}0000", "density": _DENSITIES[minutes], "points": _DAY_MINUTES // minutes}


def _steps(value: Plain, kind: _Kind) -> int | None:
    return int(value * kind.steps) if isinstance(value, Decimal | int) else None
