"""A stream of Q/GDW 1376.1 bytes, cut anywhere, into frames."""

from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import MAX_FRAME, Frame, Sums, decode, find_frame

_BLOCK = 256  # what is cut off is whole blocks, as `Sums` counts them
_PIECE = MAX_FRAME


class Reader:
    """Collects bytes and gives out frames.

    Holds at most one part frame (16391 bytes) and one piece as long; time is linear in the bytes fed,
    garbage or not.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._sums = Sums()
        self._at = 0  # what lies before is spent; it is cut off in large pieces, not frame by frame

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take in `chunk` of any size, return the frames that are now whole, oldest first."""
        if not self._buffer and len(chunk) <= MAX_FRAME:
            try:
                return [decode(chunk)]  # the rule on a quiet line: one frame comes alone
            except RemoteError:
                pass
        frames: list[Frame] = []
        for first in range(0, len(chunk), _PIECE):
            self._buffer += chunk[first : first + _PIECE]
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
            self._buffer, self._sums = bytearray(), Sums()
            self._at = 0
        if self._at >= _PIECE:
            blocks = self._at // _BLOCK
            del self._buffer[: blocks * _BLOCK]
            self._sums.forget(blocks)
            self._at -= blocks * _BLOCK
