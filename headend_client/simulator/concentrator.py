"""A concentrator: it dials, answers forwards, and dials again whenever the link is gone."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import cycle

from headend_client.simulator.answers import Answer, Answerer, Fate
from headend_client.simulator.link import Duties, Link, Post, Wire
from headend_client.simulator.ports import Heard, Port, PortBusy
from headend_client.simulator.terminal.desk import Desk
from headend_client.simulator.terminal.orders import After
from headend_client.simulator.terminal.reporter import Reporter
from headend_client.simulator.words import name_of
from headend_client.simulator.world import FrontEndAddress
from meters_io.dlt645 import frame as dlt645
from meters_io.errors import RemoteError
from meters_io.gdw1376.events import TerminalEvent
from meters_io.gdw1376.frame import Frame, encode
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.passage import Passage, build_passed, parse_passage

DIAL_S = 10.0

log = logging.getLogger(__name__)


class Concentrator:
    """One concentrator with its ports. At most one link at a time."""

    def __init__(self, post: Post, ports: Mapping[int, Port], front_ends: Sequence[FrontEndAddress]) -> None:
        self.post = post
        self.link: Link | None = None
        self._ports = ports
        self._desk = Desk(post.state, self._meter, post.zone)
        self._reporter = Reporter(post.state)
        self._front_ends = front_ends
        self._name = post.spec.name

    async def run(self) -> None:
        """Keep a link up for ever; waits longer after each failure, up to `retry_max_s`."""
        spec = self.post.spec
        wait_s = spec.retry_s
        for address in cycle(self._front_ends):
            if await self._stay_linked(address):
                wait_s = spec.retry_s
            await self.post.timing.sleep(wait_s)
            wait_s = min(2 * wait_s, spec.retry_max_s)

    def happen(self, event: TerminalEvent) -> None:
        """Let something happen: it is recorded, and reported where it is important."""
        self.post.state.happened(event)
        self._reporter.wake()

    async def _stay_linked(self, address: FrontEndAddress) -> bool:
        """Dial and hold the link until it ends; tell whether it ever logged in."""
        try:
            async with asyncio.timeout(DIAL_S):
                wire = Wire(*await asyncio.open_connection(address.host, address.port))
        except (OSError, TimeoutError) as failed:
            log.info("%s cannot dial %s:%d: %s", self._name, address.host, address.port, type(failed).__name__)
            return False
        link = self.link = Link(self.post, wire, Duties(self._pass_on, self._answer_itself, self._report))
        try:
            await link.run()
        finally:
            self.link = None
        return link.logged_in

    async def _report(self, link: Link) -> None:
        await self._reporter.run(link.report)

    async def _answer_itself(self, link: Link, asked: Frame) -> None:
        """Answer what is asked of the concentrator itself, and not of a meter."""
        frames, after = self._desk.answer(asked, self.post.timing.now())
        log.info("%s asked AFN %02X: %d frames", self._name, asked.afn, len(frames))
        for frame in frames:
            await link.send(frame)
        self._reporter.wake()
        if after is After.REDIAL:
            link.close()

    def _meter(self, address: str) -> Answerer | None:
        return next((found for port in self._ports.values() if (found := port.line.meter(address))), None)

    async def _pass_on(self, link: Link, asked: Frame) -> None:
        try:
            passage, tail = parse_passage(asked)
        except RemoteError as wrong:
            await self._turn_away(link, asked, wrong.code)
            return
        port = self._ports.get(passage.port)
        if port is None:
            await self._turn_away(link, asked, "no such port")
            return
        try:
            async with port.claimed(self.post.spec.port_wait_ms / 1000):
                heard = await self._exchange(port, passage)
        except PortBusy:
            await self._turn_away(link, asked, "port busy")
            return
        inner = dlt645.encode(heard.frame) if heard.frame else b""
        await self._answer(
            link, build_passed(asked, passage.port, inner, self._desk.tail(tail, self.post.timing.now())), heard
        )

    async def _exchange(self, port: Port, passage: Passage) -> Answer:
        """Ask the meter. It obeys at once; how long its answer takes is what is waited for."""
        heard = port.send(passage.inner, self.post.timing.now())
        spec, answer = self.post.spec, heard.answer
        patience_s = min(passage.frame_timeout_ms, spec.silence_ms) / 1000
        takes_s = spec.delay_ms / 1000 + (answer.seconds if answer.fate is Fate.ANSWERED else 0)
        if answer.frame is None or takes_s > patience_s:
            answer, takes_s = Answer(answer.fate if answer.frame is None else Fate.SILENT), patience_s
        self._note(heard, answer)
        if takes_s > 0:
            await self.post.timing.sleep(takes_s)
        return answer

    async def _answer(self, link: Link, frame: Frame, answer: Answer) -> None:
        raw = encode(frame)
        if answer.fate is Fate.CUT:
            await link.send_bytes(raw[: len(raw) // 2])
            log.info("%s link cut by script", self._name)
            link.close()
            return
        if answer.fate is Fate.LATE:
            await self.post.timing.sleep(answer.seconds)
        await link.send_bytes(raw)

    async def _turn_away(self, link: Link, asked: Frame, reason: str) -> None:
        log.info("%s forward refused: %s", self._name, reason)
        await link.send(build_denial(asked))

    def _note(self, heard: Heard, answer: Answer) -> None:
        what = "no frame" if heard.request is None else name_of(heard.request)
        meter = heard.number or (heard.request.address if heard.request else "")
        said = f" {answer.frame.control:02X}" if answer.frame else ""
        log.info("%s forward to %s: %s, %s%s", self._name, meter, what, answer.fate.value, said)
