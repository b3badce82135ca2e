"""Keeps jobs steady while the database is away: what the wire has taught us is not lost with a connection."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from math import inf
from typing import TypeVar

from asyncpg import CannotConnectNowError, PostgresConnectionError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Ctx, Deps
from app.ports import patience

log = logging.getLogger(__name__)
Result = TypeVar("Result")
JobFunction = Callable[[Ctx, int], Awaitable[None]]

AWAY = (DBAPIError, OSError, TimeoutError, PostgresConnectionError, CannotConnectNowError)
_WAITS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 15.0, 15.0)
_BROKE_OFF = timedelta(seconds=2)


async def transaction(deps: Deps, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    """Run `work` in one transaction, again while the database is away; the last try's error is raised.

    `work` must bear repetition, also after a commit whose answer was lost: jobs are fenced by their note.
    """
    for wait in _WAITS_S:
        try:
            async with deps.begin() as db:
                return await work(db)
        except IntegrityError:
            raise
        except AWAY as error:
            log.warning("database away (%s); again in %.1f s", type(error).__name__, wait)
            await asyncio.sleep(wait)
    async with deps.begin() as db:
        return await work(db)


def job(function: JobFunction) -> JobFunction:
    """A job that breaks off puts its note back and says why; the queue itself never repeats anything.

    No verb goes on for longer than leaves time to write down what the wire taught it.
    """

    @functools.wraps(function)
    async def steadied(ctx: Ctx, note_id: int) -> None:
        deps = ctx["deps"]
        try:
            with patience(_patience_s(function.__name__)):
                await function(ctx, note_id)
        except Exception as error:
            log.exception("%s of note %s broke off", function.__name__, note_id)
            reason = f"{function.__name__} broke off: {type(error).__name__}"
            due = deps.now() + _BROKE_OFF
            await transaction(deps, lambda db: outbox.let_go(db, note_id, deps.name, due, reason))

    return steadied


def _patience_s(name: str) -> float:
    """How long the verbs of a job may take in all; one that speaks to nobody may take its time."""
    queue = outbox.QUEUES.get(outbox.Job(name)) if name in set(outbox.Job) else None
    if queue not in (outbox.FRONT_END, outbox.ROUTINE):
        return inf
    return (outbox.TIMEOUTS[queue] - outbox.CONCLUDING).total_seconds()
