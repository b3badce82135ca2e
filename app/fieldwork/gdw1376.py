"""The fields of a concentrator's frame (Q/GDW 1376.1), each with its meaning, and the meter's frame inside it."""

from __future__ import annotations

from app.fieldwork import dlt645
from app.fieldwork.gdw1376_meanings import meaning, words_in
from app.fieldwork.sheet import HIDDEN, Sheet, moment
from meters_io.dlt645.frame import Frame as Inner
from meters_io.dlt645.frame import decode as decode_inner
from meters_io.errors import CodecError
from meters_io.gdw1376.editions import EDITIONS
from meters_io.gdw1376.frame import Control, Frame, Seq
from meters_io.gdw1376.functions import CATALOGUES, function_of
from meters_io.gdw1376.message import Message, UnitData, read_message
from meters_io.gdw1376.tail import Tail
from meters_io.gdw1376.units import ALL_POINTS, TERMINAL_POINT
from meters_io.layout import Plain

_STARTING = {
    1: "reset",
    4: "data, no answer wanted",
    9: "link test",
    10: "request of class 1",
    11: "request of class 2",
}
_ANSWERING = {0: "confirmed", 8: "data", 9: "refused: no such data", 11: "link status"}
_PARTS = {(True, True): "the only frame", (True, False): "the first of several", (False, True): "the last of several"}
_GUARDED = 0x06  # authentication and keys
_OPENED = frozenset({"events", "content", "units", "order"})  # their fields have meanings of their own
_MOMENTS = frozenset({"read", "time", "last_read", "lost", "restored", "opened", "closed", "start", "day", "td"})


def tell(sheet: Sheet, frame: Frame) -> None:
    """Write down a whole frame."""
    message = read_message(frame)
    way = "from terminal" if frame.control.up else "to terminal"
    sheet.title(f"Q/GDW 1376.1 frame {way} {frame.terminal.region}-{frame.terminal.number}")
    inside = sheet.under()
    _tell_head(inside, frame)
    for unit in message.units:
        _tell_unit(inside, frame, unit)
    _tell_tail(inside, message)


def spoken(control: Control) -> str:
    """Return what the control byte says, in words."""
    words = _STARTING if control.starts else _ANSWERING
    function = words.get(control.function, f"function {control.function}")
    who = "starts the talk" if control.starts else "answers"
    waits = "; events wait" if control.up and control.flag5 else ""
    return f"{'terminal' if control.up else 'master'} {who}: {function}{waits}"


def _tell_head(sheet: Sheet, frame: Frame) -> None:
    names = [edition.name for edition in EDITIONS if edition.protocol == frame.protocol]
    sheet.row("protocol", f"id {int(frame.protocol)}", " or ".join(names))
    sheet.row("region", frame.terminal.region)
    sheet.row("terminal", f"{frame.terminal.number:04X}", f"{frame.terminal.number}{_all(frame)}")
    sheet.row("master", frame.master, "a group address" if frame.to_group else "")
    sheet.row("control", f"{_byte(frame.control):02X}", spoken(frame.control))
    catalogue = CATALOGUES.get(frame.afn)
    sheet.row("AFN", f"{frame.afn:02X}", catalogue.title if catalogue else "not in the standard")
    sheet.row("sequence", frame.seq.number, _sequence(frame.seq))


def _byte(control: Control) -> int:
    return control.up << 7 | control.starts << 6 | control.flag5 << 5 | control.flag4 << 4 | control.function


def _all(frame: Frame) -> str:
    return ", all terminals" if frame.terminal.number == 0xFFFF else ""


def _sequence(seq: Seq) -> str:
    part = _PARTS.get((seq.first, seq.final), "one between the first and the last")
    return f"{part}{', to be confirmed' if seq.confirm else ''}"


def _tell_unit(sheet: Sheet, frame: Frame, unit: UnitData) -> None:
    points = ", ".join(_point(point) for point in unit.identifier.points)
    functions = ", ".join(f"F{function}" for function in unit.identifier.functions)
    titles = [_title(frame, function) for function in unit.identifier.functions]
    sheet.row(f"unit {functions}, {points}", "; ".join(titles))
    inside = sheet.under()
    if unit.trouble:
        inside.row("not as expected", unit.trouble.replace("_", " "))
    if unit.raw:
        guarded = frame.afn == _GUARDED and not sheet.secrets
        inside.row("bytes", HIDDEN if guarded else unit.raw.hex(" "))
    if unit.value is not None or not unit.trouble:
        _tell_value(inside, unit.value)


def _point(point: int) -> str:
    return {TERMINAL_POINT: "p0 (the terminal)", ALL_POINTS: "all points"}.get(point, f"p{point}")


def _title(frame: Frame, function: int) -> str:
    known = function_of(frame.afn, function, up=frame.control.up)
    return known.title if known else "not known"


def _tell_value(sheet: Sheet, value: Plain) -> None:
    match value:
        case dict():
            for name, each in value.items():
                _tell_field(sheet, name, each, value)
        case list():
            for place, each in enumerate(value, 1):
                sheet.title(f"{place}.")
                _tell_value(sheet.under(), each)
        case _:
            sheet.fields(value)


def _tell_field(sheet: Sheet, name: str, value: Plain, record: dict[str, Plain]) -> None:
    if name == "inner" and isinstance(value, str):
        _tell_inner(sheet, value)
    elif isinstance(value, int) and (words := meaning(name, value, record)):
        sheet.row(name, value, words)
    elif name == "text" and isinstance(value, str) and "kind" in record:
        sheet.row(name, words_in(value))
    elif name in _OPENED and isinstance(value, dict | list):
        sheet.title(name)
        _tell_value(sheet.under(), value)
    elif isinstance(value, str) and name in _MOMENTS and len(value) in (6, 10, 12):
        sheet.row(name, moment(value))
    else:
        sheet.field(name, value)


def _tell_inner(sheet: Sheet, text: str) -> None:
    raw = bytes.fromhex(text)
    if not raw:
        sheet.row("inner frame", "none: the meter did not answer")
        return
    inner = _inner(raw)
    if isinstance(inner, Inner):
        sheet.row("inner frame", f"{len(raw)} bytes")
        dlt645.tell(sheet.under(), inner)
        return
    sheet.row("inner frame", f"{len(raw)} bytes that cannot be read: {inner}")
    sheet.under().row("bytes", raw.hex(" ") if sheet.secrets else HIDDEN)


def _inner(raw: bytes) -> Inner | str:
    try:
        return decode_inner(raw)
    except CodecError as error:
        return str(error)


def _tell_tail(sheet: Sheet, message: Message) -> None:
    if message.rest:
        sheet.row("not as expected", message.trouble.replace("_", " "))
        sheet.row("bytes", message.rest.hex(" ") if sheet.secrets else HIDDEN)
    tail = message.tail or Tail()
    if tail.password:
        empty = not any(tail.password)
        sheet.row("password", "none: all zero" if empty else tail.password.hex() if sheet.secrets else HIDDEN)
    if tail.events is not None:
        sheet.row("events counted", f"{tail.events.important} important, {tail.events.normal} normal")
    if tail.tag is not None:
        tag = tail.tag
        sent = f"day {tag.day:02d}, {tag.hour:02d}:{tag.minute:02d}:{tag.second:02d}"
        good = f"good for {tag.allowed_min} min" if tag.allowed_min else "good for ever"
        sheet.row("time tag", f"number {tag.count}, sent on {sent}, {good}")
