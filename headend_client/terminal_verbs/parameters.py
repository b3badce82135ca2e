"""Parameters of a concentrator: read (AFN 0A) and set (AFN 04)."""

from collections.abc import Iterable

from headend_client.orders import ReadParameters, SetParameters
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.terminal_verbs.call import TerminalCall
from headend_client.terminal_verbs.flat import Value, flat
from headend_client.terminal_verbs.proving import proved
from meters_io.errors import LocalError
from meters_io.gdw1376.asking import Piece, build_request, pieces_of_answer
from meters_io.gdw1376.frame import Afn
from meters_io.gdw1376.passage import Route

_READABLE = frozenset(
    (1, 3, 8, 9, 21, 22, 23, 24, 25, 29, 33, 35, 36, 38, 39, 45, 46, 47, 48, 49, 57, 58, 65, 66, 67, 68)
)
_SETTABLE = _READABLE - {3, 8}  # they are its way to us: a wrong one, and nobody hears of it again


async def read_parameters(call: TerminalCall, order: ReadParameters) -> Readings | Refused | Unknown:
    """Read them: `F24`, `F33.0.interval_min` ... `F24` is None where the concentrator does not tell it."""
    if not _READABLE.issuperset(order.functions):
        return Refused("not_offered")
    said = await _ask(call, order.functions, order.point)
    if isinstance(said, Refused | Unknown):
        return said
    return Readings(_named(said, order.functions))


async def set_parameters(call: TerminalCall, order: SetParameters) -> Readings | Refused | Unknown:
    """Set them in one frame and read them. Refused("denied_in_part"): some of them were taken."""
    functions = tuple(function for function, _ in order.values)
    if not _SETTABLE.issuperset(functions):
        return Refused("not_offered")
    pieces = [Piece(order.point, function, value) for function, value in order.values]
    told = await call.tell(lambda route: build_request(route, Afn.SET, pieces))
    there: tuple[Piece, ...] = ()

    async def look() -> Readings | Refused | Unknown:
        nonlocal there
        said = await _ask(call, functions, order.point)
        if isinstance(said, Refused | Unknown):
            return said
        there = said
        return Readings(_named(said, functions))

    return await proved(told, look, lambda _: _are_same(call, there, pieces))


async def _ask(call: TerminalCall, functions: tuple[int, ...], point: int) -> tuple[Piece, ...] | Refused | Unknown:
    asked = [Piece(point, function, {}) for function in functions]
    return await call.ask(lambda route: build_request(route, Afn.QUERY, asked), pieces_of_answer)


def _named(pieces: Iterable[Piece], functions: tuple[int, ...]) -> dict[str, Value]:
    told = {piece.function: piece.value for piece in pieces}
    return {name: value for function in functions for name, value in flat(f"F{function}", told.get(function))}


def _are_same(call: TerminalCall, there: Iterable[Piece], wanted: Iterable[Piece]) -> bool:
    """Compare parameters as they stand on the wire: there is one way to write a value, and many to name it."""
    try:
        return _bytes(call, there) == _bytes(call, wanted)
    except LocalError:
        return False  # what is there is no such value


def _bytes(call: TerminalCall, pieces: Iterable[Piece]) -> list[bytes]:
    route = Route(call.session.terminal, 0)
    return sorted(build_request(route, Afn.SET, [piece]).body for piece in pieces)
