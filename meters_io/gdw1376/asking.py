"""Requests of one function, and their answers, as frames: what purchases, the archive, readings and events share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.exchange import check_answer
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, answer_head
from meters_io.gdw1376.link import Confirmed, Denied, PerUnit, build_denial, parse_confirm
from meters_io.gdw1376.message import Message, UnitData, read_message, write_message
from meters_io.gdw1376.parsing import pairs_of, write_unit
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.tail import NO_TAIL, Tail
from meters_io.gdw1376.units import ALL_POINTS, Unit, unit
from meters_io.layout import Plain

_ORDER = Control(up=False, starts=True, function=10)
_ORDERS = {Afn.RESET: Control(up=False, starts=True, function=1), Afn.SET: _ORDER, Afn.CONTROL: _ORDER}
_QUESTION = Control(up=False, starts=True, function=11)
_DATA = Control(up=True, starts=False, function=8)


@dataclass(frozen=True, slots=True)
class Piece:
    """The data of one function of one point."""

    point: int
    function: int
    value: Plain


def build_request(route: Route, afn: int, pieces: Iterable[Piece]) -> Frame:
    """Ask a terminal, or order it: an order (AFN 01, 04, 05) wants to be confirmed. Raises LocalError."""
    return _written(question_head(route, afn), pieces, route.tail)


def question_head(route: Route, afn: int) -> Frame:
    """Return a request that is empty as yet. Raises LocalError."""
    if not 0 <= route.master <= 127:
        raise LocalError("a master number has seven bits", code="out_of_range", field="master")
    control = _ORDERS.get(Afn(afn), _QUESTION)
    seq = Seq(route.number, confirm=control is not _QUESTION)
    return Frame(route.terminal, control, afn, seq, b"", a3=route.master << 1)


def build_answer(asked: Frame, pieces: Iterable[Piece], tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a terminal, with data. Raises LocalError."""
    return _written(build_answer_head(asked), pieces, tail)


def build_answer_head(asked: Frame) -> Frame:
    """Return an answer with data that is empty as yet."""
    return answer_head(asked, _DATA, asked.afn)


def unit_of(head: Frame, piece: Piece) -> bytes:
    """Return the bytes of one piece in a frame that begins so. Raises LocalError."""
    return write_unit(head, UnitData(_identifier(piece), piece.value))


def answer_with(asked: Frame, known: Callable[[Piece], Plain], tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a terminal, all of a request that is `known`: a value for a piece that is asked for, or None.

    Where nothing of it is known the request is denied. Raises RemoteError where it cannot be read, LocalError where a
    value has no form.
    """
    found = [(piece, known(piece)) for piece in pieces_of_request(asked, asked.afn)]
    pieces = [replace(piece, value=value) for piece, value in found if value is not None]
    return build_answer(asked, pieces, tail) if pieces else build_denial(asked)


def pieces_of_request(request: Frame, afn: int) -> tuple[Piece, ...]:
    """Read, as a terminal, what is asked or ordered under `afn`. Raises RemoteError."""
    if request.control.up or request.afn != afn:
        raise RemoteError("this asks for something else", code="wrong_afn", field="afn")
    return pieces_of(request)


def pieces_of_answer(reply: Frame, asked: Frame) -> tuple[Piece, ...]:
    """Read the answer to `asked`; nothing at all where the terminal denies that it has such data (AFN 00 F2).

    RemoteError: as `check_answer`; `wrong_afn`; `wrong_unit` for a point or a function that was not asked for.
    """
    check_answer(reply, asked)
    if reply.afn == Afn.CONFIRM and isinstance(parse_confirm(reply), Denied):
        return ()
    if reply.afn != asked.afn:
        raise RemoteError("the reply answers another request", code="wrong_afn", field="afn")
    wanted = {(piece.point, piece.function) for piece in pieces_of(asked)}
    found = pieces_of(reply)
    for place, piece in enumerate(found):
        if not {(piece.point, piece.function), (ALL_POINTS, piece.function)} & wanted:
            raise RemoteError("this was not asked for", code="wrong_unit", field=f"units.{place}")
    return found


def pieces_of(frame: Frame) -> tuple[Piece, ...]:
    """Take a frame apart, point by point. RemoteError where part of it cannot be read; its field names the unit."""
    message = read_message(frame)
    if message.trouble:
        raise RemoteError("the frame is not made of units", code=message.trouble, field="units")
    return tuple(piece for place, each in enumerate(message.units) for piece in _pieces(place, each))


def is_done(reply: Frame, asked: Frame) -> bool:
    """Tell whether the terminal did all of an order; False where it refused any of it. Raises RemoteError."""
    check_answer(reply, asked)
    match parse_confirm(reply):
        case Confirmed():
            return True
        case PerUnit(_, results):
            return all(result.error == 0 for result in results)
    return False


def only(pieces: tuple[Piece, ...], function: int) -> Piece:
    """Return the one piece there is, which must be of `function`; RemoteError `wrong_unit`."""
    if len(pieces) != 1 or pieces[0].function != function:
        raise RemoteError(f"one unit of F{function} belongs here", code="wrong_unit", field="units")
    return pieces[0]


def fields_of(value: Plain, field: str) -> dict[str, Plain]:
    """Return the fields of a record; RemoteError `no_value` where it is none."""
    if isinstance(value, dict):
        return value
    raise RemoteError("there is no such record", code="no_value", field=field)


def number_in(fields: dict[str, Plain], name: str) -> int:
    """Return a field that must be a whole number; RemoteError `not_bcd` with the field's name."""
    value = fields.get(name)
    if isinstance(value, int):
        return value
    raise RemoteError(f"{name} is no number", code="not_bcd", field=name)


def numbers_in(fields: dict[str, Plain], name: str) -> tuple[int, ...]:
    """Return a field that must be a list of whole numbers; RemoteError `not_bcd` with the field's name."""
    listed = fields.get(name)
    if not isinstance(listed, list):
        raise RemoteError(f"{name} is no list", code="not_bcd", field=name)
    return tuple(number_in({name: each}, name) for each in listed)


def text_in(fields: dict[str, Plain], name: str) -> str:
    """Return a field that must be digits or text; RemoteError `not_bcd` with the field's name."""
    value = fields.get(name)
    if isinstance(value, str):
        return value
    raise RemoteError(f"{name} cannot be read", code="not_bcd", field=name)


def decimal_in(fields: dict[str, Plain], name: str) -> Decimal | None:
    """Return a field that must be a decimal number or missing; RemoteError `not_bcd` with the field's name."""
    value = fields.get(name)
    if value is None or isinstance(value, Decimal):
        return value
    raise RemoteError(f"{name} is no BCD", code="not_bcd", field=name)


def _written(head: Frame, pieces: Iterable[Piece], tail: Tail) -> Frame:
    units = tuple(UnitData(_identifier(piece), piece.value) for piece in pieces)
    if not units:
        raise LocalError("a frame is about something", code="nothing_asked", field="units")
    return write_message(Message(head, units, tail))


def _identifier(piece: Piece) -> Unit:
    if piece.point == ALL_POINTS:
        return Unit((ALL_POINTS,), (piece.function,))
    return unit(piece.point, piece.function)


def _pieces(place: int, each: UnitData) -> Iterator[Piece]:
    if each.trouble:
        raise RemoteError("the data of a unit cannot be read", code=each.trouble, field=f"units.{place}")
    pairs = pairs_of(each.identifier)
    values = each.value if len(pairs) > 1 and isinstance(each.value, list) else [each.value]
    for (point, function), value in zip(pairs, values, strict=True):
        yield Piece(point, function, value)
