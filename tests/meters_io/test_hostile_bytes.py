"""Whatever arrives, a decoder answers with a value or with `CodecError`; anything else would end a session."""

import contextlib
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from meters_io.dlt645 import frame as dlt645
from meters_io.errors import CodecError, RemoteError
from meters_io.gdw1376 import frame as gdw1376
from tests.each import each
from tests.meters_io.dlt645.strategies import FRAMES as METER_FRAMES
from tests.meters_io.gdw1376.strategies import FRAMES as TERMINAL_FRAMES
from tests.meters_io.parsers import ASKED, METER, METER_PARSERS, TERMINAL_PARSERS, VALUE_READERS
from tests.meters_io.samples import DLT645, GDW1376, Sample

DIS = [0x00900200, 0x00900201, 0x03330201, 0x04000503, 0x070000FF, 0x070101FF, 0x070102FF, 0x078102FF, 0x070190FF]
LIKELY = st.builds(
    lambda control, di, rest: dlt645.Frame(METER, control, di.to_bytes(4, "little") + rest),
    st.sampled_from([0x03, 0x83, 0xC3, 0x11, 0x91, 0xD1, 0x13, 0x93, 0x1C, 0x9C, 0xDC]),
    st.sampled_from(DIS),
    st.binary(max_size=40),
)
BODIES = st.builds(
    lambda unit, rest: bytes.fromhex(unit) + rest,
    st.sampled_from(["00000100", "00000200", "00000400", "01010114", "000000"]),
    st.binary(max_size=60),
)


@given(METER_FRAMES | LIKELY)
def test_no_frame_of_a_meter_breaks_a_parser(frame: dlt645.Frame) -> None:
    for parse in METER_PARSERS:
        with contextlib.suppress(RemoteError):
            parse(frame)


@given(TERMINAL_FRAMES, BODIES, st.sampled_from([0, 2, 0x10]))
def test_no_frame_of_a_terminal_breaks_a_parser(frame: gdw1376.Frame, body: bytes, afn: int) -> None:
    likely = frame._replace(terminal=ASKED.terminal, a3=ASKED.a3, afn=afn, body=body, seq=replace(frame.seq, number=14))
    for parse in TERMINAL_PARSERS:
        for one in (frame, likely):
            with contextlib.suppress(RemoteError):
                parse(one)


@given(st.binary(max_size=20))
@example(b"")
def test_no_bytes_break_the_reading_of_a_value(raw: bytes) -> None:
    for read in VALUE_READERS:
        with contextlib.suppress(CodecError):
            read(raw)


@each(DLT645 + GDW1376, lambda sample: sample.id)
def test_no_single_wrong_byte_breaks_the_reading_of_a_sample(sample: Sample) -> None:
    raw = bytearray(sample.raw)
    for position in range(len(raw)):
        before = raw[position]
        for byte in (0x00, 0x16, 0x68, 0xFE, 0xFF, before ^ 1):
            raw[position] = byte
            for decode in (dlt645.decode, gdw1376.decode):
                with contextlib.suppress(RemoteError):
                    decode(bytes(raw))
        raw[position] = before
