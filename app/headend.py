"""Where the product and the head end meet: a front-end process is put together here, and nowhere else.

concentrators --> listener --> pool --> driver = gateway of the jobs
                     |
                  observer --> services.frontends, and the bell after a login
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count, islice
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from app.context import Deps
from app.ports import ConcentratorAddress, Gateway, SecurityModule
from app.services import frontends
from app.services.collection import events
from app.settings import Settings
from app.terminal_words import Report
from headend_client.drivers import DRIVERS
from headend_client.errors import HeadEndError, KeyFileError
from headend_client.explain import explain
from headend_client.keyfile import read_keys, write_key_file
from headend_client.listener import Listener
from headend_client.opening import SecurityWish, examine, open_security_module
from headend_client.pool import Pool
from headend_client.prism.config import Amounts, Dialect, PrismConfig, PrismPlace
from headend_client.session import Session
from headend_client.switchboard import Switchboard
from headend_client.timing import Timing

__all__ = [
    "FrontEndServer",
    "HeadEndError",
    "build_gateway",
    "examine_security",
    "explain",
    "make_key_file",
    "open_security",
]

log = logging.getLogger(__name__)

BEAT_S = 3.0
_BEATS_A_ROUND = 5  # each so many beats the rows are compared with the links
_LOCKS = 64
_LINKS_A_ROUND = 200  # of which is told what was dropped


def make_key_file(settings: Settings, text: str, *, overwrite: bool = False) -> str:
    """Seal keys (as `headend_client.keyfile.read_keys` reads them) into the key file; return what was done, in words.

    Raises KeyFileError.
    """
    path = settings.key_file
    if path.exists() and not overwrite:
        raise KeyFileError(f"{path} is there already: without its keys no meter takes credit any more")
    keys = read_keys(text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_key_file(path, settings.key_passphrase.get_secret_value(), keys)
    except OSError as error:
        raise KeyFileError(
            f"the key file {path} cannot be written ({error.strerror}): check RELIGHT_KEY_FILE"
        ) from None
    return f"{path}: {len(keys.vending)} vending keys sealed"


async def open_security(settings: Settings) -> SecurityModule:
    """Open the security module that the settings name; its journal of tokens lies beside the key file.

    Raises HeadEndError, which says what to set.
    """
    return await open_security_module(_wish(settings))


async def examine_security(settings: Settings) -> str:
    """Open the security module and ask it how it is; return what is wrong, empty: nothing. Raises HeadEndError."""
    return await examine(_wish(settings))


def _wish(settings: Settings) -> SecurityWish:
    place = PrismPlace(
        host=settings.prism_host,
        port=settings.prism_port,
        realm=settings.prism_realm,
        user=settings.prism_user,
        password=settings.prism_password.get_secret_value(),
        ca_file=settings.prism_ca_file,
        name=settings.prism_name,
    )
    dialect = Dialect(settings.prism_base_year, Amounts(settings.prism_amounts))
    return SecurityWish(
        settings.security_module,
        settings.key_file,
        settings.key_passphrase.get_secret_value(),
        settings.sta_tables,
        PrismConfig(place, dialect),
    )


def build_gateway(pool: Pool, security: SecurityModule, settings: Settings, now: Callable[[], datetime]) -> Gateway:
    """Return the verbs over the links of this process."""
    zone = ZoneInfo(settings.timezone)
    return Switchboard({name: make(pool, security, zone, now) for name, make in DRIVERS.items()})


class FrontEndServer:
    """One front-end: the links of its concentrators, and what the database says of them."""

    def __init__(self, deps: Deps, name: str, security: SecurityModule, timing: Timing | None = None) -> None:
        settings = deps.settings
        self._where = settings.frontend_host, settings.frontend_port
        self._name, pool = name, Pool()
        self._archive = _Archive(deps, name, pool)
        timing = timing or Timing(heartbeat_s=settings.heartbeat_s)
        self._listener = self._archive.listener = Listener(pool, self._archive, timing, now=deps.now)
        self.gateway = build_gateway(pool, security, settings, deps.now)
        self.port = 0
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Listen and beat until cancelled; then end every link and say so. `ready` is set once `port` listens.

        Raises HeadEndError if the port is taken, or the database's errors if it cannot be told of the start.
        """
        await self._archive.open()
        self.port = await self._listen()
        log.info("front-end %s listens on %s:%d", self._name, self._where[0], self.port)
        self.ready.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._archive.beat_for_ever())
                group.create_task(self._archive.ring_for_ever())
        finally:
            self._archive.closing = True
            await self._listener.close()
            await self._archive.close()

    async def _listen(self) -> int:
        host, port = self._where
        try:
            return await self._listener.open(host, port)
        except OSError as error:
            advice = "check RELIGHT_FRONTEND_HOST and RELIGHT_FRONTEND_PORT"
            raise HeadEndError(f"concentrators cannot dial into {host}:{port} ({error.strerror}): {advice}") from error


class _Archive:
    """Tells the database who is there. While the database is away nobody is let in, and links that are there stay."""

    def __init__(self, deps: Deps, name: str, pool: Pool) -> None:
        self._deps, self._name, self._pool = deps, name, pool
        self._locks = tuple(asyncio.Lock() for _ in range(_LOCKS))
        self._came = asyncio.Event()
        self._told_until = 0.0
        self._told_of: WeakKeyDictionary[Session, dict[str, int]] = WeakKeyDictionary()
        self.listener: Listener | None = None
        self.closing = False

    async def open(self) -> None:
        async with self._deps.begin() as db:
            await frontends.started(db, self._name, self._deps.now())

    async def close(self) -> None:
        async with self._bravely("goodbye"), self._deps.begin() as db:
            await frontends.stopped(db, self._name)

    async def admit(self, address: ConcentratorAddress) -> bool:
        try:
            async with self._alone_with(address), self._deps.begin() as db:
                if not await frontends.logged_in(db, address, self._name, self._deps.now()):
                    return False
                await events.events_wait(db, address, self._deps.now(), events.REST)
                return True
        except Exception as error:  # the drivers of databases do not agree on what they raise
            raise HeadEndError(f"no archive to ask: {type(error).__name__}") from error

    async def refused(self, address: ConcentratorAddress) -> None:
        """The question for staff was opened when the archive did not know the address."""

    async def replaced(self, address: ConcentratorAddress) -> None:
        async with self._bravely("shared address"), self._deps.begin() as db:
            await frontends.shared_address(db, address, self._name, self._deps.now())

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self._deps.settings.timezone)

    async def reported(self, address: ConcentratorAddress, report: Report) -> None:
        """Keep what is reported; while the database is away it is not confirmed, and comes again."""
        try:
            async with self._deps.begin() as db:
                await events.reported(db, address, report, self._deps.now())
        except Exception as error:
            raise HeadEndError(f"no archive for a report: {type(error).__name__}") from error
        self._came.set()

    async def events_waiting(self, address: ConcentratorAddress) -> None:
        async with self._bravely("events"), self._deps.begin() as db:
            await events.events_wait(db, address, self._deps.now())
        self._came.set()

    async def logged_in(self, address: ConcentratorAddress) -> None:
        self._came.set()

    async def logged_out(self, address: ConcentratorAddress) -> None:
        """Free the concentrator, unless it is back already: a login of the same address may have overtaken us."""
        if self.closing:
            return
        async with self._bravely("logout"), self._alone_with(address):
            if self._pool.find(address) is None:
                async with self._deps.begin() as db:
                    await frontends.logged_out(db, address, self._name)

    async def ring_for_ever(self) -> None:
        """Ring once for all the logins that came since the last time."""
        while True:
            await self._came.wait()
            self._came.clear()
            async with self._bravely("ringing"):
                await self._deps.bell.ring_quietly()

    async def beat_for_ever(self) -> None:
        for beat in count():
            await self.beat(comparing=beat % _BEATS_A_ROUND == 0)
            await asyncio.sleep(BEAT_S)

    async def beat(self, *, comparing: bool) -> None:
        """Say that we live; now and then also from whom we heard, and that the rows agree with the links."""
        async with self._bravely("beat"), self._deps.begin() as db:
            await frontends.beat(db, self._name, self._deps.now())
        if comparing:
            async with self._bravely("comparison"):
                await self._compare()
            async with self._bravely("what was dropped"):
                await self._tell_dropped()

    async def _compare(self) -> None:
        asked_at, now = asyncio.get_running_loop().time(), self._deps.now()
        sessions = self._pool.sessions()
        fresh = [session.address for session in sessions if session.heard_at > self._told_until]
        async with self._deps.begin() as db:
            await frontends.heard(db, fresh, now)
            outcasts = await frontends.outcasts(db, [session.address for session in sessions])
            found = await frontends.reconcile(db, [session.address for session in sessions], self._name, now)
        self._told_until = asked_at
        for session in sessions:
            if session.address in outcasts:
                session.close("not_in_archive")
        for address in found:
            self._came.set()
            await self.logged_out(address)  # if its link has gone while we compared

    async def _tell_dropped(self) -> None:
        """Say what was refused and dropped; of links only where it is more than the last time."""
        counts = {session: session.counts() for session in self._pool.sessions()}
        news = {session: of_link for session, of_link in counts.items() if of_link != self._told_of.get(session, {})}
        if self.listener is None:
            return
        of_links = {session.address: of_link for session, of_link in islice(news.items(), _LINKS_A_ROUND)}
        async with self._deps.begin() as db:
            await frontends.dropped(db, self._name, self.listener.counts(), of_links)
        self._told_of.update(islice(news.items(), _LINKS_A_ROUND))

    def _alone_with(self, address: ConcentratorAddress) -> asyncio.Lock:
        """Logins and logouts of one address are recorded one after the other, in the order in which they happened."""
        return self._locks[hash(address) % _LOCKS]

    @asynccontextmanager
    async def _bravely(self, what: str) -> AsyncIterator[None]:
        """Do without the database for now: the next comparison mends what was not recorded."""
        try:
            yield
        except Exception as error:
            log.warning("front-end %s: %s did not work (%s)", self._name, what, type(error).__name__)
