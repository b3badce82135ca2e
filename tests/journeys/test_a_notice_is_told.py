"""A notice goes to a whole area while workers die, the queue is emptied and a provider loses its answers.

Everybody who may be told is told once, and nobody twice (SPEC N-5, N-6, N-9). For `make faults`.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, func, select

from app.context import utc_now
from app.domain.announcement import AnnouncementKind
from app.domain.campaign import CampaignState, ItemState
from app.domain.notice import MessageKind, MessageState
from app.domain.rules import NoticeRules
from app.models import Campaign, CampaignItem
from app.services import announcements, rulebook
from app.services.announcements import Draft, Words
from app.services.campaigns import start_outage
from tests.journeys.crowd import Crowd, crowd
from tests.journeys.crowd_people import Lot, Soul
from tests.journeys.crowd_sky import CLEAR, Weather
from tests.journeys.crowd_truth import Told, told
from tests.journeys.test_a_crowd_is_warned import workers_die
from tests.standins import twilio

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Plot:
    """To so many, so many a second, with a death every so often."""

    size: int
    a_second: int
    death_s: float


async def test_everybody_hears_of_the_work_once_whatever_dies(tmp_path: Path) -> None:
    plot = Plot(size=500, a_second=10, death_s=3)
    async with crowd(tmp_path, plot.size) as people:
        await people.up()
        campaign_id = await _begin(people, plot)
        trouble = asyncio.create_task(workers_die(people, plot.death_s))
        await _until_told(people, campaign_id, plot.size // 3)
        people.sides.have(Weather(sms=twilio.Fault.HANGS_UP_AFTER_ACCEPT))
        await _until_told(people, campaign_id, 2 * plot.size // 3)
        people.sides.have(CLEAR)
        await people.flush()
        await _until_told(people, campaign_id, plot.size)
        await people.until(lambda: people.deaths >= 2, "workers have died")
        trouble.cancel()
        await people.calm(patience_s=120 + plot.size / 5)
        assert await _wrong(people) == []
        async with people.deps.begin() as db:
            assert (await db.get_one(Campaign, campaign_id)).state == CampaignState.DONE


async def _begin(people: Crowd, plot: Plot) -> UUID:
    now = utc_now()
    words = Words("计划检修", "Planned work")
    told = Draft(AnnouncementKind.PLANNED, None, now + timedelta(days=1), now + timedelta(days=2), words)
    rules = NoticeRules(quiet_from=None, quiet_to=None, cap_a_day=50, rate_a_second=plot.a_second)
    async with people.deps.begin() as db:
        await rulebook.save(db, rules, None, now)
        announcement = await announcements.publish(db, told, now)
        return (await start_outage(db, announcement.id, "published", MessageKind.OUTAGE_PLANNED, now)).id


async def _until_told(people: Crowd, campaign_id: UUID, count: int, patience_s: float = 240) -> None:
    """Return when so many of its items wait no more."""
    over = select(func.count()).select_from(CampaignItem).where(CampaignItem.campaign_id == campaign_id)
    async with asyncio.timeout(patience_s):
        while True:
            async with people.deps.begin() as db:
                if (await db.exec(over.where(col(CampaignItem.state) != ItemState.WAITING))).one() >= count:
                    return
            await asyncio.sleep(_LOOK_S)


async def _wrong(people: Crowd) -> list[str]:
    arrived = people.sides.arrived()
    by_meter: dict[UUID, list[Told]] = {}
    for each in await told(people, arrived):
        by_meter.setdefault(each.meter_id, []).append(each)
    wrong = [f"{soul.place} ({soul.lot}): {words}" for soul in people.souls for words in _wrong_with(soul, by_meter)]
    return wrong + [f"{id_} came {count} times" for id_, count in arrived.items() if count > 1]


def _wrong_with(soul: Soul, by_meter: dict[UUID, list[Told]]) -> list[str]:
    theirs = by_meter.get(soul.meter_id, [])
    if soul.lot in (Lot.OPTED_OUT, Lot.QUIET):
        return [f"{each}" for each in theirs if each.came]
    return [] if any(map(_settled, theirs)) else [f"was not told: {', '.join(map(str, theirs))}"]


def _settled(each: Told) -> bool:
    """It came; or it was a mail whose answer was lost, which nobody can ask for and nobody repeats (SPEC N-9)."""
    return each.came > 0 or (each.channel == "email" and each.state is MessageState.UNKNOWN)
