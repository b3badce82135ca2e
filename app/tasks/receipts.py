"""The job that issues receipts."""

from zoneinfo import ZoneInfo

from app import outbox
from app.context import Ctx
from app.services.receipts import issue_receipt
from app.steady import job


@job
async def render_receipt(ctx: Ctx, note_id: int) -> None:
    """Issue the receipt of one credited or settled purchase. May run twice; there is one receipt."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is not None:
            await issue_receipt(db, note, ZoneInfo(deps.settings.timezone), deps.now())
