"""Keeps what concentrators told of their days: several of them in a transaction, as they come.

A round brings some dozen meters at a time, and a transaction of its own costs as much as its rows. Here nobody waits
for company: whoever comes while nothing is written is written at once, and what comes meanwhile goes together. What
cannot be kept with others is tried again by itself, so that one never delays another. Nobody is told before the commit.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.ports import FrameRecord
from app.services import exchanges
from app.services.collection.figures import DayFigure, store
from app.steady import transaction

log = logging.getLogger(__name__)

_AT_ONCE = 3
_MOST_FIGURES = 4_000  # their meters stay locked for a tenth of a second: whoever pays meanwhile waits no longer


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: the figures in it, its frames, and what they were exchanged for."""

    figures: Sequence[DayFigure]
    frames: Sequence[FrameRecord]
    about: exchanges.About


@dataclass(frozen=True, slots=True)
class _Waiting:
    told: Told
    kept: "asyncio.Future[None]"


@dataclass(slots=True)
class DayWriter:
    """What waits to be kept in one process, and who writes it."""

    _waiting: list[_Waiting] = field(default_factory=list)
    _hands: set["asyncio.Task[None]"] = field(default_factory=set)
    _writing: int = 0

    async def keep(self, deps: Deps, told: Told) -> None:
        """Return when it is committed; raise what a transaction of its own raised in the end."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(told, kept))
        if self._writing < _AT_ONCE:
            self._writing += 1
            self._begin(self._write(deps))
        await kept

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        hand = asyncio.get_running_loop().create_task(work)
        self._hands.add(hand)
        hand.add_done_callback(self._hands.discard)

    async def _write(self, deps: Deps) -> None:
        try:
            while self._waiting:
                await self._write_some(deps, self._take())
        finally:
            self._writing -= 1

    def _take(self) -> list[_Waiting]:
        """The first that waits, and as many behind it as there is room for."""
        figures, count = 0, 0
        for each in self._waiting:
            figures += len(each.told.figures)
            if count and figures > _MOST_FIGURES:
                break
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    async def _write_some(self, deps: Deps, some: Sequence[_Waiting]) -> None:
        try:
            async with deps.begin() as db:
                await _store(db, [each.told for each in some])
        except Exception as error:  # one of them, or the database: each finds out by itself
            log.warning("%d answers not kept together (%s)", len(some), type(error).__name__)
            for each in some:
                self._begin(_write_alone(deps, each))
            return
        for each in some:
            _tell(each.kept, lambda kept: kept.set_result(None))


async def _write_alone(deps: Deps, one: _Waiting) -> None:
    try:
        await transaction(deps, lambda db: _store(db, [one.told]))
    except Exception as error:
        raised = error
        _tell(one.kept, lambda kept: kept.set_exception(raised))
        return
    _tell(one.kept, lambda kept: kept.set_result(None))


def _tell(kept: "asyncio.Future[None]", said: Callable[["asyncio.Future[None]"], None]) -> None:
    if not kept.done():  # whoever asked may have been called off meanwhile
        said(kept)


async def _store(db: AsyncSession, told: Sequence[Told]) -> None:
    await exchanges.store_all(db, [(each.frames, each.about) for each in told])
    await store(db, [figure for each in told for figure in each.figures])


_WRITERS: WeakKeyDictionary[object, DayWriter] = WeakKeyDictionary()


async def keep(deps: Deps, told: Told) -> None:
    """Keep one answer by the writer of this process, which is whoever works with the same connections."""
    await _WRITERS.setdefault(deps.begin, DayWriter()).keep(deps, told)
