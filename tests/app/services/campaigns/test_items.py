"""Whom a bulk send is for, where they are more than one statement writes."""

from uuid import uuid4

from sqlalchemy import func
from sqlmodel import col, select

from app.db import Begin
from app.domain.campaign import CampaignPurpose
from app.domain.notice import MessageKind
from app.models import Campaign, CampaignItem, Meter
from app.services.campaigns import items
from benchmarks import crowd
from tests.clocks import Clock

CROWD = 2 * items.AT_ONCE + 7


async def test_a_crowd_of_several_statements_is_named_once_each_though_some_were_named_before(
    begin: Begin, clock: Clock
) -> None:
    notice = Campaign(id=uuid4(), name="Work", purpose=CampaignPurpose.OUTAGE, kind=MessageKind.OUTAGE_PLANNED)
    notice.made_at = clock()
    async with begin() as db:
        await crowd.settle(db, CROWD, clock())
        db.add(notice)
        await db.flush()
        everybody = items.meters_below(None)
        early = await items.add_meters(db, notice, everybody.where(col(Meter.number).like("%7")))
        rest = await items.add_meters(db, notice, everybody)
        none = await items.add_meters(db, notice, everybody)

    async with begin() as db:
        named = func.count(col(CampaignItem.meter_id).distinct())
        wanted = select(named, func.count()).where(CampaignItem.campaign_id == notice.id)
        assert tuple((await db.exec(wanted)).one()) == (CROWD, CROWD)
    assert (early, rest, none) == (CROWD // 10 + 1, CROWD - CROWD // 10 - 1, 0)
    assert notice.item_count == CROWD
