"""Keeps promises to send, some at a time: taken in one transaction, carried all at once, concluded as they end.

What breaks a batch is found by preparing each of its messages alone; the one that is at fault is set aside.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from time import monotonic

from sqlmodel.ext.asyncio.session import AsyncSession

from app import armful
from app.context import Deps
from app.domain.rules import NoticeRules
from app.outbox import Job, Taken
from app.services import rulebook
from app.services.send_pace import claim, give_back
from app.steady import transaction
from notifier import dispatch
from notifier.channels import Channels
from notifier.dispatch import Errand
from notifier.outcomes import Absent, Outcome, Sent

log = logging.getLogger(__name__)

_GOES_ON_S = 10  # then the hand is free for what the queue has meanwhile called more urgent
_TOGETHER_S = 0.05
"""So long the first answers wait for the others, to be recorded with them."""

Take = Callable[[AsyncSession], Awaitable[list[Taken]]]
Answer = tuple[Errand, Outcome | Absent]


async def send_all(deps: Deps, job: Job, note_ids: Sequence[int], channels: Channels) -> None:
    """Send the messages of these notes, and then whatever else is due of the job, until nothing is."""

    async def handed(db: AsyncSession) -> list[Taken]:
        return await armful.take(db, job, note_ids, deps.now(), deps.name)

    async def due(db: AsyncSession) -> list[Taken]:
        return await armful.take_due(db, job, deps.now(), deps.name)

    until = monotonic() + _GOES_ON_S
    take, taken = handed, True
    while taken and monotonic() < until:
        a_second = await _their_turn(deps, job, until)
        if a_second is None:
            return
        count = await _send_some(deps, take, channels)
        if a_second and count < armful.MOST:
            await transaction(deps, partial(give_back, count=armful.MOST - count, a_second=a_second))
        take, taken = due, count > 0


_UNBOUND = 0


async def _their_turn(deps: Deps, job: Job, until: float) -> int | None:
    """Wait until so many as are taken at once may go; return how many may a second, None where time is up before.

    All notifiers together keep to the rule. What somebody waits for is not bound by it.
    """
    if job is not Job.SEND_BULK:
        return _UNBOUND
    while True:
        async with deps.begin() as db:
            a_second = (await rulebook.rules(db, NoticeRules)).unasked_a_second
            wait_s = await claim(db, armful.MOST, a_second)
        if wait_s == 0:
            return a_second
        if monotonic() + wait_s > until:
            return None  # the notes are handed out anew
        await asyncio.sleep(wait_s)


async def _send_some(deps: Deps, take: Take, channels: Channels) -> int:
    """Take and send; return how many were taken."""
    held: list[Taken] = []
    try:
        async with deps.begin() as db:
            held = await take(db)
            errands = await dispatch.prepare(db, held, deps, channels) if held else []
    except Exception:
        if not held:
            raise
        log.exception("a batch of %s broke off; each of it alone", len(held))
        errands = [errand for note in held for errand in await _alone(deps, note, channels)]
    await _carry_all(deps, errands)
    return len(held)


async def _alone(deps: Deps, note: Taken, channels: Channels) -> list[Errand]:
    try:
        async with deps.begin() as db:
            held = await armful.take(db, Job.SEND_MESSAGE, [note.note_id], deps.now(), deps.name)
            return await dispatch.prepare(db, held, deps, channels)
    except Exception as error:
        log.exception("sending of note %s broke off", note.note_id)
        await _set_aside(deps, [note], error)
        return []


async def _set_aside(deps: Deps, notes: Iterable[Taken], error: Exception) -> None:
    ids, reason = [note.note_id for note in notes], f"sending broke off: {type(error).__name__}"
    await transaction(deps, lambda db: armful.set_aside(db, ids, deps.name, deps.now(), reason))


async def _carry_all(deps: Deps, errands: Sequence[Errand]) -> None:
    under_way = {asyncio.create_task(_carried(errand)) for errand in errands}
    try:
        while under_way:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            done, under_way = await asyncio.wait(under_way, timeout=_TOGETHER_S)
            again = await _conclude(deps, [task.result() for task in done])
            under_way |= {asyncio.create_task(_carried(errand)) for errand in again}
    finally:
        for task in under_way:
            task.cancel()


async def _carried(errand: Errand) -> Answer:
    return errand, await dispatch.carry(errand)  # no transaction is open


async def _conclude(deps: Deps, answers: Sequence[Answer]) -> list[Errand]:
    """Record answers, those that are alike in one transaction; return what is to be carried next."""
    sent = [(errand, word) for errand, word in answers if isinstance(word, Sent) and not word.found]
    again = []
    if sent:
        await transaction(deps, lambda db: dispatch.conclude_sent(db, sent, deps.now()))
    for errand, word in answers:
        if not isinstance(word, Sent) or word.found:
            again.append(await _conclude_one(deps, errand, word))
    return [errand for errand in again if errand is not None]


async def _conclude_one(deps: Deps, errand: Errand, word: Outcome | Absent) -> Errand | None:
    return await transaction(deps, lambda db: dispatch.conclude(db, errand, word, deps.now()))
