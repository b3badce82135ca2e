"""Announcements by place, and who is still out (SPEC R-9, M-8)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.announcement import AnnouncementKind, Phase
from app.models import Concentrator, GridNode, StillOut
from app.services import announcements, still_out
from app.services.announcements import Draft, Revision, Words
from tests import build
from tests.clocks import Clock

WORDS = Words("停电", "Power failure", "", "A cable is damaged.")


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


async def outage(begin: Begin, clock: Clock, node_id: UUID | None) -> UUID:
    async with begin() as db:
        draft = Draft(AnnouncementKind.UNPLANNED, node_id, clock(), clock() + timedelta(hours=2), WORDS)
        return (await announcements.publish(db, draft, clock())).id


async def phases(begin: Begin, clock: Clock, meter_id: UUID) -> list[Phase]:
    async with begin() as db:
        return [view.phase for view in await announcements.shown_for(db, meter_id, clock())]


async def test_an_outage_holds_for_the_meters_below_its_node_only(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        area = await db.get_one(GridNode, town.concentrator.node_id)
        line = GridNode(kind="line", name="Line 7", path="")
        line.path = str(line.id)
        db.add(line)
        await db.flush()
        area.path = f"{line.id}/{area.id}"
        elsewhere = GridNode(kind="area", name="Elsewhere", path="")
        elsewhere.path = str(elsewhere.id)
        db.add(elsewhere)
        await db.flush()
    await outage(begin, clock, elsewhere.id)
    assert await phases(begin, clock, town.esam.id) == []

    await outage(begin, clock, line.id)
    await outage(begin, clock, None)
    async with begin() as db:
        found = await announcements.in_force_for(db, town.esam.id, clock())
        below = await announcements.in_force_below(db, area.id, clock())
        place = (await db.get_one(Concentrator, town.concentrator.id)).node_id

    assert sorted(view.area or "" for view in found) == ["", "Line 7"]
    assert place == area.id
    assert {view.id for view in below} == {view.id for view in found}


async def test_a_revision_moves_the_expected_end_and_stays_on_record(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    told = await outage(begin, clock, None)
    later = clock() + timedelta(hours=5)
    clock.forward(minutes=30)
    async with begin() as db:
        assert await announcements.revise(db, told, Revision(later, text_en="A second cable."), clock())
        assert await announcements.revise(db, told, Revision(None, text_en="Digging."), clock())
    async with begin() as db:
        (view,) = await announcements.in_force_for(db, town.esam.id, clock())

    assert view.until_at == later
    assert {update.text_en for update in view.updates} == {"A second cable.", "Digging."}


async def test_what_is_over_is_not_revised(begin: Begin, town: build.Utility, clock: Clock) -> None:
    told = await outage(begin, clock, None)
    async with begin() as db:
        assert await announcements.withdraw(db, told)
        assert not await announcements.revise(db, told, Revision(None, text_en="x"), clock())
        assert not await announcements.restore(db, told, clock())
    assert await phases(begin, clock, town.esam.id) == []


async def test_still_out_is_heard_once_and_only_after_a_restoration(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    told = await outage(begin, clock, None)
    async with begin() as db:
        assert not await still_out.say_still_out(db, told, town.esam.id, clock())
    clock.forward(hours=1)
    async with begin() as db:
        assert await announcements.restore(db, told, clock())
        assert await still_out.say_still_out(db, told, town.esam.id, clock())
        assert await still_out.say_still_out(db, told, town.esam.id, clock())
    async with begin() as db:
        (said,) = list(await db.exec(select(StillOut)))
        (view,) = await announcements.shown_for(db, town.esam.id, clock())

    assert (said.meter_id, said.source) == (town.esam.id, "web")
    assert view.said_still_out
    assert view.phase is Phase.RESTORED


async def test_an_end_before_the_beginning_is_refused(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        draft = Draft(AnnouncementKind.NEWS, None, clock(), clock(), WORDS)
        with pytest.raises(ValueError, match="until_at"):
            await announcements.publish(db, draft, clock())
