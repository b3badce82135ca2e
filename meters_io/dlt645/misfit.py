"""Answers that keep C = 03 and carry a wrong L (`Dialect.replies_as_requests`).

Only where the caller knows that such a meter answers, and that the bytes are one frame: in a stream L is what finds the
end of a frame, and without it there is none.
"""

from dataclasses import dataclass, replace

from meters_io.bits import sum8
from meters_io.dlt645.dialects import Dialect
from meters_io.dlt645.frame import Frame, decode, encode
from meters_io.dlt645.names import REPLY, Control
from meters_io.errors import LocalError, RemoteError


@dataclass(frozen=True, slots=True)
class Misfit:
    """A frame, and the length `said` that it gives itself."""

    frame: Frame
    said: int


def decode_misfit(raw: bytes) -> Misfit:
    """Read `raw` whatever its L says; RemoteError for all else that is wrong. The sum covers L as it stands."""
    at = len(raw) - len(raw.lstrip(b"\xfe"))
    said, true = raw[at + 9 : at + 10], len(raw) - at - 12
    if not said or not 0 <= true <= 255:
        raise RemoteError("these bytes do not begin a frame", code="not_a_frame")
    if sum8(raw[at:-2]) != raw[-2]:
        raise RemoteError("the checksum does not match", code="bad_checksum", field="checksum")
    return Misfit(decode(_with_length(raw, at, true)), said[0])


def encode_misfit(misfit: Misfit) -> bytes:
    """Return the bytes of a frame that says a length of its own."""
    if not 0 <= misfit.said <= 255:
        raise LocalError("a length is one byte", code="out_of_range", field="length")
    return _with_length(encode(misfit.frame), misfit.frame.preamble, misfit.said)


def as_answer(frame: Frame, dialect: Dialect) -> Frame:
    """Return what a meter of this dialect answered under the control code that the standard has for it."""
    if dialect.replies_as_requests and frame.control == Control.SECURITY:
        return replace(frame, control=Control.SECURITY | REPLY)
    return frame


def _with_length(raw: bytes, at: int, length: int) -> bytes:
    body = raw[at : at + 9] + bytes((length,)) + raw[at + 10 : -2]
    return raw[:at] + body + bytes((sum8(body),)) + raw[-1:]
