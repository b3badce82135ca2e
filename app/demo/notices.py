"""What the demo's areas were told: planned work that lies ahead, and a power cut that is over."""

from datetime import datetime, time, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.announcement import AnnouncementKind
from app.services.announcements import Draft, Words, publish, restore

_PLANNED = Words(
    "计划停电：更换变压器",
    "Planned work: a new transformer",
    "施工期间停电，提前完工会提前送电。",
    "The supply is off while we work; it comes back earlier if we are done earlier.",
)
_CUT = Words(
    "线路故障停电",
    "Power cut: a fault on the line",
    "树枝压断线路，已修复。",
    "A branch had broken the line; repaired.",
)
_STILL_SHOWN = timedelta(hours=20)  # a restored outage is shown for a day; a demo that starts late has some of it left


async def tell_areas(db: AsyncSession, here: datetime, planned_at: UUID, cut_at: UUID) -> None:
    """Announce tomorrow's work in one area, and say of another that it had a cut until last evening.

    `here`: the present moment in local time.
    """
    tomorrow = datetime.combine(here.date() + timedelta(days=1), time(9), here.tzinfo)
    await publish(
        db,
        Draft(AnnouncementKind.PLANNED, planned_at, tomorrow, tomorrow + timedelta(hours=2, minutes=30), _PLANNED),
        here,
    )
    evening = datetime.combine(here.date() - timedelta(days=1), time(18, 40), here.tzinfo)
    back = max(evening, here - _STILL_SHOWN)
    began = back - timedelta(hours=1, minutes=25)
    draft = Draft(AnnouncementKind.UNPLANNED, cut_at, began, began + timedelta(hours=2), _CUT)
    cut = await publish(db, draft, began)
    await restore(db, cut.id, back)
