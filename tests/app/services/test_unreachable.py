"""Meters that are hard to reach: known from the tries of weeks, said before the sale, listed for staff (SPEC M-15)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.reach import Reach
from app.domain.unreachable import Record
from app.models import GridNode, Note, Purchase
from app.outbox import Job
from app.services.reach import reach_of
from app.services.unreachable import HardToReach, hard_to_reach
from tests import build
from tests.clocks import Clock
from tests.desk import Desk


async def tried(desk: Desk, job: Job, subject_id: UUID, tries: int, *, lands: bool) -> None:
    """A promise about a meter was kept, or given up, after so many tries."""
    async with desk.begin() as db:
        note = Note(job=job, subject_id=subject_id, concentrator_id=desk.town.concentrator.id, due_at=desk.clock())
        note.created_at, note.attempts, note.done_at = desk.clock(), tries, desk.clock()
        note.last_error = None if lands else "meter_silent"
        db.add(note)


async def listed(desk: Desk, below: str = "") -> list[HardToReach]:
    async with desk.begin() as db:
        return await hard_to_reach(db, desk.clock(), below=below)


@pytest.fixture
async def town(desk: Desk) -> build.Utility:
    """A street whose first meter took a purchase in the seventh try, and failed to answer in two more."""
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    async with desk.begin() as db:
        (note,) = await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE))
        note.attempts = 7
        assert (await db.get_one(Purchase, purchase_id)).id == note.subject_id
    await tried(desk, Job.READ_BALANCE, desk.town.esam.id, 2, lands=False)
    await tried(desk, Job.READ_BALANCE, desk.town.sts.id, 1, lands=True)
    return desk.town


async def test_a_meter_that_takes_many_tries_is_said_to_be_slow_before_anybody_pays(
    desk: Desk, town: build.Utility
) -> None:
    async with desk.begin() as db:
        assert await reach_of(db, town.esam.id, desk.clock()) is Reach.POOR
        assert await reach_of(db, town.sts.id, desk.clock()) is Reach.GOOD


async def test_the_list_names_it_with_its_tries_below_its_own_node_only(desk: Desk, town: build.Utility) -> None:
    async with desk.begin() as db:
        node = (await db.exec(select(GridNode))).one()
    (found,) = await listed(desk, node.path)
    assert (found.meter_id, found.number, found.record) == (town.esam.id, town.esam.number, Record(9, 1))
    assert found.concentrator == town.concentrator.name
    assert await listed(desk) == [found]
    assert await listed(desk, "another/") == []


async def test_a_line_that_was_mended_is_believed_again(desk: Desk, town: build.Utility, clock: Clock) -> None:
    for _ in range(3):
        await tried(desk, Job.READ_BALANCE, town.esam.id, 1, lands=True)
    assert await listed(desk) == []
    clock.forward(days=timedelta(days=15).days)
    async with desk.begin() as db:
        assert await hard_to_reach(db, clock()) == []


async def test_a_quiet_list_is_empty(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        assert await hard_to_reach(db, clock()) == []
