"""The door that concentrators dial into.

connection --(login within a time and a number of bytes)--> admit? --no--> AFN 00 F2, closed, reported
                                                             |
                                                            yes --> pool (a newer link replaces an older) --> session
"""

import asyncio
import logging
import math
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol

from headend_client.clock import Clock, utc_now
from headend_client.errors import HeadEndError
from headend_client.pool import Pool
from headend_client.rivals import Rivals
from headend_client.session import Session, address_of
from headend_client.target import ConcentratorAddress
from headend_client.timing import Timing
from headend_client.wire import NOISE, READ_BUFFER, Wire
from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.link import Login, build_confirm, build_denial, is_link, parse_link

log = logging.getLogger(__name__)
_BACKLOG = 1024  # a master that comes back is dialled by everybody at once


class Observer(Protocol):
    """Whoever keeps the archive and wants to know who is there."""

    async def admit(self, address: ConcentratorAddress) -> bool:
        """Say whether a concentrator may log in here; when this returns True, its link is in the pool at once.

        A HeadEndError ends the connection without an answer, so that it dials again.
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
    """What a stranger may take. `login_s`, `login_bytes`: to log in. `gap_s`: silence inside a frame (all links).

    `strangers`: connections without login at a time. `links`: all connections.
    """

    login_s: float = 20.0
    login_bytes: int = 512
    gap_s: float = 15.0
    strangers: int = 2000
    links: int = 20_000


class Listener:
    """Takes connections in, for as long as it is open."""

    def __init__(
        self, pool: Pool, observer: Observer, timing: Timing, limits: Limits = Limits(), now: Clock = utc_now
    ) -> None:
        self._pool, self._observer, self._timing, self._limits, self._now = pool, observer, timing, limits, now
        self._rivals = Rivals()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers = 0

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port, which is a free one if `port` is 0. Raises OSError."""
        self._server = await asyncio.start_server(self._enter, host, port, limit=READ_BUFFER, backlog=_BACKLOG)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def close(self) -> None:
        """Stop listening and end every link; return when all of them are ended."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= self._limits.links or self._strangers >= self._limits.strangers:
            writer.transport.abort()
            return
        self._tasks.add(task)
        wire = Wire(reader, writer, self._limits.gap_s)
        try:
            await self._attend(wire)
        except (HeadEndError, TimeoutError) as ended:
            log.info("link %s: ended before its login (%s)", wire.peer, str(ended) or "too_late")
        except asyncio.CancelledError:
            log.debug("link %s: the front-end closes", wire.peer)
        except Exception:
            log.exception("link %s: ended by an error", wire.peer)
        finally:
            wire.close()
            self._tasks.discard(task)

    async def _attend(self, wire: Wire) -> None:
        login = await self._welcome(wire)
        if login is None:
            return
        # From being admitted to being in the pool nothing may wait: whoever was admitted can be found.
        session = Session(wire, login.terminal, self._timing, self._now)
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

    async def _welcome(self, wire: Wire) -> Frame | None:
        """Return the login that a connection began with, once it is admitted; None when it was turned away."""
        self._strangers += 1
        try:
            async with asyncio.timeout(self._limits.login_s):
                wire.allow(self._limits.login_bytes)
                first = await wire.next_frame(math.inf)
                if await self._is_welcome(wire, first):
                    return first
                await wire.send(build_denial(first))
                return None
        finally:
            self._strangers -= 1

    async def _is_welcome(self, wire: Wire, first: Frame) -> bool:
        if not _is_login(first):
            log.info("link %s: the first frame is no login", wire.peer)
            return False
        address = address_of(first.terminal)
        if await self._observer.admit(address):
            return True
        log.warning("concentrator %s: login from %s refused", address, wire.peer)
        await self._observer.refused(address)
        return False

    async def _announce(self, session: Session, older: Session | None) -> None:
        log.info("concentrator %s: logged in from %s", session.address, session.peer)
        await self._observer.logged_in(session.address)
        if older is None:
            return
        older.close("link_replaced")
        if self._rivals.displaced(session.address, older.heard_at, session.heard_at):
            await self._observer.replaced(session.address)


def _is_login(frame: Frame) -> bool:
    if not (frame.control.starts and is_link(frame)):
        return False
    try:
        return isinstance(parse_link(frame, UTC), Login)
    except RemoteError:
        return False
