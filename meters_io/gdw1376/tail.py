"""The tail of a frame: the password downwards, the event counters upwards, and the time tag."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.clock import TAG_BYTES, TimeTag, tag_from_bytes, tag_to_bytes
from meters_io.gdw1376.editions import password_bytes
from meters_io.gdw1376.frame import Afn, Frame

_WITH_PASSWORD = (Afn.RESET, Afn.SET, Afn.CONTROL, Afn.FORWARD)
_PERHAPS_WITH_PASSWORD = (Afn.RELAY, Afn.AUTHENTICATION, Afn.FILES)  # the sources differ: the length decides


class EventCounters(NamedTuple):
    """EC: how many important and normal events the terminal has counted, modulo 256."""

    important: int
    normal: int


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows the units.

    `password`: PW, 16 bytes (2 in the 2005 edition), downwards under AFN 01, 04, 05, 10, and with some makers under 03,
    06 and 0F. None sends zeros where one belongs; `b""` sends none all the same. With an encryption machine (F5,
    scheme 255) it begins with a MAC that only that machine can make or check: opaque to us.
    """

    password: bytes | None = field(default=None, repr=False)
    events: EventCounters | None = None
    tag: TimeTag | None = None


NO_TAIL = Tail()


def password_length(frame: Frame) -> int:
    """Return how many password bytes a frame like this carries: 16, 2 or 0."""
    if frame.control.up or frame.afn not in _WITH_PASSWORD:
        return 0
    return password_bytes(frame.protocol)


def split_tail(frame: Frame) -> tuple[bytes, Tail]:
    """Return the units of `frame` and its tail; RemoteError when the body is too short for the tail it announces."""
    return _split(frame, password_length(frame))


def tail_length(frame: Frame) -> int:
    """Return how many bytes the usual tail of a frame like this has."""
    return password_length(frame) + _outer_length(frame)


def tails_of(frame: Frame) -> Iterator[tuple[bytes, Tail]]:
    """Yield the ways to tell the units of `frame` from its tail, the usual one first: PW may be there or not.

    RemoteError when the body is too short even for a tail without PW, or the time tag is not BCD.
    """
    usual = password_length(frame)
    for width in (usual, *_unusual(frame)):
        if width == 0 or len(frame.body) >= width + _outer_length(frame):
            yield _split(frame, width)


def with_tail(frame: Frame, units: bytes, tail: Tail) -> Frame:
    """Return `frame` with these units and this tail, and the flags in C and SEQ that announce it."""
    control, width = frame.control, password_length(frame)
    if (tail.events is not None and not control.up) or (tail.password and not width and not _unusual(frame)):
        raise LocalError("such a frame has no place for this tail", code="no_such_tail", field="tail")
    password = bytes(width) if tail.password is None else tail.password
    if len(password) not in (width, *_unusual(frame)):
        raise LocalError(f"a password has {width} bytes here", code="bad_length", field="password")
    if control.up:
        control = replace(control, flag5=tail.events is not None)
    body = units + password + _events_to_bytes(tail.events) + (tag_to_bytes(tail.tag) if tail.tag else b"")
    return frame._replace(control=control, seq=replace(frame.seq, tagged=tail.tag is not None), body=body)


def _split(frame: Frame, width: int) -> tuple[bytes, Tail]:
    body, tag = _cut(frame.body, TAG_BYTES if frame.seq.tagged else 0)
    body, events = _cut(body, 2 if _has_events(frame) else 0)
    body, password = _cut(body, width)
    return body, Tail(
        password=password if width != password_length(frame) else password or None,
        events=EventCounters(*events) if events else None,
        tag=tag_from_bytes(tag) if tag else None,
    )


def _unusual(frame: Frame) -> tuple[int, ...]:
    """Return the widths of PW that a frame like this may have against the rule."""
    if password_length(frame):
        return (0,)
    perhaps = not frame.control.up and frame.afn in _PERHAPS_WITH_PASSWORD
    return (password_bytes(frame.protocol),) if perhaps else ()


def _has_events(frame: Frame) -> bool:
    return frame.control.up and frame.control.flag5


def _outer_length(frame: Frame) -> int:
    return (TAG_BYTES if frame.seq.tagged else 0) + (2 if _has_events(frame) else 0)


def _events_to_bytes(events: EventCounters | None) -> bytes:
    if events is None:
        return b""
    return bytes((events.important & 0xFF, events.normal & 0xFF))


def _cut(body: bytes, width: int) -> tuple[bytes, bytes]:
    if not width:
        return body, b""
    if len(body) < width:
        raise RemoteError("the frame is shorter than the tail it announces", code="bad_length", field="tail")
    return body[: len(body) - width], body[len(body) - width :]
