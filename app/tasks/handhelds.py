"""The job that makes of each row of a hand-held's results what it proves, and the round that asks for what is out."""

from app import outbox
from app.context import Ctx, Deps
from app.services.handhelds import applying, care
from app.steady import job

_AT_ONCE = 200  # rows, each its own transaction; then others get their turn


@job
async def apply_return(ctx: Ctx, note_id: int) -> None:
    """Apply the rows of one return; may run twice, and each row is dealt with once."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
    if note is None:
        return
    more = True
    for _ in range(_AT_ONCE):
        async with deps.begin() as db:
            more = await applying.apply_next(db, note.subject_id, deps.now())
        if not more:
            break
    async with deps.begin() as db:
        if more:
            await outbox.put_back(db, note, deps.now(), "goes on")
        else:
            await outbox.keep(db, note, deps.now())
    await deps.bell.ring_quietly()


async def look_for_handhelds(deps: Deps) -> None:
    """Ask staff for files that did not come back in their time."""
    async with deps.begin() as db:
        await care.find_overdue(db, deps.now())
