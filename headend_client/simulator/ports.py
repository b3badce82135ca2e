"""A concentrator's port: one exchange with a meter at a time, others wait a while and are then turned away."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from headend_client.simulator.answers import Answer, Answerer, Fate
from headend_client.simulator.timing import Timing, within
from meters_io.dlt645.frame import Frame, take_frame


class PortBusy(Exception):
    """The port was in use for longer than a forward may wait."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a frame on the line: whose answer, if anybody's, and what was asked (None: no frame at all)."""

    answer: Answer
    request: Frame | None
    number: str = ""


class Line(Protocol):
    """Who hangs on a port."""

    def meant(self, address: str) -> Iterable[Answerer]: ...  # may be more than hear it, never fewer

    def meter(self, address: str) -> Answerer | None: ...


class SettledLine:
    """Meters that are all there from the beginning."""

    def __init__(self, answerers: Sequence[Answerer]) -> None:
        self._all = answerers
        self._by_address = {answerer.meter.spec.address: answerer for answerer in answerers}

    def meant(self, address: str) -> Iterable[Answerer]:
        """Return the meter with this address; all of them for one that is nobody's (a wildcard, a broadcast)."""
        own = self._by_address.get(address)
        return (own,) if own else self._all

    def meter(self, address: str) -> Answerer | None:
        """Return the meter with exactly this address."""
        return self._by_address.get(address)


class Port:
    """The line behind one port, and who hangs on it."""

    def __init__(self, line: Line, timing: Timing) -> None:
        self.line = line
        self._timing = timing
        self._busy = False
        self._queue: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def claimed(self, wait_s: float) -> AsyncIterator[None]:
        """Have the line for oneself; PortBusy after `wait_s`."""
        await self._claim(wait_s)
        try:
            yield
        finally:
            self._release()

    def send(self, inner: bytes, now: datetime) -> Heard:
        """Put a meter's frame on the line; the first meter that answers is heard."""
        request, _ = take_frame(inner)
        if request is None:
            return Heard(Answer(Fate.SILENT), None)
        for answerer in self.line.meant(request.address):
            answer = answerer.ask(request, now)
            if answer.fate is not Fate.SILENT:
                return Heard(answer, request, answerer.meter.spec.number)
        return Heard(Answer(Fate.SILENT), request)

    async def _claim(self, wait_s: float) -> None:
        if not self._busy:
            self._busy = True
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            came = wait_s > 0 and await within(self._timing, wait_s, place)
        except asyncio.CancelledError:
            self._give_up(place)
            raise
        if not came:
            self._give_up(place)
            raise PortBusy

    def _give_up(self, place: "asyncio.Future[None]") -> None:
        if place.done():
            self._release()  # it was our turn already
        else:
            self._queue.remove(place)

    def _release(self) -> None:
        if self._queue:
            self._queue.popleft().set_result(None)
        else:
            self._busy = False
