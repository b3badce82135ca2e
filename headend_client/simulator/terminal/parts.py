"""Answers in as many frames as a terminal's frames are short: each unit is written once, and stays whole."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from meters_io.gdw1376.asking import Piece, build_answer_head, unit_of
from meters_io.gdw1376.exchange import next_number
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.tail import Tail, tail_length, with_tail

_HEAD_BYTES = 8


def units_of(asked: Frame, pieces: Iterable[Piece]) -> list[bytes]:
    """Return the units of an answer. Raises LocalError."""
    head = build_answer_head(asked)
    return [unit_of(head, piece) for piece in pieces]


def answer_in_parts(asked: Frame, units: Sequence[bytes], tail: Tail, most_bytes: int) -> tuple[Frame, ...]:
    """Return the frames of an answer, none longer than `most_bytes` from C to the byte before CS; a denial of nothing.

    A unit that is longer alone has a frame of its own.
    """
    head = build_answer_head(asked)
    if not units:
        return (build_denial(asked, tail),)
    room = most_bytes - _HEAD_BYTES - tail_length(with_tail(head, b"", tail))
    bodies = _filled(units, room)
    number, frames = asked.seq.number, []
    for place, body in enumerate(bodies):
        seq = replace(head.seq, number=number, first=place == 0, final=place == len(bodies) - 1)
        frames.append(with_tail(head._replace(seq=seq), body, tail))
        number = next_number(number)
    return tuple(frames)


def _filled(units: Sequence[bytes], room: int) -> list[bytes]:
    bodies = [units[0]]
    for unit in units[1:]:
        if len(bodies[-1]) + len(unit) <= room:
            bodies[-1] += unit
        else:
            bodies.append(unit)
    return bodies
