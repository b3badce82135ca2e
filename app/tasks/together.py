"""The part of a daily round in which an existing head end is asked about many meters in one task."""

import asyncio
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.domain.dialling import Way
from app.ports import FrameRecord, Readings, Unreachable
from app.services.collection import many, rounds, singly
from app.services.collection.many import Many, Told
from app.services.collection.rounds import NO_LINK, Round, Walked
from app.services.collection.singly import Rest
from app.steady import transaction
from app.terminal_words import MeterWord


def offered(round_: Round) -> bool:
    """May many meters of this place be asked for in one task?"""
    return round_.place.driver == Way.AMI


async def ask_many(deps: Deps, round_: Round, left: Rest, walked: Walked, ends_at: float) -> Rest:
    """Ask task by task, each answer stored by itself, as long as each tells of anybody; return who is left to be asked
    alone. A head end that knows no such task leaves all of them."""
    told: set[Told] = set()
    while (ask := many.ask_for(left, told)) is not None:
        if asyncio.get_running_loop().time() > ends_at:
            break
        try:
            said = await _ask(deps, round_, ask)
        except Unreachable as error:
            walked.no_link = str(error) == NO_LINK
            break
        new = many.told_of(ask, said)
        if not new:  # nor would it tell of anybody the next time
            break
        told |= new
    if not told:
        return left
    async with deps.begin() as db:
        rest = await singly.rest(db, round_, ZoneInfo(deps.settings.timezone), deps.now())
    return many.still_due(rest, told)


async def _ask(deps: Deps, round_: Round, ask: Many) -> tuple[MeterWord, ...]:
    """Ask once, and keep what was said. Raises Unreachable."""
    frames: list[FrameRecord] = []
    answer = await deps.head_end.command(round_.place, ask.order, frames)
    said = answer.meters if isinstance(answer, Readings) else ()
    answered_at, zone = deps.now(), ZoneInfo(deps.settings.timezone)

    async def keep(db: AsyncSession) -> None:
        await rounds.keep_frames(db, round_, frames)
        await many.record(db, ask, said, zone, answered_at)

    await transaction(deps, keep)
    return said
