"""What a stream reader promises, whatever arrives and wherever it is cut."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645.reader import Reader as MeterReader
from meters_io.errors import CodecError
from meters_io.gdw1376 import frame as gdw1376
from meters_io.gdw1376.reader import Reader as TerminalReader
from tests.fuzz.effort import within
from tests.meters_io.samples import DLT645, GDW1376, Sample

F = TypeVar("F")
CALLS_A_BYTE = 120  # watching for coverage counts too; a reader that begins anew at each byte needs hundreds


class StreamReader(Protocol[F]):
    """What both readers are."""

    def feed(self, chunk: bytes) -> list[F]: ...

    def gap(self) -> list[F]: ...

    @property
    def held(self) -> int: ...


@dataclass(frozen=True)
class Line(Generic[F]):
    """A protocol as its stream: its reader, what that may hold, and how frames are found by the words of the notes.

    `size_at`: how long the frame that begins there would be, 0 where none can.
    """

    reader: Callable[[], StreamReader[F]]
    limit: int
    decode: Callable[[bytes], F]
    size_at: Callable[[bytes, int], int]
    planted: list[Sample]


def _meter_size(stream: bytes, at: int) -> int:
    return 12 + stream[at + 9] if len(stream) >= at + 12 and stream[at] == stream[at + 7] == 0x68 else 0


def _terminal_size(stream: bytes, at: int) -> int:
    head = stream[at : at + 6]
    if len(head) < 6 or head[0] != 0x68 or head[5] != 0x68:
        return 0
    return 8 + (int.from_bytes(head[1:3], "little") >> 2)


METERS = Line(MeterReader, dlt645.MAX_FRAME + dlt645.MAX_PREAMBLE, dlt645.decode, _meter_size, DLT645)
TERMINALS = Line(TerminalReader, gdw1376.MAX_FRAME, gdw1376.decode, _terminal_size, GDW1376)


def check_line(line: Line[F], raw: bytes) -> None:
    """No good frame is lost, whatever lies before, between and behind, wherever the stream is cut.

    The first four bytes say which published frame is planted and where the rest is cut.
    """
    if len(raw) < 4:
        return
    sample = line.planted[raw[0] % len(line.planted)].raw
    noise = raw[4:]
    half = raw[1] * len(noise) // 255
    stream = noise[:half] + sample + noise[half:] + sample
    found = within(lambda: _read(line, stream, raw[2] << 8 | raw[3]), 1000 + CALLS_A_BYTE * len(stream))
    expected = list(_search(line, stream))
    assert found == [_awake(line, stream, begin, end, frame) for begin, end, frame in expected]
    for at in (half, len(stream) - len(sample)):
        start, stop = at + len(sample) - len(sample.lstrip(b"\xfe")), at + len(sample)
        assert any(begin < stop and start < end for begin, end, _ in expected), "a good frame was lost"


def _read(line: Line[F], stream: bytes, cut: int) -> list[F]:
    """Feed the stream in two pieces and then in small ones; tell that the line fell silent at the end."""
    reader, found = line.reader(), list[F]()
    first, step = cut % (len(stream) + 1), 1 + cut % 97
    pieces = [stream[:first], *(stream[at : at + step] for at in range(first, len(stream), step))]
    for piece in pieces:
        found += reader.feed(piece)
        assert reader.held <= line.limit, "the reader keeps more than its limit"
    found += reader.gap()
    assert reader.held == 0
    return found


def _search(line: Line[F], stream: bytes) -> Iterator[tuple[int, int, F]]:
    """Find frames by the words of the notes, each byte a beginning: slow, and easy to believe."""
    at = 0
    while at < len(stream):
        size = line.size_at(stream, at)
        with suppress(CodecError):
            if size and at + size <= len(stream):
                yield at, at + size, line.decode(stream[at : at + size])
                at += size
                continue
        at += 1


def _awake(line: Line[F], stream: bytes, begin: int, end: int, frame: F) -> F:
    """Return the frame with the FEH before it, as many as its reader counts."""
    if not isinstance(frame, dlt645.Frame):
        return frame
    before = stream[max(0, begin - dlt645.MAX_PREAMBLE) : begin]
    return replace(frame, preamble=len(before) - len(before.rstrip(b"\xfe")))
