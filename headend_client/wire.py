"""Q/GDW 1376.1 frames over one TCP connection, both ways. Memory is bounded, and so is every wait.

The codec holds one part frame and one piece (16391 bytes each) at most, asyncio's own buffer `READ_BUFFER` twice.
"""

import asyncio
import socket
from collections import deque

from headend_client.errors import SessionClosed
from meters_io.gdw1376.frame import Frame, encode
from meters_io.gdw1376.reader import Reader

READ_BUFFER = 4096
NOISE = 65_536  # four of the longest frames
_DRAIN_S = 10.0
_LINGER_S = 5.0
_UNACKNOWLEDGED_MS = 60_000  # sent into a dead radio link: after this long the kernel gives the connection up


class Wire:
    """One connection. `host`, `peer`: the far side, without and with its port.

    A frame not whole after `gap_s` of silence is dropped; nor may one take longer than `frame_s`, however steadily its
    bytes come.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gap_s: float, frame_s: float = 120.0
    ) -> None:
        self._reader, self._writer, self._gap_s, self._frame_s = reader, writer, gap_s, frame_s
        self._begun_at: float | None = None  # when the frame began that is not whole yet
        self._codec = Reader()
        self._frames: deque[Frame] = deque()
        self._noise = 0  # bytes since the last frame
        self._allowed = NOISE
        self.host, self.peer = _peer_of(writer)
        set_options(writer)

    def allow(self, noise: int) -> None:
        """Hang up on a far side that sends more than this many bytes without a frame in them."""
        self._allowed = noise

    async def next_frame(self, until: float) -> Frame:
        """Return the next frame. Raises SessionClosed at the end, TimeoutError at loop time `until`."""
        while not self._frames:
            self._frames.extend(await self.read(until))
        return self._frames.popleft()

    async def read(self, until: float) -> list[Frame]:
        """Read once and return what became whole; after a gap in a frame, what hid behind its beginning.

        Raises SessionClosed, `too_slow` where nothing was whole for too long; TimeoutError.
        """
        loop = asyncio.get_running_loop()
        if loop.time() >= until:
            raise TimeoutError
        wait_until = min(until, loop.time() + self._gap_s) if self._codec.held else until
        try:
            async with asyncio.timeout_at(wait_until):
                chunk = await self._reader.read(READ_BUFFER)
        except TimeoutError:
            if loop.time() >= until:
                raise
            return self._codec.gap()
        except OSError:
            raise SessionClosed("link_lost", sent=False) from None
        if not chunk:
            raise SessionClosed("link_lost", sent=False)
        return await self._take(chunk)

    async def _take(self, chunk: bytes) -> list[Frame]:
        frames = self._codec.feed(chunk) or self._overdue()
        if frames or not self._codec.held:
            self._begun_at = None
        self._noise = 0 if frames else self._noise + len(chunk)
        if self._noise > self._allowed:
            raise SessionClosed("too_much_noise", sent=False)
        if not frames:
            await asyncio.sleep(0)  # what is buffered is read without a pause otherwise, and others wait
        return frames

    def _overdue(self) -> list[Frame]:
        """Return what hides behind the beginning of a frame that takes too long. SessionClosed: nothing does."""
        now = asyncio.get_running_loop().time()
        if self._begun_at is None:
            self._begun_at = now
        if now - self._begun_at <= self._frame_s:
            return []
        frames = self._codec.gap()
        if not frames:
            raise SessionClosed("too_slow", sent=False)
        return frames

    def write(self, frame: Frame) -> None:
        """Let the bytes of `frame` leave. Raises SessionClosed while it is sure that they did not."""
        if self._writer.is_closing():
            raise SessionClosed("link_lost", sent=False)
        self._writer.write(encode(frame))

    async def send(self, frame: Frame) -> None:
        """Write, and wait until the far side takes what was written. Raises SessionClosed."""
        self.write(frame)
        try:
            async with asyncio.timeout(_DRAIN_S):
                await self._writer.drain()
        except (OSError, TimeoutError):
            raise SessionClosed("link_lost", sent=True) from None

    def close(self) -> None:
        """End the connection; what is written still leaves, if the far side takes it soon."""
        if self._writer.is_closing():
            return
        self._writer.close()
        asyncio.get_running_loop().call_later(_LINGER_S, self._writer.transport.abort)


def _peer_of(writer: asyncio.StreamWriter) -> tuple[str, str]:
    name: object = writer.get_extra_info("peername")
    return (str(name[0]), f"{name[0]}:{name[1]}") if isinstance(name, tuple) else ("", "")


def set_options(writer: asyncio.StreamWriter) -> None:
    """Send small frames at once, and notice a peer that no longer acknowledges (where the system can)."""
    line = writer.get_extra_info("socket")
    if line is None or writer.is_closing():
        return
    try:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
    except OSError:
        return  # the peer has gone already; the first read tells
