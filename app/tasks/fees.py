"""Remote fee control at work: days are charged, supply is cut at the limit, meters get the limits they should have."""

from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from app.context import Ctx, Deps
from app.domain.clock import local_day
from app.services.fees import charging, cuts, own_limits
from app.services.fees.cuts import Answer, Errand
from app.steady import job
from app.tasks.keeping import keep_promise


async def charge_days(deps: Deps) -> None:
    """Charge every day that is due, some hundred meters a transaction."""
    today, after = local_day(deps.now(), ZoneInfo(deps.settings.timezone)), charging.FIRST
    while True:
        async with deps.begin() as db:
            last: UUID | None = await charging.charge_due(db, today, deps.now(), after=after)
        await deps.bell.ring_quietly()
        if last is None:
            return
        after = last


async def find_cuts(deps: Deps) -> None:
    """Promise to cut what may be cut by now."""
    async with deps.begin() as db:
        promised = await cuts.find(db, deps.now())
    if promised:
        await deps.bell.ring_quietly()


@job
async def enforce_limit(ctx: Ctx, note_id: int) -> None:
    """Open the relay of a meter whose money is gone, if the gate lets it. May run twice; each try asks the gate."""
    deps = ctx["deps"]

    async def speak(errand: Errand) -> Answer:
        return await cuts.trip(deps.head_end, errand.target, errand.clearance)

    await keep_promise(deps, note_id, cuts.prepare, speak, cuts.conclude)


@job
async def set_own_limits(ctx: Ctx, note_id: int) -> None:
    """Give a meter the limits that its fee control wants; one that is new is asked first. May run twice: what is as it
    should be is not written."""
    deps = ctx["deps"]
    speak = partial(own_limits.speak, deps.head_end)
    await keep_promise(deps, note_id, own_limits.prepare, speak, own_limits.conclude)
