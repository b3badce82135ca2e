"""Jobs and rounds of collection schemes that are no daily reading: events of concentrators, and the download scan."""

from functools import partial

from app.context import Ctx, Deps
from app.ports import Gateway, Unknown, Unreachable
from app.services.collection import events, intervals, scan
from app.services.collection.events import Answer, Errand
from app.steady import job
from app.tasks.keeping import keep_promise
from app.terminal_words import CollectEvents


@job
async def collect_events(ctx: Ctx, note_id: int) -> None:
    """Fetch the events of one concentrator that we have not seen. May run twice; each event is kept once."""
    deps = ctx["deps"]
    await keep_promise(deps, note_id, events.prepare, partial(_ask, deps.head_end), events.conclude)


async def _ask(gateway: Gateway, errand: Errand) -> Answer:
    answer = Answer([])
    try:
        answer.said = await gateway.command(errand.place, CollectEvents(errand.known), answer.frames)
    except Unreachable as error:
        answer.reason = error.reason
    if isinstance(answer.said, Unknown):
        answer.reason = answer.said.reason
    return answer


async def scan_downloads(deps: Deps) -> None:
    """Try purchases that are paid and in no meter as often as the scheme of their concentrator says."""
    async with deps.begin() as db:
        found = await scan.hurry_downloads(db, deps.now())
    if found:
        await deps.bell.ring_quietly()


@job
async def set_master_interval(ctx: Ctx, note_id: int) -> None:
    """Tell one concentrator how often it reads its master meters. May run twice; what is so already is not told."""
    deps = ctx["deps"]
    await keep_promise(deps, note_id, intervals.prepare, partial(intervals.tell, deps.head_end), intervals.conclude)


async def follow_schemes(deps: Deps) -> None:
    """Let concentrators have the interval that their scheme says."""
    async with deps.begin() as db:
        promised = await intervals.plan(db, deps.now())
    if promised:
        await deps.bell.ring_quietly()
