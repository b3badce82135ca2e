"""What a front-end tells the database of its links, and asks it about those who want to log in."""

import asyncio
import logging
from itertools import count, islice
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from app.context import Deps
from app.headend.bravely import bravely
from app.headend.claims import Claims
from app.headend.logins import HeldElsewhere, Logins
from app.ports import ConcentratorAddress
from app.services import frontends
from app.services.collection import events
from app.terminal_words import Report
from headend_client.errors import HeadEndError, Rival
from headend_client.listener import Listener
from headend_client.pool import Pool
from headend_client.session import Session

log = logging.getLogger(__name__)

BEAT_S = 3.0
_BEATS_A_ROUND = 5  # each so many beats the rows are compared with the links
_CLAIMS = 3  # times that a newcomer is tried again after a holder has let go
_LINKS_A_ROUND = 200  # of which is told what was dropped


class Archive:
    """Tells the database who is there. While the database is away nobody is let in, and links that are there stay."""

    def __init__(self, deps: Deps, name: str, pool: Pool) -> None:
        self._deps, self._name, self._pool = deps, name, pool
        self._came = asyncio.Event()
        self._logins = Logins(deps, name, lambda address: pool.find(address) is not None, self._came.set)
        self._claims = Claims(deps, name, pool)
        self._told_until = 0.0
        self._told_of: WeakKeyDictionary[Session, dict[str, int]] = WeakKeyDictionary()
        self.listener: Listener | None = None
        self.closing = False

    async def open(self) -> None:
        async with self._deps.begin() as db:
            await frontends.started(db, self._name, self._deps.now())

    async def close(self) -> None:
        async with bravely(self._name, "goodbye"), self._deps.begin() as db:
            await frontends.stopped(db, self._name)

    async def admit(self, address: ConcentratorAddress, host: str) -> bool:
        """Let a concentrator in; one whose link is elsewhere, as another front-end says, once that one was asked."""
        for _ in range(_CLAIMS):
            try:
                return await self._logins.admit(address, host)
            except HeldElsewhere:
                if await self._claims.is_proved_elsewhere(address):
                    raise Rival(f"{address} is on line elsewhere") from None
        raise HeadEndError("a link that moves faster than its holders can be asked")

    async def refused(self, address: ConcentratorAddress) -> None:
        """The question for staff was opened when the archive did not know the address."""

    async def replaced(self, address: ConcentratorAddress) -> None:
        async with bravely(self._name, "shared address"), self._deps.begin() as db:
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
        async with bravely(self._name, "events"), self._deps.begin() as db:
            await events.events_wait(db, address, self._deps.now())
        self._came.set()

    async def logged_in(self, address: ConcentratorAddress) -> None:
        """What waits for this link was woken when it was let in."""

    async def logged_out(self, address: ConcentratorAddress) -> None:
        """Free the concentrator, unless it is back already: a login of the same address may have overtaken us."""
        if not self.closing:
            self._logins.left(address)

    async def prove_for_ever(self) -> None:
        """Answer for our links what other front-ends ask."""
        await self._claims.prove_for_ever()

    async def write_for_ever(self) -> None:
        """Write down logins and logouts as they come."""
        await self._logins.write_for_ever()

    async def ring_for_ever(self) -> None:
        """Ring once for all the logins that came since the last time."""
        while True:
            await self._came.wait()
            self._came.clear()
            async with bravely(self._name, "ringing"):
                await self._deps.bell.ring_quietly()

    async def beat_for_ever(self) -> None:
        for beat in count():
            await self.beat(comparing=beat % _BEATS_A_ROUND == 0)
            await asyncio.sleep(BEAT_S)

    async def beat(self, *, comparing: bool) -> None:
        """Say that we live; now and then also from whom we heard, and that the rows agree with the links."""
        async with bravely(self._name, "beat"), self._deps.begin() as db:
            await frontends.beat(db, self._name, self._deps.now())
        if comparing:
            async with bravely(self._name, "comparison"):
                await self._compare()
            async with bravely(self._name, "what was dropped"):
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
