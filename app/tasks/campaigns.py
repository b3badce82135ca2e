"""The job that carries a bulk send on, slice by slice."""

from zoneinfo import ZoneInfo

from app import outbox
from app.context import Ctx
from app.services.campaigns import step as steps
from app.steady import job


@job
async def step_campaign(ctx: Ctx, note_id: int) -> None:
    """Plan the next slice of a bulk send; may run twice, and nobody is told twice."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is None:
            return
        await steps.step(db, note, ZoneInfo(deps.settings.timezone), deps.now())
    await deps.bell.ring_quietly()
