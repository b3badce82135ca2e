"""Events of devices: the round that looks for them, and the job that tells the next step."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Ctx, Deps
from app.services import device_rounds, responsible
from app.steady import job

Look = Callable[[AsyncSession, datetime], Awaitable[int]]
_LOOKS: tuple[Look, ...] = (
    device_rounds.find_heard_concentrators,
    device_rounds.find_silent_concentrators,
    device_rounds.find_heard_meters,
    device_rounds.find_silent_meters,
    device_rounds.find_settled_troubles,
    device_rounds.find_troubles,
)
_MOST_SLICES = 20


async def look_after_devices(deps: Deps) -> None:
    """Look for silence and troubles, slice by slice, each in a transaction of its own."""
    for look in _LOOKS:
        for _ in range(_MOST_SLICES):
            async with deps.begin() as db:
                found = await look(db, deps.now())
            if found < device_rounds.SLICE:
                break
    await deps.bell.ring_quietly()


@job
async def escalate_alarm(ctx: Ctx, note_id: int) -> None:
    """Tell the next step of one alarm that nobody has in hand. May run twice; each step is told once."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is not None:
            await responsible.escalate(db, note, deps.now())
    await deps.bell.ring_quietly()
