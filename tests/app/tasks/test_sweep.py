"""The office's rounds."""

from app import outbox
from app.context import Deps
from app.db import Begin
from app.models import Concentrator
from app.outbox import Job
from app.settings import Settings
from app.tasks import sweep
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell


async def test_what_a_front_end_held_is_free_once_it_has_stopped_beating(begin: Begin, clock: Clock) -> None:
    deps = Deps(begin, SilentBell(), clock, Settings(), name="office")
    async with begin() as db:
        street = await build.utility(db, clock())
        place = street.concentrator.id
        await outbox.promise(db, Job.READ_DAILY, place, clock(), concentrator_id=place)
    async with begin() as db:
        (handout,) = await outbox.lease(db, clock())
        await outbox.take(db, handout.note_id, clock(), f"frontend:{build.FRONT_END}")

    await sweep.check_front_ends(deps)
    async with begin() as db:
        assert await outbox.take(db, handout.note_id, clock(), "frontend:south") is None

    clock.forward(seconds=20)
    await sweep.check_front_ends(deps)
    async with begin() as db:
        assert (await db.get_one(Concentrator, place)).front_end is None
        assert await outbox.take(db, handout.note_id, clock(), "frontend:south") is not None
