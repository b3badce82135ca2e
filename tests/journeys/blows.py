"""Blows that fall at moments: who is killed when, and programs that are held in the middle of what they are doing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum

from sqlalchemy import text

from app.steady import AWAY
from tests.journeys.living import Living, Victim
from tests.journeys.terminal import Street

Act = Callable[[], Awaitable[bool]]
Plan = Mapping[StrEnum, Sequence[str]]
"""Who dies at which moment of a story."""
STREET = "the street"
"""The concentrator of a story and its meters, beside the programs and engines that `Victim` names."""
EVERYBODY = (Victim.WEB, Victim.NORTH, Victim.OFFICE, Victim.VALKEY, Victim.POSTGRES, STREET)
"""Whoever takes part in bringing what was bought into a meter."""

_WAITS = text("select exists (select 1 from pg_locks where not granted and relation = cast(:table as regclass))")


class Blows:
    """Kills at each moment of a story those whose turn it is, and has them come back."""

    def __init__(self, living: Living, street: Street, plan: Plan) -> None:
        self.living, self.street, self._plan = living, street, plan

    async def fall(self, moment: StrEnum) -> None:
        """Kill whoever is to die at this moment; return once they are back."""
        await self.strike(moment)
        await self.revive(moment)

    async def fall_in(self, moment: StrEnum, table: str, act: Act, words: str) -> None:
        """Kill in the middle of the transaction of `act`: when it is about to write to a table. It is done again and
        again until it says that it is done."""
        async with held(self.living, table):
            doing = asyncio.ensure_future(self.living.until(act, words))
            try:
                await self.living.until(lambda: waits_for(self.living, table), f"{moment}: it writes to {table}")
                await self.strike(moment)
            except BaseException:
                doing.cancel()
                raise
        await self.revive(moment)
        await doing

    async def strike(self, moment: StrEnum) -> None:
        """Kill whoever is to die at this moment, and let nothing of theirs rest yet."""
        for name in self._plan.get(moment, ()):
            await (self.street.kill() if name == STREET else self.living.strike(Victim(name)))

    async def revive(self, moment: StrEnum) -> None:
        """Return once they are back: programs by their supervisor, engines by us."""
        for name in self._plan.get(moment, ()):
            if name != STREET:
                await self.living.revive(Victim(name))
                await self.living.until(lambda: self._rests(Victim(name)), f"{name} lets go")  # noqa: B023
            else:
                await self.living.until(self.street.answers, "the street is there again")

    async def _rests(self, victim: Victim) -> bool:
        await self.living.let_rest(victim)
        return True


@asynccontextmanager
async def held(living: Living, table: str) -> AsyncIterator[None]:
    """Whoever writes to this table waits for the end of the block, in the middle of its transaction.

    Unless the database is killed in the block: then the lock is gone with it.
    """
    holds, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        with contextlib.suppress(*AWAY):
            async with living.deps.begin() as db:
                await db.execute(text(f"lock table {table} in share mode"))
                holds.set()
                await over.wait()

    holding = asyncio.ensure_future(hold())

    async def is_held() -> bool:
        nonlocal holding
        if holding.done() and not holds.is_set():  # the database was just coming back
            holding = asyncio.ensure_future(hold())
        return holds.is_set()

    try:
        await living.until(is_held, f"nobody writes to {table}")
        yield
    finally:
        over.set()
        await holding


async def waits_for(living: Living, table: str) -> bool:
    """Does somebody wait to write to a table?"""
    async with living.deps.begin() as db:
        return (await db.execute(_WAITS, {"table": table})).scalar_one() is True


async def is_writing(living: Living, table: str, is_done: Act) -> bool:
    """Is somebody about to write to a held table? Or done with it: the database has died since, and holds nobody."""
    return await waits_for(living, table) or await is_done()
