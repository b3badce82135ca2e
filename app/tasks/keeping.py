"""How a job keeps its promise: a short transaction, then the far end, then a short one (docs/architecture.md)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.steady import transaction

Errand = TypeVar("Errand")
Answer = TypeVar("Answer")


async def keep_promise(
    deps: Deps,
    note_id: int,
    prepare: Callable[[AsyncSession, int, datetime, str], Awaitable[Errand | None]],
    speak: Callable[[Errand], Awaitable[Answer]],
    conclude: Callable[[AsyncSession, Errand, Answer, datetime], Awaitable[None]],
) -> None:
    """Take the note and load what is needed, speak with no transaction open, and write down what was learned.

    `prepare` returns None where there is nothing to do; what it promised instead is handed out at once. What was
    learned bears the moment in which it was, however long the database is away after that.
    """
    async with deps.begin() as db:
        errand = await prepare(db, note_id, deps.now(), deps.name)
    if errand is not None:
        answer = await speak(errand)
        answered_at = deps.now()
        await transaction(deps, lambda db: conclude(db, errand, answer, answered_at))
    await deps.bell.ring_quietly()
