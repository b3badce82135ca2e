"""A concentrator made of bytes: it dials a front-end and does what a test tells it, nothing by itself."""

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC
from types import TracebackType
from typing import Protocol, Self

from meters_io.dlt645 import frame as dlt645
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal, encode
from meters_io.gdw1376.link import (
    Confirmed,
    Heartbeat,
    LinkMessage,
    Login,
    build_denial,
    build_link,
    parse_confirm,
)
from meters_io.gdw1376.passage import Passage, build_passed, parse_passage
from meters_io.gdw1376.reader import Reader

TERMINAL = Terminal("3201", 7)
PATIENCE_S = 5.0


class Meter(Protocol):
    """Something that answers DL/T 645 frames; None stays silent."""

    def answer(self, request: dlt645.Frame) -> dlt645.Frame | None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A passage that came: the frame to answer, and what it carries."""

    frame: Frame
    passage: Passage

    @property
    def inner(self) -> dlt645.Frame:
        """The meter's frame inside."""
        return dlt645.decode(self.passage.inner)


class Peer:
    """One connection. Every wait has a limit, so a silent front-end fails a test instead of stalling it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, terminal: Terminal) -> None:
        self._reader, self._writer, self.terminal = reader, writer, terminal
        self._codec, self._frames = Reader(), deque[Frame]()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hang_up()

    @classmethod
    async def dial(cls, port: int, terminal: Terminal = TERMINAL, host: str = "127.0.0.1") -> "Peer":
        """Connect without a word, from an address of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0)), terminal)

    @classmethod
    async def logged_in(cls, port: int, terminal: Terminal = TERMINAL) -> "Peer":
        """Connect and log in; the confirmation has come."""
        peer = await cls.dial(port, terminal)
        await peer.say(Login())
        assert parse_confirm(await peer.next_frame()) == Confirmed()
        return peer

    async def say(self, message: LinkMessage, number: int = 0) -> None:
        """Send a link message."""
        await self.send(build_link(self.terminal, message, number, UTC))

    async def is_answered(self) -> None:
        """Return when everything sent so far has been read over there: a heartbeat behind it is confirmed."""
        await self.say(Heartbeat(), 15)
        assert (await self.next_frame()).seq.number == 15

    async def send(self, frame: Frame) -> None:
        """Send a frame."""
        await self.send_bytes(encode(frame))

    async def send_bytes(self, raw: bytes) -> None:
        """Send anything."""
        self._writer.write(raw)
        await self._writer.drain()

    async def next_frame(self) -> Frame:
        """Return the next frame from the front-end. Raises ConnectionError at the end."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._frames:
                chunk = await self._reader.read(4096)
                if not chunk:
                    raise ConnectionResetError
                self._frames.extend(self._codec.feed(chunk))
        return self._frames.popleft()

    async def asked(self) -> Asked:
        """Return the next passage."""
        frame = await self.next_frame()
        return Asked(frame, parse_passage(frame)[0])

    async def answer(self, asked: Asked, inner: dlt645.Frame) -> None:
        """Answer with what a meter said."""
        await self.answer_raw(asked, dlt645.encode(inner))

    async def answer_raw(self, asked: Asked, inner: bytes) -> None:
        """Answer with any bytes in the place of a meter's frame; none at all means that it was silent (k = 0)."""
        await self.send(build_passed(asked.frame, asked.passage.port, inner))

    async def turn_away(self, asked: Asked) -> None:
        """Refuse to pass on (AFN 00 F2)."""
        await self.send(build_denial(asked.frame))

    async def serve(self, meter: Meter, count: int) -> None:
        """Pass on that many requests to a meter, and its answers back."""
        for _ in range(count):
            asked = await self.asked()
            reply = meter.answer(asked.inner)
            await self.answer_raw(asked, dlt645.encode(reply) if reply else b"")

    async def is_hung_up_on(self) -> bool:
        """Wait until the front-end has ended the connection."""
        try:
            while True:
                await self.next_frame()
        except ConnectionError:
            return True

    async def hang_up(self) -> None:
        """End the connection from this side."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


def report(terminal: Terminal, number: int) -> Frame:
    """A spontaneous report (AFN 0E) that wants to be confirmed; its content does not matter here."""
    control = Control(up=True, starts=True, function=4)
    return Frame(terminal, control, 0x0E, Seq(number, confirm=True), bytes(4))


def renumbered(frame: Frame, number: int) -> Frame:
    """The same frame as an answer to another request."""
    return frame._replace(seq=replace(frame.seq, number=number))
