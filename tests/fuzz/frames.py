"""Single frames of both protocols: read, written back, and handed to every typed verb."""

from contextlib import suppress

from meters_io.dlt645 import frame as dlt645
from meters_io.errors import CodecError
from meters_io.gdw1376 import frame as gdw1376
from meters_io.gdw1376.tail import split_tail, with_tail
from meters_io.gdw1376.units import unit_from_bytes, unit_to_bytes
from tests.meters_io.parsers import ASKED, METER, METER_PARSERS, TERMINAL_PARSERS, VALUE_READERS
from tests.meters_io.samples import DLT645, GDW1376


def check_meter_bytes(raw: bytes) -> None:
    """What is read as a frame is written back byte for byte, the preamble as far as it counts."""
    with suppress(CodecError):
        frame = dlt645.decode(raw)
        assert dlt645.encode(frame) == raw.lstrip(b"\xfe").rjust(len(raw.lstrip(b"\xfe")) + frame.preamble, b"\xfe")


def check_terminal_bytes(raw: bytes) -> None:
    """What is read as a frame is written back byte for byte."""
    with suppress(CodecError):
        assert gdw1376.encode(gdw1376.decode(raw)) == raw


def check_meter_verbs(raw: bytes) -> None:
    """No body of a frame breaks a verb. First byte: the control code."""
    if raw and len(raw) <= 256:
        for parse in METER_PARSERS:
            with suppress(CodecError):
                parse(dlt645.Frame(METER, raw[0], raw[1:]))


def check_terminal_verbs(raw: bytes) -> None:
    """No inside of a frame (C to the last byte before CS) breaks a verb, and its tail is put together again."""
    frame = terminal_frame(raw)
    if frame is None:
        return
    for parse in TERMINAL_PARSERS:
        for each in (frame, frame._replace(terminal=ASKED.terminal, a3=ASKED.a3)):
            with suppress(CodecError):
                parse(each)
    with suppress(CodecError):
        assert with_tail(frame, *split_tail(frame)) == frame


def check_values(raw: bytes) -> None:
    """No bytes break the reading of a value; a unit identifier is written back as it came."""
    for read in VALUE_READERS:
        with suppress(CodecError):
            read(raw)
    with suppress(CodecError):
        assert unit_to_bytes(unit_from_bytes(raw)) == raw


def terminal_frame(inner: bytes) -> gdw1376.Frame | None:
    """Return the frame around these bytes, length and sum set right; None for too few of them."""
    if not 8 <= len(inner) <= gdw1376.MAX_INNER:
        return None
    length = (len(inner) << 2 | gdw1376.Protocol.GDW376).to_bytes(2, "little")
    return gdw1376.decode(b"\x68" + length * 2 + b"\x68" + inner + bytes((sum(inner) & 0xFF, 0x16)))


def meter_bodies() -> list[bytes]:
    """Return control code and data of every published frame."""
    frames = [dlt645.decode(sample.raw) for sample in DLT645]
    return [bytes((frame.control,)) + frame.data for frame in frames]


def terminal_insides() -> list[bytes]:
    """Return what stands between the length and the sum of every published frame."""
    return [sample.raw[6:-2] for sample in GDW1376]
