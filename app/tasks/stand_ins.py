"""The job and the round that tell whoever stands in for somebody who could not be reached."""

from app import outbox
from app.context import Ctx, Deps
from app.services import fall_back as chains
from app.steady import job


@job
async def fall_back(ctx: Ctx, note_id: int) -> None:
    """Tell the next contact of a chain, if there is one."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is None:
            return
        await chains.tell_stand_in(db, note, deps.now())
    await deps.bell.ring_quietly()


async def find_unheard(deps: Deps) -> None:
    """Look for messages that were sent and never reported as delivered, and for those that no provider would take."""
    async with deps.begin() as db:
        found = await chains.find_unheard(db, deps.now())
    async with deps.begin() as db:
        found += await chains.give_up_stuck(db, deps.now())
    if found:
        await deps.bell.ring_quietly()
