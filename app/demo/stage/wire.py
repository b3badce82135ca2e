"""A TCP connection that can be cut: between a terminal and its platform, or a concentrator and its front-end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_HOST = "127.0.0.1"


class Wire:
    """A point in between: what dials `here` is led on to `port`, until somebody cuts it. `whole`: nobody has."""

    def __init__(self, port: int) -> None:
        self._port, self.whole = port, True
        self._open: set[asyncio.StreamWriter] = set()
        self.here = 0

    def cut(self) -> None:
        """Nothing gets through from now on, and what was connected is torn."""
        self.whole = False
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        """It leads on again."""
        self.whole = True

    def turn(self, *, whole: bool) -> None:
        """Cut it, or mend it."""
        if whole:
            self.mend()
        else:
            self.cut()

    @asynccontextmanager
    async def laid(self, here: int = 0) -> AsyncIterator["Wire"]:
        """Be there for the length of the block, on the port `here`, or on any free one."""
        server = await asyncio.start_server(self._lead, _HOST, here)
        self.here = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.whole:
            writer.transport.abort()
            return
        try:
            beyond, onward = await asyncio.open_connection(_HOST, self._port)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, onward}
        self._open |= pair
        try:
            await asyncio.gather(_carry(reader, onward), _carry(beyond, writer))
        finally:
            self._open -= pair
            for each in pair:
                each.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
    writer.close()
