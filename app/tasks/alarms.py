"""The office's round over alarm levels: whoever stands at another depth than the levels say is moved, and told."""

from zoneinfo import ZoneInfo

from app.context import Deps
from app.services import alarm_sweep
from app.services.alarm_sweep import BATCH, Judged


async def sweep_levels(deps: Deps) -> None:
    """Hold every balance against its levels."""
    if (await sweep(deps)).messages:
        await deps.bell.ring_quietly()


async def sweep(deps: Deps) -> Judged:
    """As `sweep_levels`; say what it came to. Each batch is a transaction of its own."""
    done = await _sweep_policies(deps)
    after = None
    while True:
        async with deps.begin() as db:
            found = await alarm_sweep.find_own(db, after)
            if not found:
                return done
            done += await alarm_sweep.judge(db, found, _zone(deps), deps.now())
        after = found[-1]


async def _sweep_policies(deps: Deps) -> Judged:
    done = Judged()
    while True:
        async with deps.begin() as db:
            found = await alarm_sweep.find_moved(db)
        before = done.moved
        for first in range(0, len(found), BATCH):
            async with deps.begin() as db:
                done += await alarm_sweep.judge(db, found[first : first + BATCH], _zone(deps), deps.now())
        if done.moved == before:
            return done  # nothing was found, or nothing of it could be moved


def _zone(deps: Deps) -> ZoneInfo:
    return ZoneInfo(deps.settings.timezone)
