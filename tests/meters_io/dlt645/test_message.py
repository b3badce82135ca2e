"""Whole frames as named fields, and back: whatever a frame carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645.dialects import DIALECTS, Dialect
from meters_io.dlt645.frame import Frame, decode
from meters_io.dlt645.message import head_of, read_message, recognise, write_message
from tests.meters_io.dlt645.strategies import FRAMES, identifiers
from tests.meters_io.samples import DLT645, Sample

SAMPLE_DIALECTS = st.sampled_from(list(DIALECTS.values()))


@st.composite
def about_items(draw: st.DrawFn) -> Frame:
    """Frames about something that we know, with data that may fit or not."""
    dialect = draw(SAMPLE_DIALECTS)
    di = draw(identifiers() | st.sampled_from([int(pattern, 16) for pattern in _commands(dialect)]))
    control = draw(st.sampled_from([0x03, 0x83, 0x11, 0x91, 0xB1, 0x92, 0xB2, 0x12, 0x14, 0x18, 0x1B]))
    level = draw(st.sampled_from([b"", b"\x02", b"\x98", b"\x99"]))
    return Frame("201000000012", control, di.to_bytes(4, "little") + level + draw(st.binary(max_size=80)))


def _commands(dialect: Dialect) -> list[str]:
    known = [0x070000FF, 0x070102FF, 0x070301FF, 0x078001FF, 0x078102FF, 0x070190FF, *dialect.commands]
    return [f"{di:08X}" for di in known]


@given(FRAMES | about_items(), SAMPLE_DIALECTS)
def test_every_frame_is_read_and_written_again_byte_for_byte(frame: Frame, dialect: Dialect) -> None:
    assert write_message(head_of(frame), read_message(frame, dialect), dialect) == frame


@pytest.mark.parametrize("sample", DLT645, ids=lambda sample: sample.id)
def test_every_published_frame_is_read_without_trouble_in_its_dialect(sample: Sample) -> None:
    frame = decode(sample.raw)
    dialect = recognise(frame)
    message = read_message(frame, dialect)
    assert message.trouble is None
    assert write_message(head_of(frame), message, dialect) == frame
