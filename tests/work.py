"""Somebody who keeps due promises, in the test's own process and at its own word."""

from collections.abc import Awaitable, Callable, Mapping

from app import outbox
from app.context import Deps, Task
from app.outbox import Job

Work = Callable[[], Awaitable[None]]


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
