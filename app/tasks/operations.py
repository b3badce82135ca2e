"""Jobs that carry operations out: the step that promises a slice, and the one item on the wire."""

from app import outbox
from app.context import Ctx
from app.services.operations import item as items
from app.services.operations import step as steps
from app.services.operations import wire
from app.services.operations.wire import Answer, Errand
from app.steady import job
from app.tasks.keeping import keep_promise


@job
async def step_operation(ctx: Ctx, note_id: int) -> None:
    """Promise the next slice of an operation; may run twice, and nothing is promised twice."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is None:
            return
        await steps.step(db, note, deps.now())
    await deps.bell.ring_quietly()


@job
async def operate(ctx: Ctx, note_id: int) -> None:
    """Do one item. May run twice: what may have been done is looked for before it is done again."""
    deps = ctx["deps"]

    async def carry(errand: Errand) -> Answer:
        return await wire.carry(deps.head_end, errand, deps.security)

    await keep_promise(deps, note_id, items.prepare, carry, items.conclude)
