"""Outages of the town's areas: announced, moved and ended as staff would."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.domain.announcement import AnnouncementKind
from app.models import GridNode
from app.models.grid import NodeKind
from app.services import announcements
from app.services.announcements import Draft, NoticeView, Revision, Words

_LASTS = timedelta(hours=2)
_WORDS = Words("临时停电", "Power cut", "线路故障，抢修队已出发。", "A fault on the line; a repair team is on its way.")


@dataclass(frozen=True, slots=True)
class Area:
    """A transformer area and the outage that holds there."""

    id: UUID
    name: str
    outage: NoticeView | None


async def areas(db: AsyncSession, known: Deps) -> list[Area]:
    """Every transformer area."""
    nodes = await db.exec(select(GridNode).where(GridNode.kind == NodeKind.AREA).order_by(col(GridNode.name)))
    return [Area(node.id, node.name, await _outage(db, node.id, known)) for node in nodes.all()]


async def _outage(db: AsyncSession, node_id: UUID, known: Deps) -> NoticeView | None:
    found = await announcements.in_force_below(db, node_id, known.now())
    return next((each for each in found if each.outage), None)


async def switch(known: Deps, form: Mapping[str, str]) -> bool:
    """Announce an outage in an area, move its end by an hour, or say that the supply is back."""
    now = known.now()
    async with known.begin() as db:
        node_id = UUID(form.get("area", ""))
        outage = await _outage(db, node_id, known)
        match form.get("step"), outage:
            case "out", None:
                draft = Draft(AnnouncementKind.UNPLANNED, node_id, now, now + _LASTS, _WORDS)
                await announcements.publish(db, draft, now)
            case "later", NoticeView() as held:
                later = Revision(held.until_at + timedelta(hours=1), "抢修时间延长。", "The repair takes longer.")
                return await announcements.revise(db, held.id, later, now)
            case "restored", NoticeView() as held:
                return await announcements.restore(db, held.id, now)
            case _:
                return False
    return True
