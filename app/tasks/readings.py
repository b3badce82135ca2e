"""Jobs that read meters: one because somebody asks, all of them once a day."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Ctx, Deps
from app.ports import FrameRecord, Readings, Refused, Unreachable
from app.services import polls
from app.services.archive import curves
from app.services.archive.curves import CurveAsk
from app.services.collection import rounds, singly
from app.services.collection.rounds import NO_LINK, Ask, Round, Walked
from app.services.collection.singly import Due, Said
from app.steady import job, transaction
from app.tasks import days, together
from app.tasks.days import Told
from app.tasks.keeping import keep_promise
from app.terminal_words import CollectCurves, CollectDay, PointCurve

log = logging.getLogger(__name__)

_NOT_OFFERED = "not_offered"
_BUDGET_S = 200  # a long round is broken off in good time and goes on under its next taking


@job
async def read_balance(ctx: Ctx, note_id: int) -> None:
    """Read one meter now."""
    deps = ctx["deps"]
    await keep_promise(deps, note_id, polls.prepare, partial(polls.ask, deps.head_end), polls.conclude)


async def plan_daily(deps: Deps) -> None:
    """Promise today's round of every concentrator; to be called often, it promises once a day."""
    async with deps.begin() as db:
        promised = await rounds.plan(db, ZoneInfo(deps.settings.timezone), deps.now())
    if promised:
        await deps.bell.ring_quietly()


@job
async def read_daily(ctx: Ctx, note_id: int) -> None:
    """Fetch what one concentrator has frozen of its meters, and ask those that it does not tell of. May run twice."""
    deps = ctx["deps"]
    ends_at = asyncio.get_running_loop().time() + _BUDGET_S
    zone = ZoneInfo(deps.settings.timezone)
    async with deps.begin() as db:
        round_ = await rounds.prepare(db, note_id, zone, deps.now(), deps.name)
    if round_ is None:
        return
    walked = Walked()
    await _collect(deps, round_, walked, ends_at)
    if not walked.no_link:
        await _walk(deps, round_, walked, ends_at)
    if not walked.no_link:
        await _draw(deps, round_, walked, ends_at)
    await transaction(deps, lambda db: rounds.conclude(db, round_, walked, deps.now()))
    # What a round leads to can wait for the bell that rings by itself: a town's thousand would ring it all the time.


async def _collect(deps: Deps, round_: Round, walked: Walked, ends_at: float) -> None:
    """Ask the concentrator for day after day, each answer stored by itself; one that falls silent is not asked on."""
    for ask in round_.asks:
        if asyncio.get_running_loop().time() > ends_at:
            walked.broke_off = True
            return
        try:
            goes_on = await _collect_one(deps, round_, ask)
        except Unreachable as error:
            walked.no_link = error.reason == NO_LINK
            return
        if not goes_on:
            return


async def _collect_one(deps: Deps, round_: Round, ask: Ask) -> bool:
    """Ask for one day; say whether there is any use in asking for another. Raises Unreachable."""
    zone, frames = ZoneInfo(deps.settings.timezone), list[FrameRecord]()
    said = await deps.head_end.command(round_.place, CollectDay(ask.points, ask.day), frames)
    told = said.days if isinstance(said, Readings) else ()
    figures = rounds.figures_of(round_, ask, told, zone)
    await days.keep(deps, Told(figures, frames, rounds.about(round_)))
    rounds.strike(round_, ask, figures)
    return isinstance(said, Readings) or (isinstance(said, Refused) and said.code != _NOT_OFFERED)


async def _draw(deps: Deps, round_: Round, walked: Walked, ends_at: float) -> None:
    """Ask for the curves of master meters, after all meters: nobody's light hangs on them. What is not told now is
    asked for again tomorrow, as long as the scheme fills days."""
    for ask in round_.curves:
        if asyncio.get_running_loop().time() > ends_at:
            walked.broke_off = True
            return
        frames: list[FrameRecord] = []
        order = CollectCurves(ask.point, ask.day, ask.minutes, tuple(ask.quantities))
        try:
            said = await deps.head_end.command(round_.place, order, frames)
        except Unreachable as error:
            walked.no_link = error.reason == NO_LINK
            return
        told = said.curves if isinstance(said, Readings) else ()
        await transaction(deps, partial(_keep_curves, deps, round_, (ask, frames, told)))
        if said == Refused(_NOT_OFFERED):
            return


async def _keep_curves(
    deps: Deps, round_: Round, asked: tuple[CurveAsk, list[FrameRecord], Sequence[PointCurve]], db: AsyncSession
) -> None:
    ask, frames, told = asked
    await rounds.keep_frames(db, round_, frames)
    await curves.record(db, ask, [each for each in told if each.point == ask.point], deps.now())


async def _walk(deps: Deps, round_: Round, walked: Walked, ends_at: float) -> None:
    """Ask meter by meter, each stored by itself."""
    async with deps.begin() as db:
        left = await singly.rest(db, round_, ZoneInfo(deps.settings.timezone), deps.now())
    if together.offered(round_):
        left = await together.ask_many(deps, round_, left, walked, ends_at)
    walked.missed.extend(left.missed)
    for due in left.due:
        if walked.no_link or asyncio.get_running_loop().time() > ends_at:
            walked.broke_off = not walked.no_link
            break
        try:
            if not await _ask_one(deps, due):
                walked.missed.append(due.number)
        except Unreachable:
            walked.no_link = True
            break
    if walked.missed:
        log.info("daily round: %d of %d meters did not answer", len(walked.missed), len(left.due) + len(left.missed))


async def _ask_one(deps: Deps, due: Due) -> bool:
    """Say whether yesterday is known now. Raises Unreachable where there is no link."""
    said = Said(deps.now())
    try:
        await singly.ask(deps.head_end, due, said)
    except Unreachable as error:
        if error.reason == NO_LINK:
            raise
        said.silent = True
    answered_at, zone = deps.now(), ZoneInfo(deps.settings.timezone)
    await transaction(deps, lambda db: singly.record(db, due, said, zone, answered_at))
    return said.satisfies(due)
