"""Who collects the frames of a job, and how one is put down: masked before it leaves the session."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from headend_client.masking import masked, masked_inner
from headend_client.outcome import FrameRecord
from meters_io.gdw1376.frame import Frame, encode


class Trace(Protocol):
    """Collects frames in the order in which they crossed the wire."""

    def append(self, record: FrameRecord, /) -> None: ...


class Direction(StrEnum):
    """Towards the meter, or from it."""

    DOWN = "down"
    UP = "up"


def record(trace: Trace, frame: Frame, direction: Direction, at: datetime) -> None:
    """Put `frame` down in `trace` without its secrets."""
    shown = masked(encode(frame))
    trace.append(FrameRecord(at, direction.value, shown.outer_hex, shown.inner_hex))


def record_inner(trace: Trace, raw: bytes, direction: Direction, at: datetime) -> None:
    """As `record`, for a meter's frame that no concentrator carried."""
    trace.append(FrameRecord(at, direction.value, "", masked_inner(raw)))
