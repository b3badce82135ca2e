"""An ear at the database: hears whose story has moved on, the moment its facts are committed."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, cast

from app.db import make_engine

log = logging.getLogger(__name__)

CHANNEL = "story"  # as in migration 0004
_PULSE_S = 5.0  # a line that is dead without a word is noticed after this
_AGAIN_S = 0.5


class Listener(Protocol):
    """Who is told. `hear`: the story of this payment or purchase has moved on."""

    def begin(self) -> None:
        """From now on everything is heard."""

    def hear(self, subject: str) -> None:
        """Facts about `subject` (the id of a payment or a purchase) were committed."""

    def lose(self) -> None:
        """From now on nothing is heard, until `begin`."""


class _Line(Protocol):
    """The part of an asyncpg connection that is used here."""

    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None: ...

    def add_termination_listener(self, callback: Callable[..., None]) -> None: ...

    async def execute(self, query: str) -> str: ...


async def listen_for_ever(database_url: str, listener: Listener) -> None:
    """Keep one connection that listens, and open another when it dies. Ends by being cancelled."""
    while True:
        try:
            await _listen(database_url, listener)
        except Exception as error:  # whatever it is: pages go on looking for themselves meanwhile
            log.warning("not listening to the database (%s); trying again", type(error).__name__)
        finally:
            listener.lose()
        await asyncio.sleep(_AGAIN_S)


async def _listen(database_url: str, listener: Listener) -> None:
    """Raises when the connection has died."""
    engine = make_engine(database_url, pool_size=1)
    try:
        async with engine.connect() as connection:
            line = cast(_Line, (await connection.get_raw_connection()).driver_connection)
            await line.add_listener(CHANNEL, lambda _line, _pid, _channel, subject: listener.hear(str(subject)))
            gone = asyncio.Event()
            line.add_termination_listener(lambda _: gone.set())
            listener.begin()
            while not await _set_within(gone, _PULSE_S):
                await line.execute("select 1")
    finally:
        await engine.dispose()


async def _set_within(event: asyncio.Event, limit_s: float) -> bool:
    try:
        async with asyncio.timeout(limit_s):
            return await event.wait()
    except TimeoutError:
        return False
