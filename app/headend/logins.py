"""Logins and logouts written down: those that wait at the same moment in one transaction, each address in its order.

admit, left --> queue --> one transaction --> answers --> another: what waits for these links is due, the bell

A single login is written at once. A storm of them, when a front-end starts again, fills the queue while a transaction
is under way, so that the next one takes hundreds.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app import outbox
from app.context import Deps
from app.ports import ConcentratorAddress
from app.services import frontends
from app.services.collection import events
from headend_client.errors import HeadEndError

log = logging.getLogger(__name__)

MOST = 500  # in one transaction, which is over in a fraction of a second
ASKED_A_SECOND = 20  # newcomers that are asked for their events


class HeldElsewhere(Exception):
    """Another living front-end says to hold the link of whoever logs in, who came there from another host."""


@dataclass(frozen=True, slots=True)
class _Word:
    """Somebody asks to be let in, and waits for the answer in `comes`; or is gone, without one."""

    address: ConcentratorAddress
    comes: asyncio.Future[bool] | None = None
    host: str = ""

    @property
    def is_waited_for(self) -> bool:
        return self.comes is not None and not self.comes.done()


class Logins:
    """The queue of one front-end. `is_here`: has an address a link here? `woken`: called when there is work to do."""

    def __init__(
        self, deps: Deps, name: str, is_here: Callable[[ConcentratorAddress], bool], woken: Callable[[], None]
    ) -> None:
        self._deps, self._name, self._is_here, self._woken = deps, name, is_here, woken
        self._words: deque[_Word] = deque()
        self._some = asyncio.Event()
        self._to_wake: set[UUID] = set()
        self._asked_until: datetime | None = None

    async def admit(self, address: ConcentratorAddress, host: str = "") -> bool:
        """Let a concentrator in, if the archive knows it: that is written down by then. `host`: from where it comes.

        Raises HeldElsewhere where another front-end has to say first how its link is; HeadEndError.
        """
        word = _Word(address, asyncio.get_running_loop().create_future(), host)
        self._put(word)
        assert word.comes is not None  # noqa: S101  (as it was made)
        return await word.comes

    def left(self, address: ConcentratorAddress) -> None:
        """The link of an address is gone: it is freed soon, unless it is back by then."""
        self._put(_Word(address))

    async def write_for_ever(self) -> None:
        """Write down what comes, until cancelled."""
        while True:
            await self._some.wait()
            await self._write(self._next())
            # Whoever has been let in is in the pool before anybody asks whether that address is here.
            await asyncio.sleep(0)

    def _put(self, word: _Word) -> None:
        self._words.append(word)
        self._some.set()

    def _next(self) -> list[_Word]:
        """Take what can be written together: of one address one word, the next one later."""
        batch: dict[ConcentratorAddress, _Word] = {}
        while self._words and len(batch) < MOST and self._words[0].address not in batch:
            word = self._words.popleft()
            batch[word.address] = word
        if not self._words:
            self._some.clear()
        return list(batch.values())

    async def _write(self, batch: list[_Word]) -> None:
        coming = [word for word in batch if word.is_waited_for]
        going = [word.address for word in batch if word.comes is None and not self._is_here(word.address)]
        try:
            known = await self._record({word.address: word.host for word in coming}, going)
        except Exception as error:  # the drivers of databases do not agree on what they raise
            log.warning("front-end %s: logins are not written (%s)", self._name, type(error).__name__)
            _fail(coming, type(error).__name__)
            return
        self._to_wake.update(known.values())
        turned_away = [word for word in coming if word.address not in known]
        self._answer([word for word in coming if word.address in known], admitted=True)
        await self._bravely(self._wake)
        if turned_away:
            await self._turn_away(turned_away)

    async def _turn_away(self, words: list[_Word]) -> None:
        """Tell strangers from those that another front-end says to hold; staff are asked about the former."""
        held: set[ConcentratorAddress] = set()
        try:
            async with self._deps.begin() as db:
                addresses, now = [word.address for word in words], self._deps.now()
                held = await frontends.held_elsewhere(db, addresses, self._name, now)
                await frontends.ask_about_strangers(
                    db, [each for each in addresses if each not in held], self._name, now
                )
        except Exception as error:
            log.warning("front-end %s: after logins: %s", self._name, type(error).__name__)
        for word in words:
            if word.address in held and word.is_waited_for and word.comes is not None:
                word.comes.set_exception(HeldElsewhere())
        self._answer([word for word in words if word.address not in held], admitted=False)

    async def _record(
        self, coming: dict[ConcentratorAddress, str], going: list[ConcentratorAddress]
    ) -> dict[ConcentratorAddress, UUID]:
        if not coming and not going:
            return {}
        async with self._deps.begin() as db:
            if going:
                await frontends.let_go(db, going, self._name)
            return await frontends.let_in(db, coming, self._name, self._deps.now()) if coming else {}

    def _answer(self, words: list[_Word], *, admitted: bool) -> None:
        for word in words:
            if word.is_waited_for and word.comes is not None:
                word.comes.set_result(admitted)
            elif admitted:
                self.left(word.address)  # hung up while it was written down

    async def _wake(self) -> None:
        """In a transaction of its own, which holds no concentrator: jobs lock their note first, and so does this."""
        ids, now = frozenset(self._to_wake), self._deps.now()
        if not ids:
            return
        async with self._deps.begin() as db:
            await outbox.wake_all(db, ids, now)
            moment = self._moment(len(ids), now)
            await events.events_of_newcomers(db, ids, moment)
        self._to_wake -= ids
        self._asked_until = moment.due + moment.spread
        self._woken()

    def _moment(self, newcomers: int, now: datetime) -> events.Moment:
        """When newcomers are asked for their events: a few at once; ten thousand so that logins have the processor."""
        since = now if self._asked_until is None else max(now, self._asked_until)
        return events.Moment(now, since, timedelta(seconds=newcomers // ASKED_A_SECOND))

    async def _bravely(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do without it for now: what was not woken is woken with the next logins, or when its time has come."""
        try:
            await work()
        except Exception as error:
            log.warning("front-end %s: after logins: %s", self._name, type(error).__name__)


def _fail(coming: list[_Word], reason: str) -> None:
    for word in coming:
        if word.is_waited_for and word.comes is not None:
            word.comes.set_exception(HeadEndError(f"no archive to ask: {reason}"))
