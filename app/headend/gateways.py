"""The gateways of one front-end: the share that it is to hold, dialled, and what the database says of their links.

A front-end that could not say that it lives for as long as others take it for dead lets its gateways go: somebody else
may hold them by then, and a line has one master.
"""

import asyncio
import logging
from itertools import count

from app.context import Deps
from app.headend.bravely import bravely
from app.ports import ConcentratorAddress
from app.services import dialling, frontends
from app.services.dialling import Held
from app.services.frontends import DEAD_AFTER
from headend_client.dialer import Dialer, DialledLink, DialPlace
from headend_client.dialled_line import USUAL, DialTiming
from headend_client.timing import Timing

log = logging.getLogger(__name__)

ROUND_S = 3.0
_ROUNDS_A_REPORT = 5  # each so many rounds it is told who was heard, and what was dropped
_LINKS_A_REPORT = 200
_SHARING_S = 5.0  # a database that hangs is one that is away
_WRITES_AT_ONCE = 4  # when thousands of links open, jobs still get at the database
_ALIVE_S = 300.0  # each so long an open link counts as heard


class Gateways:
    """Holds its share of the gateways, from round to round."""

    def __init__(self, deps: Deps, name: str, timing: Timing, dial: DialTiming = USUAL) -> None:
        self._deps, self._name = deps, name
        self.dialer = Dialer(self, timing, dial, deps.now)
        self._shared_at = asyncio.get_running_loop().time()
        self._pen = asyncio.Semaphore(_WRITES_AT_ONCE)
        self._closing = False
        self._told_until = 0.0
        self._told_alive: dict[ConcentratorAddress, float] = {}
        self._told_of: dict[ConcentratorAddress, dict[str, int]] = {}

    async def run(self) -> None:
        """Make rounds until cancelled."""
        for number in count():
            await self.look(reporting=number % _ROUNDS_A_REPORT == 0)
            await asyncio.sleep(ROUND_S)

    async def look(self, *, reporting: bool = False) -> None:
        """Make one round: hold what is ours to hold; now and then say what the links have heard and dropped."""
        loop = asyncio.get_running_loop()
        async with bravely(self._name, "sharing"):
            async with asyncio.timeout(_SHARING_S), self._deps.begin() as db:
                held = await dialling.share(db, self._name, self._deps.now())
            self._shared_at = loop.time()
            self.dialer.hold([DialPlace(each.address, each.host, each.port) for each in held])
            await self._mend(held)
        if loop.time() - self._shared_at >= DEAD_AFTER.total_seconds():
            self.dialer.hold(())
        if reporting:
            async with bravely(self._name, "what gateways said"):
                await self._report()

    async def close(self) -> None:
        """End every link and say so, of all in one statement."""
        self._closing = True
        await self.dialer.close()
        async with bravely(self._name, "goodbye"), self._deps.begin() as db:
            await dialling.stopped(db, self._name)

    async def linked(self, address: ConcentratorAddress) -> None:
        async with bravely(self._name, "link"):
            async with self._pen, self._deps.begin() as db:
                is_ours = await dialling.linked(db, address, self._name, self._deps.now())
            if is_ours:
                await self._deps.bell.ring_quietly()

    async def unlinked(self, address: ConcentratorAddress) -> None:
        if self._closing:
            return
        async with bravely(self._name, "end of a link"), self._pen, self._deps.begin() as db:
            await dialling.unlinked(db, address, self._name)

    async def _mend(self, held: list[Held]) -> None:
        """Say again what the database did not hear when it was away."""
        for each in held:
            link = self.dialer.find(each.address)
            if link is not None and not each.linked:
                await self.linked(each.address)
            elif link is None and each.linked:
                await self.unlinked(each.address)

    async def _report(self) -> None:
        asked_at, links = asyncio.get_running_loop().time(), self.dialer.links()
        fresh = [link.address for link in links if self._is_news(link, asked_at)]
        counts = {link.address: link.counts() for link in links}
        news = {address: of_link for address, of_link in counts.items() if of_link != self._told_of.get(address, {})}
        told = dict(list(news.items())[:_LINKS_A_REPORT])
        if fresh or told:
            async with self._deps.begin() as db:
                await frontends.heard(db, fresh, self._deps.now())
                await dialling.dropped(db, told, self._name)
        self._told_until = asked_at
        self._told_of.update(told)
        self._told_alive.update(dict.fromkeys(fresh, asked_at))

    def _is_news(self, link: DialledLink, now: float) -> bool:
        """A meter has answered; or the link stands, which keep-alive sees to, and that was not said for a while.

        Nobody may be asked behind it for hours, and a gateway that is there is no silent one.
        """
        return link.heard_at > self._told_until or now - self._told_alive.get(link.address, 0.0) >= _ALIVE_S
