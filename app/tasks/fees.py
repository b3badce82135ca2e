"""Remote fee control at work: days are charged, supply is cut at the limit, meters get the limits they should have."""

from uuid import UUID
from zoneinfo import ZoneInfo

from app.context import Ctx, Deps
from app.domain.clock import local_day
from app.services.fees import charging, cuts, own_limits
from app.steady import job, transaction


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
    async with deps.begin() as db:
        errand = await cuts.prepare(db, note_id, deps.now(), deps.name)
    if errand is None:
        await deps.bell.ring_quietly()
        return
    answer = await cuts.trip(deps.head_end, errand.target, errand.clearance)  # no transaction is open
    await transaction(deps, lambda db: cuts.conclude(db, errand, answer, deps.now()))
    await deps.bell.ring_quietly()


@job
async def set_own_limits(ctx: Ctx, note_id: int) -> None:
    """Give a meter the limits that its fee control wants; one that is new is asked first. May run twice: what is as it
    should be is not written."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        errand = await own_limits.prepare(db, note_id, deps.now(), deps.name)
    if errand is None:
        return
    answer = await own_limits.speak(deps.head_end, errand)  # no transaction is open
    await transaction(deps, lambda db: own_limits.conclude(db, errand, answer, deps.now()))
    await deps.bell.ring_quietly()
