"""The job that drafts and applies alarm levels for many accounts, slice by slice."""

from zoneinfo import ZoneInfo

from app import outbox
from app.context import Ctx
from app.services.levels import changes
from app.steady import job


@job
async def step_levels(ctx: Ctx, note_id: int) -> None:
    """Carry a change on by a slice; may run twice, and nothing is set twice."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is None:
            return
        await changes.step(db, note, ZoneInfo(deps.settings.timezone), deps.now())
    await deps.bell.ring_quietly()
