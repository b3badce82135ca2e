"""Whole messages as plain values: nothing breaks the reading, and what was read is written back as it came."""

from meters_io.dlt645 import message as meter_messages
from meters_io.dlt645.dialects import DIALECTS
from meters_io.dlt645.frame import Frame
from meters_io.gdw1376 import message as terminal_messages
from meters_io.gdw1376.message import Message
from tests.fuzz.effort import within
from tests.fuzz.frames import terminal_frame
from tests.meters_io.parsers import METER

CALLS_A_FRAME = 60_000  # of 255 bytes at most
CALLS_A_BYTE = 1500  # hostile bytes make a body be read many times over, but never more often for being longer


def check_meter_message(raw: bytes) -> None:
    """Any body of a DL/T 645 frame is read in every dialect, raises nothing, and is written back.

    First byte: the control code.
    """
    if not 0 < len(raw) <= 256:
        return
    frame = Frame(METER, raw[0], raw[1:])
    said = within(lambda: [meter_messages.read_message(frame, each) for each in DIALECTS.values()], CALLS_A_FRAME)
    for dialect, message in zip(DIALECTS.values(), said, strict=True):
        assert meter_messages.write_message(meter_messages.head_of(frame), message, dialect) == frame


def check_terminal_message(raw: bytes) -> None:
    """Any inside of a Q/GDW 1376.1 frame is read in linear time, raises nothing, and is written back."""
    frame = terminal_frame(raw)
    if frame is None:
        return
    message: Message = within(lambda: terminal_messages.read_message(frame), 20_000 + CALLS_A_BYTE * len(raw))
    assert terminal_messages.write_message(message) == frame
