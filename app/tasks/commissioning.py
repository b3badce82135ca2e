"""The job that carries a commissioning on, trial by trial."""

from app import outbox
from app.context import Ctx
from app.services.commissioning import step as steps
from app.steady import job


@job
async def step_commissioning(ctx: Ctx, note_id: int) -> None:
    """Note how the trial under way ended, and begin the next; may run twice, and no trial is begun twice."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is None:
            return
        await steps.step(db, note, deps.now())
    await deps.bell.ring_quietly()
