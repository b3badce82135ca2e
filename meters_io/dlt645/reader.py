"""A stream of DL/T 645 bytes, cut anywhere, into frames."""

from meters_io.dlt645.frame import Frame, find_frame

_PIECE = 4096


class Reader:
    """Collects bytes and gives out frames. Holds at most one part frame; time is linear in the bytes
    fed.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take in `chunk` of any size, return the frames that are now whole, oldest first."""
        frames: list[Frame] = []
        for first in range(0, len(chunk), _PIECE):
            self._buffer += chunk[first : first + _PIECE]
            frames += self._drain(0)
        return frames

    def gap(self) -> list[Frame]:
        """Hear that the line has been silent for longer than the gap allowed between bytes (500 ms).

        What looks like the beginning of a frame will then never be finished: it is dropped, and frames
        that hid behind it are returned.
        """
        frames: list[Frame] = []
        while self._buffer:
            frames += self._drain(1)
        return frames

    @property
    def held(self) -> int:
        """How many bytes wait for more."""
        return len(self._buffer)

    def _drain(self, start: int) -> list[Frame]:
        frames: list[Frame] = []
        frame, at = find_frame(self._buffer, start)
        while frame is not None:
            frames.append(frame)
            frame, at = find_frame(self._buffer, at)
        del self._buffer[:at]
        return frames
