"""An announcement tells its area (SPEC N-6)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import NoResultFound
from sqlmodel import col, select

from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.campaign import CampaignState, ItemState
from app.domain.notice import MessageKind
from app.models import Campaign, CampaignItem
from app.services import announcements, campaigns
from app.services.announcements import Draft, Words
from tests import build
from tests.clocks import Clock


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


async def outage(begin: Begin, clock: Clock, node_id: UUID | None) -> UUID:
    async with begin() as db:
        words = Words("停电", "Power failure")
        draft = Draft(AnnouncementKind.UNPLANNED, node_id, clock(), clock() + timedelta(hours=2), words)
        return (await announcements.publish(db, draft, clock())).id


async def tells(begin: Begin, clock: Clock, about: UUID, step: str, kind: MessageKind) -> Campaign:
    async with begin() as db:
        return await campaigns.start_outage(db, about, step, kind, clock())


async def items_of(begin: Begin, campaign_id: UUID) -> list[tuple[UUID | None, str]]:
    async with begin() as db:
        wanted = select(CampaignItem.meter_id, CampaignItem.state).where(CampaignItem.campaign_id == campaign_id)
        return list((await db.exec(wanted.order_by(col(CampaignItem.place)))).all())


async def test_every_meter_of_the_area_is_told_and_nobody_else(begin: Begin, town: build.Utility, clock: Clock) -> None:
    about = await outage(begin, clock, town.concentrator.node_id)

    made = await tells(begin, clock, about, "published", MessageKind.OUTAGE_NOW)

    assert made.item_count == 2
    assert {meter for meter, _ in await items_of(begin, made.id)} == {town.esam.id, town.sts.id}
    assert made.expires_at == clock() + timedelta(hours=2)


async def test_a_step_of_the_story_is_told_once(begin: Begin, town: build.Utility, clock: Clock) -> None:
    about = await outage(begin, clock, None)

    first = await tells(begin, clock, about, "published", MessageKind.OUTAGE_NOW)
    again = await tells(begin, clock, about, "published", MessageKind.OUTAGE_NOW)

    assert first.id == again.id
    assert len(await items_of(begin, first.id)) == 2


async def test_what_an_older_step_has_not_told_yet_is_not_told_any_more(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    about = await outage(begin, clock, town.concentrator.node_id)
    old = await tells(begin, clock, about, "published", MessageKind.OUTAGE_NOW)

    new = await tells(begin, clock, about, "restored", MessageKind.OUTAGE_RESTORED)

    assert {state for _, state in await items_of(begin, old.id)} == {ItemState.STOPPED}
    assert {state for _, state in await items_of(begin, new.id)} == {ItemState.WAITING}
    async with begin() as db:
        assert (await db.get_one(Campaign, old.id)).state == CampaignState.STOPPED


async def test_an_unknown_announcement_tells_nobody(begin: Begin, town: build.Utility, clock: Clock) -> None:
    with pytest.raises(NoResultFound):
        await tells(begin, clock, uuid4(), "published", MessageKind.OUTAGE_NOW)
