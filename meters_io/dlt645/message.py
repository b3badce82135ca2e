"""A whole frame as named fields, and named fields as a frame: every control code, both directions.

    message = read_message(frame)           Message("read_reply", {"di": "00900200", "value": Decimal("198.56")})
    write_message(head_of(frame), message)  the same frame

Nothing that a frame can carry is an error here: of what does not fit its layout the fields are said as far as they can
be, the rest is `body` in hex, and `trouble` says what did not fit. Either way the frame can be written again, byte for
byte. Whoever wants to rely on a value uses the typed verbs and `meters_io.dlt645.check`.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from meters_io.bits import uint_from_bytes
from meters_io.dlt645.dialects import DIALECTS, STANDARD, Dialect
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.layouts import BODY, Layout, di_width, layout_of
from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.layout import Plain, Record, Source, write_all


class Head(NamedTuple):
    """What stands around the data of a frame: see `meters_io.dlt645.frame.Frame`."""

    address: str
    control: int
    preamble: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """What a frame says. `kind`: "read", "read_reply", "write", "relay", "security", "refusal", "other" ...

    `fields`: its parts in the order of the wire; the item or command is `di`, DI3 first. `trouble`: what of the data
    does not fit the layout of its kind, else None.
    """

    kind: str
    fields: dict[str, Plain] = field(default_factory=dict)
    trouble: str | None = None


def head_of(frame: Frame) -> Head:
    """Return what stands around the data of `frame`."""
    return Head(frame.address, frame.control, frame.preamble)


def read_message(frame: Frame, dialect: Dialect = STANDARD) -> Message:
    """Return the fields of `frame`, as meters of this dialect mean them. Raises nothing."""
    layout = layout_of(frame.control, _di_in(frame, dialect), dialect)
    fields, trouble = _first_fitting(layout.whole, frame.data)
    if fields is None:
        fields, _ = _first_fitting((*layout.partial, BODY), frame.data)
    return Message(layout.kind, fields or {}, trouble)


def write_message(head: Head, message: Message, dialect: Dialect = STANDARD) -> Frame:
    """Return the frame that says `message`. LocalError where fields are missing or do not go on the wire."""
    layout = layout_of(head.control, _di_of(message), dialect)
    if message.kind != layout.kind:
        raise LocalError(f"under C = {head.control:02X} goes a {layout.kind}", code="wrong_kind", field="kind")
    data = write_all(_shape_of(layout, message), dict(message.fields))
    return Frame(head.address, head.control, data, head.preamble)


def recognise(frame: Frame) -> Dialect:
    """Return the dialect in which all of `frame` can be read, the standard first; the standard if there is none."""
    for dialect in DIALECTS.values():
        message = read_message(frame, dialect)
        if message.trouble is None and message.kind != "other":
            return dialect
    return STANDARD


def _first_fitting(shapes: tuple[Record, ...], data: bytes) -> tuple[dict[str, Plain] | None, str | None]:
    """Return the fields of the first shape that takes all `data`, or what is wrong with the one that went furthest."""
    reached, trouble = -1, None
    for shape in shapes:
        source = Source(data)
        try:
            return _read_whole(shape, source), None
        except CodecError as error:
            if source.at > reached:
                reached, trouble = source.at, f"{error.field}: {error}" if error.field else str(error)
    return None, trouble


def _read_whole(shape: Record, source: Source) -> dict[str, Plain]:
    fields = shape.read(source)
    if source.left or not isinstance(fields, dict):
        raise RemoteError(f"{source.left} bytes too many", code="bad_length")
    return fields


def _shape_of(layout: Layout, message: Message) -> Record:
    names = set(message.fields)
    shapes = (*layout.whole, *layout.partial, BODY)
    for shape in shapes:
        if {name for name, _ in shape.fields} == names:
            return shape
    wanted = " | ".join(", ".join(name for name, _ in shape.fields) or "nothing" for shape in shapes)
    raise LocalError(f"a {layout.kind} has the fields {wanted}", code="wrong_fields", field="fields")


def _di_in(frame: Frame, dialect: Dialect) -> int | None:
    data, width = frame.data, di_width(frame.control, dialect)
    return uint_from_bytes(data[:width]) if len(data) >= width else None


def _di_of(message: Message) -> int | None:
    di = message.fields.get("di")
    try:
        return int(di, 16) if isinstance(di, str) else None
    except ValueError:
        raise LocalError("a data identifier is hex digits", code="not_hex", field="di") from None
