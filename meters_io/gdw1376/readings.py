"""What a terminal has read from its meters: current (AFN 0C) and frozen (AFN 0D) registers, purchases, relay states."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from enum import Enum

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.asking import (
    Piece,
    build_answer,
    build_request,
    fields_of,
    pieces_of_answer,
    pieces_of_request,
    question_head,
)
from meters_io.gdw1376.days import body_of_question, date_of, day_of, values_of
from meters_io.gdw1376.exchange import check_answer
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.meter_values import (
    PurchaseInfo,
    Register,
    RelayState,
    StatusWords,
    TerminalClock,
    Value,
    clock_from_fields,
    purchase_from_fields,
    purchase_to_fields,
    register_from_fields,
    register_to_fields,
    relay_from_fields,
    relay_to_fields,
    status_from_fields,
    status_to_fields,
)
from meters_io.gdw1376.moments import clock_to_plain, day_from_digits, day_to_digits, month_from_digits, month_to_digits
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.tail import NO_TAIL, Tail
from meters_io.layout import Plain, at_field

_Read = Callable[[dict[str, Plain], tzinfo], Value]


class Item(Enum):
    """What can be asked for.

    `afn`, `function`: as what. `label`: by what history is asked for, "day" or "month"; empty for current data.
    """

    TERMINAL_CLOCK = (Afn.CURRENT, 2, "", clock_from_fields)
    STATUS = (Afn.CURRENT, 28, "", status_from_fields)
    REGISTER = (Afn.CURRENT, 129, "", register_from_fields)
    RELAY = (Afn.CURRENT, 161, "", relay_from_fields)
    PURCHASE = (Afn.CURRENT, 167, "", purchase_from_fields)
    DAILY_REGISTER = (Afn.HISTORY, 161, "day", register_from_fields)
    DAILY_RELAY = (Afn.HISTORY, 209, "day", relay_from_fields)
    DAILY_PURCHASE = (Afn.HISTORY, 210, "day", purchase_from_fields)
    MONTHLY_REGISTER = (Afn.HISTORY, 177, "month", register_from_fields)
    MONTHLY_PURCHASE = (Afn.HISTORY, 215, "month", purchase_from_fields)

    def __init__(self, afn: Afn, function: int, label: str, read: _Read) -> None:
        self.afn = afn
        self.function = function
        self.label = label
        self.read = read


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a measuring point. `day`: of history, that day, or the first of the month. `value` None: EE."""

    point: int
    day: date | None
    value: Value | None


def build_readings_request(route: Route, item: Item, points: Iterable[int], day: date | None = None) -> Frame:
    """Ask for an item of some points; `day` belongs to history: that day, or the month that it lies in."""
    wanted = tuple(points)
    body = body_of_question(item.function, wanted, day) if day is not None and item.label == "day" else None
    if body is not None and route.tail == NO_TAIL:
        return question_head(route, item.afn)._replace(body=body)
    return build_request(route, item.afn, [Piece(point, item.function, _label(item, day)) for point in wanted])


def parse_readings_request(request: Frame, item: Item) -> tuple[tuple[int, date | None], ...]:
    """Read, as a terminal, of which points an item is asked for, and of which day. Raises RemoteError."""
    pieces = [each for each in pieces_of_request(request, item.afn) if each.function == item.function]
    return tuple((each.point, _day_of(fields_of(each.value, "label"), item)) for each in pieces)


def build_readings(asked: Frame, item: Item, readings: Iterable[Reading], zone: tzinfo, tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a terminal, with readings. Raises LocalError."""
    pieces = [Piece(each.point, item.function, _plain(item, each, zone)) for each in readings]
    return build_answer(asked, pieces, tail)


def parse_readings(reply: Frame, asked: Frame, item: Item, zone: tzinfo) -> tuple[Reading, ...]:
    """Read what a terminal answers: as many of the points as it has; none where it denies.

    RemoteError names the unit and the field that is out of range: `units.3.state`. `wrong_label`: of another day.
    """
    known = _in_bulk(reply, asked, item, zone)
    if known is not None:
        return known
    days = {day for _, day in parse_readings_request(asked, item)}
    found = []
    for place, piece in enumerate(pieces_of_answer(reply, asked)):
        with at_field(f"units.{place}"):
            if piece.function == item.function:
                found.append(_reading(item, piece, zone))
                _check_day(found[-1], days)
    return tuple(found)


def _in_bulk(reply: Frame, asked: Frame, item: Item, zone: tzinfo) -> tuple[Reading, ...] | None:
    """Read a day of many points the straight way; None where the general one has to be gone. Raises as that."""
    wanted = day_of(asked)
    if wanted is None or wanted.function != item.function or asked.control.up or item.label != "day":
        return None
    check_answer(reply, asked)
    told, day = day_of(reply), date_of(wanted.label)
    if told is None or day is None or (told.function, told.label) != (wanted.function, wanted.label):
        return None
    values = values_of(told, reply.body, zone) if set(wanted.points).issuperset(told.points) else None
    if values is None:
        return None
    return tuple([Reading(point, day, value) for point, value in zip(told.points, values, strict=True)])


def _label(item: Item, day: date | None) -> Plain:
    if (item.label == "") != (day is None):
        raise LocalError("history is asked for by its day, and nothing else is", code="wrong_label", field="day")
    if day is None:
        return {}
    return {"day": day_to_digits(day)} if item.label == "day" else {"month": month_to_digits(day)}


def _day_of(fields: dict[str, Plain], item: Item) -> date | None:
    if not item.label:
        return None
    digits = fields.get(item.label)
    return day_from_digits(digits, "day") if item.label == "day" else month_from_digits(digits, "month")


def _check_day(reading: Reading, days: set[date | None]) -> None:
    if reading.day not in days:
        raise RemoteError("this is of another day than was asked for", code="wrong_label", field="day")


def _reading(item: Item, piece: Piece, zone: tzinfo) -> Reading:
    if piece.value is None:
        return Reading(piece.point, None, None)
    fields = fields_of(piece.value, "value")
    day = _day_of(fields, item)
    return Reading(piece.point, day, None if "values" in fields else item.read(fields, zone))


def _plain(item: Item, reading: Reading, zone: tzinfo) -> Plain:
    label = _label(item, reading.day)
    fields: dict[str, Plain] = dict(label) if isinstance(label, dict) else {}
    match reading.value:
        case None:
            return fields | {"values": None} if fields else None
        case Register() as register:
            return fields | register_to_fields(register, zone)
        case RelayState() as state:
            return fields | relay_to_fields(state, zone)
        case PurchaseInfo() as info:
            return fields | purchase_to_fields(info, zone)
        case StatusWords() as status:
            return fields | status_to_fields(status, zone)
        case TerminalClock(at):
            return fields | {"clock": clock_to_plain(at, zone)}
