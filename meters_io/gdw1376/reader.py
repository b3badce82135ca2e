"""A stream of Q/GDW 1376.1 bytes, cut anywhere, into frames."""

from array import array

from meters_io.gdw1376.frame import MAX_FRAME, Frame, find_frame, running_sums

_PIECE = MAX_FRAME


class Reader:
    """Collects bytes and gives out frames.

    Holds at most one part frame (16391 bytes) and one piece as long; time is linear in the bytes fed,
    garbage or not.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._sums: array[int] = running_sums(b"", 0)
        self._at = 0  # what lies before is spent; it is cut off in large pieces, not frame by frame

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take in `chunk` of any size, return the frames that are now whole, oldest first."""
        frames: list[Frame] = []
        for first in range(0, len(chunk), _PIECE):
            piece = chunk[first : first + _PIECE]
            self._buffer += piece
            self._sums += running_sums(piece, self._sums[-1])[1:]
            frames += self._drain()
        return frames

    def gap(self) -> list[Frame]:
        """Hear that the far side has been silent for too long to be in the middle of a frame.

        What looks like the beginning of a frame is dropped, and frames that hid behind it are returned.
        """
        frames: list[Frame] = []
        while self.held:
            self._at += 1
            frames += self._drain()
        return frames

    @property
    def held(self) -> int:
        """How many bytes wait for more."""
        return len(self._buffer) - self._at

    def _drain(self) -> list[Frame]:
        frames: list[Frame] = []
        frame, self._at = find_frame(self._buffer, self._sums, self._at)
        while frame is not None:
            frames.append(frame)
            frame, self._at = find_frame(self._buffer, self._sums, self._at)
        self._forget()
        return frames

    def _forget(self) -> None:
        if self._at == len(self._buffer):
            self._buffer, self._sums = bytearray(), running_sums(b"", 0)
            self._at = 0
        if self._at >= _PIECE:
            del self._buffer[: self._at]
            del self._sums[: self._at]
            self._at = 0
