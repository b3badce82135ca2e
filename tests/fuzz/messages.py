"""Whole messages as plain values: nothing breaks the reading, and what was read is written back as it came."""

from meters_io.gdw1376 import message as terminal_messages
from meters_io.gdw1376.message import Message
from tests.fuzz.effort import within
from tests.fuzz.frames import terminal_frame

CALLS_A_BYTE = 1500  # hostile bytes make a body be read many times over, but never more often for being longer


def check_terminal_message(raw: bytes) -> None:
    """Any inside of a Q/GDW 1376.1 frame is read in linear time, raises nothing, and is written back."""
    frame = terminal_frame(raw)
    if frame is None:
        return
    message: Message = within(lambda: terminal_messages.read_message(frame), 20_000 + CALLS_A_BYTE * len(raw))
    assert terminal_messages.write_message(message) == frame
