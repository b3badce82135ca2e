"""The RS-485 line to the meters, as its master: half duplex, one exchange at a time (DL/T 645-2007 section 5).

Works on a serial device, a pseudo-terminal, and TCP to a serial server (`socket://host:port`). Our own echo, crackling,
answers to somebody else's question and answers that come twice are passed over; the deadline decides.
"""

import asyncio
import logging
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import serial
import serial_asyncio_fast

from meters_io.dlt645.frame import MAX_PREAMBLE, Frame, encode
from meters_io.dlt645.names import REPLY
from meters_io.dlt645.reader import Reader
from meters_io.dlt645.refusals import Refusal
from meters_io.errors import RemoteError

BYTE_GAP_S = 0.5  # after this much silence a part frame is dropped
OPEN_S = 3.0
WAIT_FOR_LINE_S = 20.0

T = TypeVar("T")
Parse = Callable[[Frame], T | Refusal]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LineSettings:
    """`device`: /dev/ttyS1 or socket://host:port. `answer_s`: how long a meter may take; `tries` in all."""

    device: str
    baud: int = 2400
    parity: str = "E"
    answer_s: float = 2.0
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody answered. `sent`: bytes of the request may have reached the meter."""

    sent: bool


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counts since the program began. `errors`: tries without an answer, and openings that failed."""

    exchanges: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One try, for whoever measures: loop times at which its bytes were handed over and at which it ended."""

    request: Frame
    sent_at: float
    ended_at: float


class _Ear(asyncio.Protocol):
    """Hears the line. `wanted` gets every frame that a meter sent."""

    def __init__(self) -> None:
        self._frames = Reader()
        self._gap: asyncio.TimerHandle | None = None
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self._give(self._frames.feed(data))
        if self._gap:
            self._gap.cancel()
        self._gap = asyncio.get_running_loop().call_later(BYTE_GAP_S, lambda: self._give(self._frames.gap()))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self._gap:
            self._gap.cancel()

    def forget(self) -> None:
        """Let go of what was heard before the question."""
        self._frames = Reader()
        while not self.frames.empty():
            self.frames.get_nowait()

    def _give(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.control & REPLY:  # else it is our own echo
                self.frames.put_nowait(frame)


class Line:
    """The master. Opens the device when it is needed, and again after it broke."""

    def __init__(self, settings: LineSettings) -> None:
        self.settings = settings
        self.traffic = Traffic()
        self.on_exchange: Callable[[Exchange], None] = lambda _: None
        self._turn = asyncio.Lock()
        self._ear: _Ear | None = None
        self._wire: asyncio.Transport | None = None
        self._rest_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator["Line"]:
        """Have the line for oneself, for several exchanges that belong together. TimeoutError."""
        async with asyncio.timeout(WAIT_FOR_LINE_S):
            await self._turn.acquire()
        try:
            yield self
        finally:
            self._turn.release()

    async def ask(self, request: Frame, parse: Parse[T]) -> T | Refusal | Silence:
        """Exchange a request that may be repeated, within a turn. What `parse` cannot read is not our answer."""
        sent = False
        for _ in range(self.settings.tries):
            if not await self._open():
                self._count(errors=1)
                continue
            sent = True
            answer = await self._try(request, parse)
            if answer is not None:
                self._count(exchanges=1)
                return answer
            self._count(exchanges=1, errors=1)
        return Silence(sent=sent)

    def close(self) -> None:
        """Let go of the device."""
        if self._wire:
            self._wire.close()
        self._wire = self._ear = None

    async def _open(self) -> bool:
        if self._ear and not self._ear.lost:
            return True
        self.close()
        ear = _Ear()
        try:
            async with asyncio.timeout(OPEN_S):
                self._wire, _ = await serial_asyncio_fast.create_serial_connection(
                    asyncio.get_running_loop(), lambda: ear, self.settings.device, baudrate=self.settings.baud,
                    bytesize=serial.EIGHTBITS, parity=self.settings.parity, stopbits=serial.STOPBITS_ONE,
                )  # fmt: skip
        except (OSError, ValueError, TimeoutError, termios.error) as failed:  # SerialException is an OSError
            log.warning("the meters' line cannot be opened: %s", type(failed).__name__)
            return False
        self._ear = ear
        return True

    async def _try(self, request: Frame, parse: Parse[T]) -> T | Refusal | None:
        loop = asyncio.get_running_loop()
        if self._rest_until > loop.time():  # an answer to the question before may still come
            await asyncio.sleep(self._rest_until - loop.time())
        ear, wire = self._ear, self._wire
        if ear is None or wire is None:
            return None
        ear.forget()
        raw = encode(replace(request, preamble=MAX_PREAMBLE))
        wire.write(raw)
        sent_at = loop.time()
        try:
            async with asyncio.timeout(self.settings.answer_s + len(raw) * 11 / self.settings.baud):
                return await _hear(ear, parse)
        except TimeoutError:
            self._rest_until = loop.time() + self.settings.answer_s / 4
            return None
        finally:
            self.on_exchange(Exchange(request, sent_at, loop.time()))

    def _count(self, *, exchanges: int = 0, errors: int = 0) -> None:
        self.traffic = Traffic(self.traffic.exchanges + exchanges, self.traffic.errors + errors)


async def _hear(ear: _Ear, parse: Parse[T]) -> T | Refusal:
    """Wait for the answer that is ours."""
    while True:
        try:
            return parse(await ear.frames.get())
        except RemoteError as stranger:
            log.info("an answer on the line is not ours: %s", stranger.code)
