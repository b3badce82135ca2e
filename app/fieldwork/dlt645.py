"""The fields of a meter's frame (DL/T 645-2007), each with its meaning."""

from __future__ import annotations

from app.fieldwork.sheet import HIDDEN, Sheet, moment
from meters_io.dlt645.dialects import STANDARD, Dialect
from meters_io.dlt645.forms import FirstThatFits, Flags, Moment, Parts
from meters_io.dlt645.frame import ANY_METER, BROADCAST, Frame
from meters_io.dlt645.items import DataItem
from meters_io.dlt645.items.prices import StepTable, table_of
from meters_io.dlt645.message import Message, read_message, recognise
from meters_io.dlt645.names import FUNCTION, MORE, REFUSED, REPLY, Control
from meters_io.layout import Form, Many, Plain, Record, write_all

_FUNCTIONS = {
    Control.SECURITY: "prepay security command",
    Control.BROADCAST_TIME: "broadcast of the time",
    Control.READ: "read",
    Control.READ_MORE: "read of what follows",
    Control.READ_ADDRESS: "read of the address",
    Control.WRITE: "write",
    Control.WRITE_ADDRESS: "write of the address",
    Control.FREEZE: "freeze",
    Control.BAUD: "change of the baud rate",
    Control.PASSWORD: "change of the password",
    Control.CLEAR_DEMAND: "clearing of the greatest demand",
    Control.CLEAR_METER: "clearing of the meter",
    Control.CLEAR_EVENTS: "clearing of events",
    Control.RELAY: "order to relay, alarm or keep-power",
    Control.OUTPUT: "multi-function output",
}
_GUARDED = (Control.SECURITY, Control.WRITE, Control.PASSWORD, Control.RELAY)  # what we cannot read there may be secret
_MOMENTS = {"time": "YYMMDDhhmmss", "expires": "YYMMDDhhmmss", "start": "YYMMDDhhmm", "at": "MMDDhhmm"}
_DELAY_MINUTES = 5  # a step of N2


def tell(sheet: Sheet, frame: Frame) -> None:
    """Write down a whole frame."""
    dialect = recognise(frame)
    message = read_message(frame, dialect)
    up = bool(frame.control & REPLY)
    sheet.title(f"DL/T 645 frame {'from' if up else 'to'} {_meter(frame.address)}, {len(frame.data)} bytes of data")
    inside = sheet.under()
    if frame.preamble:
        inside.row("preamble", f"{frame.preamble} x FE")
    inside.row("address", frame.address, _address(frame.address))
    inside.row("control", f"{frame.control:02X}", spoken(frame.control))
    if dialect is not STANDARD:
        inside.row("dialect", dialect.name, dialect.title)
    _tell_fields(inside, frame.control, message, dialect)


def spoken(control: int) -> str:
    """Return what a control code says, in words."""
    try:
        about = _FUNCTIONS[Control(control & FUNCTION)]
    except ValueError:
        about = f"function {control & FUNCTION:02X}, which the standard does not have"
    who = "answer to: " if control & REPLY else ""
    refused = "; refused" if control & REFUSED else ""
    return f"{who}{about}{refused}{'; more follows' if control & MORE else ''}"


def _tell_fields(sheet: Sheet, control: int, message: Message, dialect: Dialect) -> None:
    guarded = control & FUNCTION in _GUARDED and not control & REFUSED and not sheet.secrets
    item: DataItem | None = None
    for name, value in message.fields.items():
        if name == "di" and isinstance(value, str):
            item = None if _is_command(control) else dialect.item(int(value, 16))
            sheet.row(
                "command" if _is_command(control) else "item", value, _title(int(value, 16), item, control, dialect)
            )
        elif name in ("body", "payload") and value and guarded:
            sheet.row(name, HIDDEN)
        elif value != "" or name not in ("body", "payload"):
            _tell_value(sheet, name, value, item)
    if message.trouble:
        sheet.row("not as expected", message.trouble)


def _tell_value(sheet: Sheet, name: str, value: Plain, item: DataItem | None) -> None:
    template = _MOMENTS.get(name)
    if template and isinstance(value, str):
        sheet.row(name, "no limit" if name == "expires" and not value.strip("0") else moment(value, template))
        return
    if name == "delay" and isinstance(value, int):
        sheet.row(name, value, f"{value * _DELAY_MINUTES} minutes" if value else "")
        return
    if name != "value" or item is None:
        sheet.field(name, value)
        return
    if isinstance(item.form, Flags | Parts):
        sheet.row("word", f"{write_all(item.form, value)[::-1].hex().upper()}H")
    sheet.field(name, _dated(item.form, value), item.unit)


def _dated(form: Form, value: Plain) -> Plain:
    """Return the value of an item with its moments written out."""
    match form, value:
        case Moment(template), str():
            return moment(value, template)
        case Record(fields), dict() if value.keys() == {name for name, _ in fields}:
            return {name: _dated(inner, value[name]) for name, inner in fields}
        case Many(inner), list():
            return [_dated(inner, each) for each in value]
        case StepTable(), {"steps": list(steps)}:
            return _dated(table_of(len(steps)), value)
        case FirstThatFits(forms), _:
            tries = (_dated(each, value) for each in forms)
            return next((each for each in tries if each != value), value)
    return value


def _title(di: int, item: DataItem | None, control: int, dialect: Dialect) -> str:
    if _is_command(control):
        command = dialect.command(di)
        return command.title if command else "unknown command"
    return item.title if item else "unknown item"


def _is_command(control: int) -> bool:
    return control & FUNCTION == Control.SECURITY


def _meter(address: str) -> str:
    return {BROADCAST: "all meters", ANY_METER: "any meter"}.get(address, f"meter {address}")


def _address(address: str) -> str:
    if address == BROADCAST:
        return "broadcast: nobody answers"
    if address == ANY_METER:
        return "wildcard: for a line with one meter"
    return "abbreviated: the first digits are left out" if address.startswith("AA") else ""
