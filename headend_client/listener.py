"""The door that concentrators dial into.

connection --(login within a time and a number of bytes)--> rival? admit? --no--> AFN 00 F2, closed, reported, counted
                                                                     |
                                                                    yes --> pool (replaces an older) --> session

A login under an address that is on line is either the same concentrator again, whose older link is dead, or somebody
else: from another host it gets in only if the older link does not answer any more.
"""

import asyncio
import logging
import math
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Protocol

from headend_client.clock import Clock, utc_now
from headend_client.errors import HeadEndError, Rival, SessionClosed
from headend_client.news import News, Reader
from headend_client.pool import Pool
from headend_client.rivals import Rivals
from headend_client.room import Room
from headend_client.session import Session, address_of
from headend_client.tally import Mishap, Tally
from headend_client.target import ConcentratorAddress
from headend_client.timing import Timing
from headend_client.wire import NOISE, READ_BUFFER, Wire
from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.link import Login, build_confirm, build_denial, is_link, parse_link

log = logging.getLogger(__name__)
_BACKLOG = 1024  # a master that comes back is dialled by everybody at once


class Observer(Reader, Protocol):
    """Whoever keeps the archive and wants to know who is there, and what they tell. `zone`: local time over there."""

    @property
    def zone(self) -> tzinfo: ...

    async def admit(self, address: ConcentratorAddress, host: str) -> bool:
        """Say whether a concentrator may log in here; when this returns True, its link is in the pool at once.

        `host`: from where it comes. Raises Rival where another process proves that it holds the link. A HeadEndError
        ends the connection without an answer, so that it dials again.
        """

    async def refused(self, address: ConcentratorAddress) -> None:
        """A login was turned away."""

    async def replaced(self, address: ConcentratorAddress) -> None:
        """Two concentrators use one address."""

    async def logged_in(self, address: ConcentratorAddress) -> None:
        """The link may be used, its login is confirmed. Must not wait for long: the link is not read meanwhile."""

    async def logged_out(self, address: ConcentratorAddress) -> None:
        """The last link of this address is gone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stranger may take. `login_s`, `login_bytes`: to log in. `gap_s`, `frame_s`: silence inside a frame, and
    how long one may take (all links).

    `strangers`: connections without login at a time, `strangers_of_a_host`: of one host. `links`: all connections.
    `probe_s`: how long a link is given to show that it lives, when somebody else logs in under its address.
    """

    login_s: float = 20.0
    login_bytes: int = 512
    gap_s: float = 15.0
    frame_s: float = 120.0
    probe_s: float = 5.0
    strangers: int = 2000
    strangers_of_a_host: int = 1500
    links: int = 20_000


class Listener:
    """Takes connections in, for as long as it is open."""

    def __init__(
        self, pool: Pool, observer: Observer, timing: Timing, limits: Limits = Limits(), now: Clock = utc_now
    ) -> None:
        self._pool, self._observer, self._timing, self._limits, self._now = pool, observer, timing, limits, now
        self._rivals = Rivals()
        self._server: asyncio.Server | None = None
        self._is_closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers = Room(limits.strangers, limits.strangers_of_a_host)
        self._tally = Tally()

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port, which is a free one if `port` is 0. Raises OSError."""
        self._server = await asyncio.start_server(self._enter, host, port, limit=READ_BUFFER, backlog=_BACKLOG)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    def counts(self) -> dict[str, int]:
        """Return what was refused or dropped, here and on all links, and how often: by the names of `tally.Mishap`."""
        return self._tally.counts()

    async def close(self) -> None:
        """Stop listening and end every link; return when all of them are ended."""
        self._is_closing = True
        if self._server is not None:
            await _stop_listening(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, wire = asyncio.current_task(), Wire(reader, writer, self._limits.gap_s, self._limits.frame_s)
        if self._is_closing:
            writer.transport.abort()
            return
        if task is None or len(self._tasks) >= self._limits.links or self._strangers.is_full(wire.host):
            self._tally.note(Mishap.CROWDED)
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await self._attend(wire)
        except (HeadEndError, TimeoutError) as ended:
            log.info("link %s: ended before its login (%s)", wire.peer, str(ended) or "too_late")
            self._tally_end(ended)
        except asyncio.CancelledError:
            log.debug("link %s: the front-end closes", wire.peer)
        except Exception:
            log.exception("link %s: ended by an error", wire.peer)
        finally:
            wire.close()
            self._tasks.discard(task)

    def _tally_end(self, ended: HeadEndError | TimeoutError) -> None:
        if isinstance(ended, TimeoutError):
            self._tally.note(Mishap.TOO_LATE)
        elif isinstance(ended, SessionClosed) and str(ended) in (Mishap.NOISE, Mishap.SLOW):
            self._tally.note(Mishap(str(ended)))

    async def _attend(self, wire: Wire) -> None:
        login = await self._welcome(wire)
        if login is None:
            return
        # From being admitted to being in the pool nothing may wait: whoever was admitted can be found.
        session = self._session(wire, login)
        older = self._pool.put(session)
        reason = "link_lost"
        try:
            wire.allow(NOISE)
            wire.write(build_confirm(login))
            await self._announce(session, older)
            reason = await session.run()
        finally:
            session.close(reason)
            log.info("concentrator %s: link from %s ended (%s)", session.address, session.peer, reason)
            if self._pool.drop(session):
                await self._observer.logged_out(session.address)

    def _session(self, wire: Wire, login: Frame) -> Session:
        news = News(address_of(login.terminal), self._observer, self._observer.zone, Tally(self._tally))
        return Session(wire, login.terminal, self._timing, self._now, news)

    async def _welcome(self, wire: Wire) -> Frame | None:
        """Return the login that a connection began with, once it is admitted; None when it was turned away."""
        with self._strangers.place(wire.host):
            async with asyncio.timeout(self._limits.login_s):
                wire.allow(self._limits.login_bytes)
                first = await wire.next_frame(math.inf)
                if await self._is_welcome(wire, first):
                    return first
                await wire.send(build_denial(first))
                return None

    async def _is_welcome(self, wire: Wire, first: Frame) -> bool:
        if not _is_login(first):
            log.info("link %s: the first frame is no login", wire.peer)
            self._tally.note(Mishap.NO_LOGIN)
            return False
        address = address_of(first.terminal)
        if await self._is_rival(wire, address):
            await self._turn_rival_away(wire, address)
            return False
        try:
            admitted = await self._observer.admit(address, wire.host)
        except Rival:
            await self._turn_rival_away(wire, address)
            return False
        if admitted:
            return True
        log.warning("concentrator %s: login from %s refused", address, wire.peer)
        self._tally.note(Mishap.UNKNOWN_ADDRESS)
        await self._observer.refused(address)
        return False

    async def _turn_rival_away(self, wire: Wire, address: ConcentratorAddress) -> None:
        log.warning("concentrator %s: login from %s refused, it is on line from elsewhere", address, wire.peer)
        self._tally.note(Mishap.RIVAL)
        await self._observer.replaced(address)

    async def _is_rival(self, wire: Wire, address: ConcentratorAddress) -> bool:
        """Tell whether the concentrator of this address is on line from another host, and answers there."""
        older = self._pool.find(address)
        return older is not None and older.host != wire.host and await older.is_alive(self._limits.probe_s)

    async def _announce(self, session: Session, older: Session | None) -> None:
        log.info("concentrator %s: logged in from %s", session.address, session.peer)
        await self._observer.logged_in(session.address)
        if older is None:
            return
        older.close("link_replaced")
        if self._rivals.displaced(session.address, older.heard_at, session.heard_at):
            await self._observer.replaced(session.address)


async def _stop_listening(server: asyncio.Server) -> None:
    """Take nobody in any more. Whoever was accepted a moment ago is lost to asyncio, and stays open, if a server closes
    before it is his turn: so nothing more is accepted first, and then those have their turn.
    """
    for line in server.sockets:
        asyncio.get_running_loop().remove_reader(line.fileno())
    await asyncio.sleep(0)
    server.close()


def _is_login(frame: Frame) -> bool:
    if not (frame.control.starts and is_link(frame)):
        return False
    try:
        return isinstance(parse_link(frame, UTC), Login)
    except RemoteError:
        return False
