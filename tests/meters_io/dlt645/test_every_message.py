"""Every kind of message, both directions, in every dialect: data that fit are read without trouble and written back."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meters_io.dlt645.commands import COMMANDS
from meters_io.dlt645.dialects import DIALECTS, STANDARD, Dialect
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.layouts import di_width, layout_of
from meters_io.dlt645.message import head_of, read_message, write_message
from meters_io.dlt645.names import FUNCTION, Control
from meters_io.errors import CodecError
from meters_io.layout import Record, Source
from tests.meters_io.dlt645.strategies import identifiers

METER = "201000000012"
OTHERS = [dialect for dialect in DIALECTS.values() if dialect is not STANDARD]
KINDS = [
    (dialect, control)
    for dialect in (STANDARD, *OTHERS)
    for control in range(256)
    if layout_of(control, None, dialect).kind != "other"
    and (dialect is STANDARD or layout_of(control, None, dialect) != layout_of(control, None, STANDARD))
]
COMMAND_KINDS = [(dialect, control) for dialect in OTHERS for control in (0x03, 0x83) if dialect.commands]
DIGITS = st.sampled_from([0x00, 0x01, 0x02, 0x12, 0x31, 0x59, 0x99, 0xFF])
DATA = st.lists(DIGITS | st.integers(0, 255), min_size=45, max_size=80).map(bytes)
LEVEL_FIRST = ("relay", "clear_demand", "clear_meter", "clear_events")  # before, or without, an identifier


def fitting(shape: Record, data: bytes) -> bytes | None:
    """Return as much of `data` as this shape takes; None where it takes none."""
    source = Source(data)
    try:
        shape.read(source)
    except CodecError:
        return None
    return data[: source.at]


def known_to(dialect: Dialect, control: int) -> st.SearchStrategy[int]:
    """Return items, or commands where the control code is about commands."""
    commands = [*COMMANDS, *dialect.commands]
    return st.sampled_from(commands) if control & FUNCTION == Control.SECURITY else identifiers()


@pytest.mark.parametrize(
    ("dialect", "control"), [*KINDS, *COMMAND_KINDS], ids=lambda each: getattr(each, "name", None) or f"{each:02X}"
)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_data_that_fit_are_read_without_trouble_and_written_back(
    dialect: Dialect, control: int, data: st.DataObject
) -> None:
    width = di_width(control, dialect)
    di = data.draw(known_to(dialect, control)) & (1 << 8 * width) - 1
    layout = layout_of(control, di, dialect)
    level = data.draw(st.sampled_from([b"\x02", b"\x98", b"\x99"]))
    begin = level if layout.kind in LEVEL_FIRST else di.to_bytes(width, "little") + level
    drawn = begin + data.draw(DATA)
    bodies = [body for body in (fitting(shape, drawn) for shape in layout.whole) if body is not None]
    assume(bodies)
    for body in bodies:
        frame = Frame(METER, control, body)
        message = read_message(frame, dialect)
        assert (message.kind, message.trouble) == (layout.kind, None)
        assert write_message(head_of(frame), message, dialect) == frame
