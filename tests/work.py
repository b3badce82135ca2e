"""Somebody who keeps due promises, in the test's own process and at its own word."""

from collections.abc import Awaitable, Callable, Mapping

from app import outbox
from app.context import Deps, Task
from app.db import Begin
from app.outbox import Job
from app.ports import Gateway
from app.settings import Settings
from tests.clocks import Clock
from tests.fakes import SilentBell

Work = Callable[[], Awaitable[None]]


def office(begin: Begin, clock: Clock) -> Deps:
    """What an office worker works with: no meter is near."""
    return Deps(begin, SilentBell(), clock, Settings(), name="office:1")


def front_end(begin: Begin, clock: Clock, gateway: Gateway) -> Deps:
    """What a front-end works with that this gateway leads from."""
    return Deps(begin, SilentBell(), clock, Settings(), name="frontend:north", gateway=gateway)


def worker(deps: Deps, jobs: Mapping[Job, Task]) -> Work:
    """Return what does everything that is due now by `jobs`, until nothing is. Other promises stay as they are."""

    async def run() -> None:
        while True:
            async with deps.begin() as db:
                due = [h for h in await outbox.lease(db, deps.now()) if h.job in jobs]
            if not due:
                return
            for handout in due:
                await jobs[handout.job]({"deps": deps}, handout.note_id)

    return run
