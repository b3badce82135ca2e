"""The job that plays what a provider says in the end of a message that stayed in the house."""

from app import outbox
from app.context import Ctx
from app.services import sending
from app.steady import job


@job
async def play_delivery(ctx: Ctx, note_id: int) -> None:
    """Tell what became of a message that went to no provider."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is not None:
            await sending.play_delivery(db, note, deps.now())
