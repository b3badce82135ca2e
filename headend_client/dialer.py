"""Links that we open: gateways, serial servers and single meters that wait for a master on a TCP port.

hold(places) --> a DialledLink each: connect --> Line --> lost, silent or hostile --> back-off --> connect ...

A link that is lost before any meter has answered on it is tried again later each time; so a gateway that takes a
connection and hangs up, or talks nonsense, costs little.
"""

import asyncio
import ipaddress
import logging
import random
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from headend_client.clock import Clock, utc_now
from headend_client.dialled_line import USUAL, DialTiming, Line
from headend_client.errors import Unreachable
from headend_client.link import Silence, Turn
from headend_client.tally import Tally
from headend_client.target import ConcentratorAddress, Priority
from headend_client.timing import Timing
from headend_client.trace import Trace
from headend_client.wire import READ_BUFFER, set_options
from meters_io.dlt645.frame import Frame

log = logging.getLogger(__name__)
_AT_ONCE = 100  # connections that are being opened
_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


class Watcher(Protocol):
    """Whoever wants to know which links are open. Neither may raise."""

    async def linked(self, address: ConcentratorAddress) -> None: ...

    async def unlinked(self, address: ConcentratorAddress) -> None: ...


@dataclass(frozen=True, slots=True)
class DialPlace:
    """Where a gateway waits for us. `address`: what the archive calls it."""

    address: ConcentratorAddress
    host: str
    port: int


class DialledLink:
    """The way to one gateway, open or not. `heard_at`: loop time of the last answer of a meter, 0 before the first."""

    def __init__(self, place: DialPlace, timing: Timing, dial: DialTiming, now: Clock) -> None:
        self.place, self.timing, self._dial, self._now = place, timing, dial, now
        self._line: Line | None = None
        self._in_vain = False  # was it dialled anew for silence, and nobody answered since?
        self._tally = Tally()
        self.heard_at = 0.0

    @property
    def address(self) -> ConcentratorAddress:
        """What the archive calls it."""
        return self.place.address

    @property
    def is_open(self) -> bool:
        """Is there a connection?"""
        return self._line is not None

    def counts(self) -> dict[str, int]:
        """Return what was dropped there, and how often: by the names of `tally.Mishap`."""
        return self._tally.counts()

    @asynccontextmanager
    async def turn(self, port: int, priority: Priority, until: float) -> AsyncIterator[Turn]:
        """Wait for a turn on the line and hold it; it has one queue, whatever `port` says. Raises Unreachable."""
        line = self._line
        if line is None:
            raise Unreachable("no_link")
        await line.turns.enter(priority, min(self.timing.turn_s, until - asyncio.get_running_loop().time()))
        try:

            async def passing(request: Frame, trace: Trace, most_s: float) -> bytes | Silence:
                return await self._exchange(line, request, trace, most_s)

            yield Turn(passing, self._dial.answer_s + self._dial.hush_s, until)
        finally:
            line.turns.leave()

    async def _exchange(self, line: Line, request: Frame, trace: Trace, most_s: float) -> bytes | Silence:
        said = await line.exchange(request, trace, most_s)
        if isinstance(said, Silence):
            self._doubt(line)
        else:
            self._in_vain, self.heard_at = False, line.heard_at
        return said

    def _doubt(self, line: Line) -> None:
        """Dial anew where several meters are silent: some gateways hold a dead connection open. Once, not for ever."""
        if len(line.silent) >= self._dial.silent_meters and not self._in_vain:
            self._in_vain = True
            line.close("gateway_silent")

    def close(self, reason: str) -> None:
        """End the connection, if there is one. It is dialled again as long as it is held."""
        if self._line is not None:
            self._line.close(reason)

    async def run(self, watcher: Watcher, room: asyncio.Semaphore) -> None:
        """Keep a connection up until cancelled."""
        dial = self._dial
        wait_s = dial.retry_s
        while True:
            if await self._was_good(watcher, room):
                wait_s = dial.retry_s
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311  (spreads those that broke together)
            wait_s = min(2 * wait_s, dial.retry_most_s)

    async def _was_good(self, watcher: Watcher, room: asyncio.Semaphore) -> bool:
        """Connect and use the connection to its end; an error of our own ends this one and not the gateway."""
        try:
            line = await self._connect(room)
            return line is not None and await self._hold(line, watcher)
        except Exception:
            log.exception("gateway %s: ended by an error", self.address)
            return False

    async def _connect(self, room: asyncio.Semaphore) -> Line | None:
        host, port = self.place.host, self.place.port
        try:
            async with room, asyncio.timeout(self._dial.connect_s):
                streams = await asyncio.open_connection(host, port, limit=READ_BUFFER)
        except (OSError, TimeoutError, UnicodeError) as failed:
            log.info("gateway %s: cannot be dialled (%s)", self.address, type(failed).__name__)
            return None
        if _is_nobodys(streams[1]):
            log.warning("gateway %s: %s leads to where no gateway is", self.address, self.place.host)
            streams[1].transport.abort()
            return None
        set_options(streams[1])
        _keep_alive(streams[1])
        return Line(streams, self._dial, self._now, self._tally)

    async def _hold(self, line: Line, watcher: Watcher) -> bool:
        """Use a connection until it ends; tell whether it was good for anything."""
        loop, reason = asyncio.get_running_loop(), "gateway_let_go"
        began_at, self._line = loop.time(), line
        log.info("gateway %s: linked", self.address)
        listening = asyncio.ensure_future(line.run())
        try:
            await watcher.linked(self.address)
            reason = await asyncio.shield(listening)
        finally:
            self._line = None
            line.close(reason)
            await asyncio.gather(listening, return_exceptions=True)
            log.info("gateway %s: link ended (%s)", self.address, reason)
            await watcher.unlinked(self.address)
        return line.heard or loop.time() - began_at >= self._dial.retry_most_s


class Dialer:
    """The gateways that this process holds."""

    def __init__(self, watcher: Watcher, timing: Timing, dial: DialTiming = USUAL, now: Clock = utc_now) -> None:
        self._watcher, self._timing, self._dial, self._now = watcher, timing, dial, now
        self._links: dict[ConcentratorAddress, tuple[DialledLink, asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def find(self, address: ConcentratorAddress, /) -> DialledLink | None:
        """Return the link to a gateway that is open."""
        held = self._links.get(address)
        return held[0] if held and held[0].is_open else None

    def links(self) -> tuple[DialledLink, ...]:
        """Return every link that is open."""
        return tuple(link for link, _ in self._links.values() if link.is_open)

    def hold(self, places: Collection[DialPlace]) -> None:
        """Dial these from now on and no others; a link whose place is the same stays as it is."""
        wanted = {place.address: place for place in places}
        for address, (link, task) in list(self._links.items()):
            if wanted.get(address) != link.place:
                del self._links[address]
                self._end(task)
        for address, place in wanted.items():
            if address not in self._links:
                link = DialledLink(place, self._timing, self._dial, self._now)
                self._links[address] = link, asyncio.ensure_future(link.run(self._watcher, self._room))

    async def close(self) -> None:
        """End every link; return when all are ended."""
        self.hold(())
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        task.cancel()


def _is_nobodys(writer: asyncio.StreamWriter) -> bool:
    """Tell whether a name led to an address that is good on one cable only: nothing there is meant for us."""
    name: object = writer.get_extra_info("peername")
    if not isinstance(name, tuple):
        return True
    try:
        return ipaddress.ip_address(str(name[0]).partition("%")[0]).is_link_local
    except ValueError:
        return True


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Notice a gateway that is gone while nobody asks anything (where the system can)."""
    line = writer.get_extra_info("socket")
    if line is None or writer.is_closing():
        return
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, seconds in _KEEP_ALIVE.items():
            if hasattr(socket, name):
                line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
    except OSError:
        return  # it has gone already; the first read tells
