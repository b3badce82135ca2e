"""A gateway: the meters' line on a TCP port that the head end dials. It passes bytes on and knows nothing of them.

Of a laboratory it has what can happen to bytes and to a connection: loss, latency, spoilt frames, late answers, a
connection that is hung up or stands while nobody is there.
"""

import asyncio
import logging
from collections.abc import Mapping

from headend_client.simulator.answers import Answer, Fate
from headend_client.simulator.forwards import arrived
from headend_client.simulator.lab.faults import Fault
from headend_client.simulator.lab.mangling import pieces_of_inner
from headend_client.simulator.lab.weather import Trouble
from headend_client.simulator.link import PAUSE_S, Post
from headend_client.simulator.local_line import LineFault, LocalLine
from headend_client.simulator.ports import Heard, Port
from headend_client.simulator.timing import Timing
from headend_client.simulator.words import name_of
from meters_io.dlt645.frame import Frame, encode

log = logging.getLogger(__name__)
_MUTE = (Fault.VANISHED, Fault.HALF_OPEN, Fault.POWER_CUT)


class GatewayLine(LocalLine):
    """The line of one gateway's meters, and whoever has dialled it."""

    def __init__(self, post: Post, ports: Mapping[int, Port], timing: Timing) -> None:
        super().__init__(ports.values(), timing)
        self._post, self._by_number = post, ports
        self._masters: set[asyncio.StreamWriter] = set()
        self._mute: set[asyncio.StreamWriter] = set()
        self._later: set[asyncio.Task[None]] = set()

    @property
    def has_master(self) -> bool:
        """Has anybody dialled it?"""
        return bool(self._masters)

    def break_off(self) -> None:
        """Tear every connection down."""
        for master in self._masters:
            master.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._masters.add(writer)
        trouble = self._post.weather.trouble()
        suffering = asyncio.ensure_future(self._suffer(trouble, writer)) if trouble else None
        try:
            await super()._serve(reader, writer)
        finally:
            self._masters.discard(writer)
            self._mute.discard(writer)
            if suffering is not None:
                suffering.cancel()

    async def _carry(self, request: Frame, writer: asyncio.StreamWriter) -> None:
        if writer in self._mute:
            return
        if self.disturbance.fault is not LineFault.NONE:
            await super()._carry(request, writer)
            return
        answer, takes_s = self._exchange(request)
        await self._timing.sleep(takes_s + self._post.weather.travel_s())
        if answer.frame is None:
            return
        if answer.fate is Fate.CUT:
            raw = encode(answer.frame)
            writer.write(raw[: len(raw) // 2])
            writer.close()
        elif answer.fate is Fate.LATE:
            later = asyncio.ensure_future(self._say_later(answer, writer))
            self._later.add(later)
            later.add_done_callback(self._later.discard)
        else:
            await self._say(answer.frame, writer)

    def _exchange(self, request: Frame) -> tuple[Answer, float]:
        """Let the meters hear a frame; return what comes back, and after how long."""
        now = self._timing.now()
        passing = self._post.weather.passing(request.address, self._port_of(request.address), now)
        heard = Heard(self._ask(request), request) if passing.there else Heard(Answer(Fate.SILENT), request)
        answer = arrived(passing, heard)
        log.info("%s gateway to %s: %s, %s", self._post.spec.name, request.address, name_of(request), answer.fate.value)
        slow_s = answer.seconds if answer.fate is Fate.ANSWERED else 0.0
        return answer, self._post.spec.delay_ms / 1000 + passing.takes_s + slow_s

    def _port_of(self, address: str) -> int:
        found = (number for number, port in self._by_number.items() if port.line.meter(address) is not None)
        return next(found, next(iter(self._by_number)))

    async def _say_later(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        await self._timing.sleep(answer.seconds)
        if answer.frame is not None and not writer.is_closing():
            await self._say(answer.frame, writer)

    async def _say(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        fault, share = self._post.weather.of_answer()
        parts = pieces_of_inner(frame, fault, share)
        for place, piece in enumerate(parts):
            if place:
                await self._timing.sleep(PAUSE_S)
            writer.write(piece)
        await writer.drain()

    async def _suffer(self, trouble: Trouble, writer: asyncio.StreamWriter) -> None:
        await self._timing.sleep(trouble.after_s)
        log.info("%s gateway has trouble: %s", self._post.spec.name, trouble.fault.value)
        if trouble.fault in _MUTE:
            self._mute.add(writer)
            await self._timing.sleep(trouble.seconds)
        if trouble.fault is not Fault.SECOND_LOGIN:
            writer.transport.abort()
