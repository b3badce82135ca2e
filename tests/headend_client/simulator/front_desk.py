"""The smallest front-end there can be: it takes calls and speaks frames, made of `meters_io` and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from zoneinfo import ZoneInfo

from headend_client.simulator.world import FrontEndAddress
from meters_io.dlt645 import frame as dlt645
from meters_io.gdw1376.frame import Frame, Terminal, encode
from meters_io.gdw1376.link import Heartbeat, LinkMessage, Login, build_confirm, parse_link
from meters_io.gdw1376.passage import (
    Passage,
    PassageAnswer,
    Passed,
    Route,
    build_passage,
    parse_passed,
)
from meters_io.gdw1376.reader import Reader
from meters_io.gdw1376.tail import Tail
from tests.headend_client.simulator.standing_time import PATIENCE_S

ZONE = ZoneInfo("Asia/Shanghai")
TERMINAL = Terminal("3201", 1)


class Call:
    """One connection, seen from the master's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._frames = Reader()
        self._waiting: list[Frame] = []
        self.terminal = TERMINAL  # until it says who it is
        self.left_over = 0  # bytes of a frame that never became whole

    async def frame(self) -> Frame:
        """The next frame; EOFError when the far side has hung up, TimeoutError when it says nothing."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._waiting:
                chunk = await self.reader.read(65_536)
                if not chunk:
                    self.left_over = self._frames.held
                    raise EOFError
                self._waiting += self._frames.feed(chunk)
        self.terminal = self._waiting[0].terminal
        return self._waiting.pop(0)

    async def is_over(self) -> bool:
        """Wait for the end of the connection; tell whether nothing whole came before it."""
        try:
            await self.frame()
        except (EOFError, ConnectionResetError):
            return True
        return False

    async def message(self) -> LinkMessage:
        """The next frame, which is a link message, confirmed."""
        frame = await self.frame()
        self.send(build_confirm(frame))
        return parse_link(frame, ZONE)

    async def log_in(self) -> None:
        """Take a login and confirm it."""
        assert await self.message() == Login()

    async def heartbeat(self) -> Heartbeat:
        """Take a heartbeat and confirm it."""
        message = await self.message()
        assert isinstance(message, Heartbeat)
        return message

    def send(self, frame: Frame) -> None:
        """Say something."""
        self.writer.write(encode(frame))

    def forward(self, inner: dlt645.Frame | bytes, number: int, tail: Tail = Tail(), port: int = 31) -> Frame:  # noqa: B008
        """Send a meter's frame on its way; return what was asked, to recognise the answer by."""
        raw = inner if isinstance(inner, bytes) else dlt645.encode(inner)
        asked = build_passage(Route(self.terminal, number, tail=tail), Passage(port, raw))
        self.send(asked)
        return asked

    async def answer(self, asked: Frame) -> PassageAnswer:
        """The next frame, read as the answer to `asked`."""
        return parse_passed(await self.frame(), asked)

    async def ask(self, inner: dlt645.Frame, number: int) -> dlt645.Frame:
        """Forward a frame and return the meter's answer."""
        answer = await self.answer(self.forward(inner, number))
        assert isinstance(answer, Passed)
        return dlt645.decode(answer.inner)

    def hang_up(self) -> None:
        """End the connection at once."""
        self.writer.transport.abort()


class FrontDesk:
    """Where concentrators call."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[Call] = asyncio.Queue()
        self._taken: list[Call] = []
        self.address = FrontEndAddress("127.0.0.1", 1)

    async def call(self) -> Call:
        """The next connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._calls.get()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Let a caller wait until the test looks at him."""
        self._taken.append(Call(reader, writer))
        await self._calls.put(self._taken[-1])

    async def close(self) -> None:
        """Hang up on everybody."""
        for call in self._taken:
            call.hang_up()
            with suppress(OSError):
                await call.writer.wait_closed()


@asynccontextmanager
async def front_desk() -> AsyncIterator[FrontDesk]:
    """A front-end that listens on a free port."""
    desk = FrontDesk()
    server = await asyncio.start_server(desk.take, "127.0.0.1", 0)
    desk.address = FrontEndAddress("127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        yield desk
    finally:
        server.close()
        await desk.close()
