"""A concentrator: it dials, does its duties, and dials again whenever the link is gone."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import cycle

from headend_client.simulator.forwards import Forwards
from headend_client.simulator.lab.faults import Fault
from headend_client.simulator.lab.weather import Trouble
from headend_client.simulator.link import Duties, Link, Post, Wire
from headend_client.simulator.ports import Port
from headend_client.simulator.terminal.desk import Desk
from headend_client.simulator.terminal.orders import After
from headend_client.simulator.terminal.reporter import Reporter
from headend_client.simulator.timing import within
from headend_client.simulator.world import FrontEndAddress
from meters_io.gdw1376.events import PowerLost, TerminalEvent
from meters_io.gdw1376.frame import Frame

DIAL_S = 10.0
LAST_WORD_S = 1.0  # how long a concentrator lives on after its power is lost

log = logging.getLogger(__name__)


class Concentrator:
    """One concentrator with its ports. It has one link, but for what a laboratory makes it do."""

    def __init__(self, post: Post, ports: Mapping[int, Port], front_ends: Sequence[FrontEndAddress]) -> None:
        self.post = post
        self.link: Link | None = None
        self._forwards = Forwards(post, ports)
        self._desk = Desk(post.state, self._forwards.meter, post.zone, post.weather.has_read)
        self._reporter = Reporter(post.state)
        self._duties = Duties(self._pass_on, self._answer_itself, self._report)
        self._front_ends = front_ends
        self._forgotten: list[Link] = []  # connections that stand for the front-end and that nobody holds here
        self._first_lives: list[asyncio.Future[None]] = []  # of connections that stand while a second one is made
        self._name = post.spec.name

    async def run(self) -> None:
        """Keep a link up for ever; waits longer after each failure, up to `retry_max_s`."""
        spec = self.post.spec
        wait_s = spec.retry_s
        try:
            for address in cycle(self._front_ends):
                if await self._stay_linked(address):
                    wait_s = spec.retry_s
                await self.post.timing.sleep(wait_s)
                wait_s = min(2 * wait_s, spec.retry_max_s)
        finally:
            self._let_go()
            await asyncio.gather(*self._first_lives, return_exceptions=True)

    def happen(self, event: TerminalEvent) -> None:
        """Let something happen: it is recorded, and reported where it is important."""
        self.post.state.happened(event)
        self._reporter.wake()

    def meet(self, address: str) -> bool:
        """Tell whether it has this meter, which is made if it was not asked before."""
        return self._forwards.meter(address) is not None

    async def _stay_linked(self, address: FrontEndAddress) -> bool:
        """Dial and hold the link until it ends; tell whether it ever logged in."""
        link = self.link = await self._dial(address)
        if link is None:
            return False
        life = asyncio.ensure_future(link.run())
        try:
            trouble = self.post.weather.trouble()
            if trouble is None or await within(self.post.timing, trouble.after_s, life):
                await life
            elif trouble.fault is Fault.SECOND_LOGIN:
                self._first_lives.append(life)
            else:
                await self._suffer(trouble, link, life)
        finally:
            self.link = None
            if life not in self._first_lives:
                await _end(life)
                link.close()  # it may have been cancelled before it began
        return link.logged_in

    async def _dial(self, address: FrontEndAddress) -> Link | None:
        try:
            async with asyncio.timeout(DIAL_S):
                wire = Wire(*await asyncio.open_connection(address.host, address.port))
        except (OSError, TimeoutError) as failed:
            log.info("%s cannot dial %s:%d: %s", self._name, address.host, address.port, type(failed).__name__)
            return None
        return Link(self.post, wire, self._duties)

    async def _suffer(self, trouble: Trouble, link: Link, life: "asyncio.Future[None]") -> None:
        """Have the trouble; afterwards the concentrator dials again."""
        log.info("%s has trouble: %s", self._name, trouble.fault.value)
        lost_at = self.post.timing.now()
        if trouble.fault is Fault.HUNG_UP:
            link.close()
            return
        if trouble.fault is Fault.POWER_CUT:
            self.happen(PowerLost(lost_at, None))
            await self.post.timing.sleep(LAST_WORD_S)
        self._let_go()
        link.forget()
        self._forgotten.append(link)
        await _end(life)
        if trouble.fault is not Fault.VANISHED:
            await self.post.timing.sleep(trouble.seconds)
        if trouble.fault is Fault.POWER_CUT:
            self.happen(PowerLost(lost_at, self.post.timing.now()))

    def _let_go(self) -> None:
        for link in self._forgotten:
            link.break_off()
        for life in self._first_lives:
            life.cancel()
        self._forgotten.clear()
        self._first_lives = [life for life in self._first_lives if not life.done()]

    async def _report(self, link: Link) -> None:
        await self._reporter.run(link.report)

    async def _pass_on(self, link: Link, asked: Frame) -> None:
        await self._forwards.pass_on(link, asked, self._desk)

    async def _answer_itself(self, link: Link, asked: Frame) -> None:
        """Answer what is asked of the concentrator itself, and not of a meter."""
        frames, after = self._desk.answer(asked, self.post.timing.now())
        log.info("%s asked AFN %02X: %d frames", self._name, asked.afn, len(frames))
        for frame in frames:
            await link.answer(frame)
        self._reporter.wake()
        if after is After.REDIAL:
            link.close()


async def _end(life: "asyncio.Future[None]") -> None:
    """End a link; who is cancelled meanwhile himself still is."""
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)
