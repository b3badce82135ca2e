"""Changes of levels for many accounts as staff look at them: the latest, and the accounts of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import LevelChange, LevelChangeItem

_LATEST = 20


class ItemSort(StrEnum):
    """In which order the accounts of a change are shown. `most`: those that would be in an alarm at once first."""

    NUMBER = "number"
    OLD = "old"
    NEW = "new"
    USE = "use"
    MOST = "most"


_ORDER = {
    ItemSort.NUMBER: (),
    ItemSort.OLD: (col(LevelChangeItem.olds)[1].desc().nulls_last(),),
    ItemSort.NEW: (col(LevelChangeItem.news)[1].desc().nulls_last(),),
    ItemSort.USE: (col(LevelChangeItem.average_minor).desc().nulls_last(),),
    ItemSort.MOST: ((col(LevelChangeItem.depth_after) - col(LevelChangeItem.depth_before)).desc(),),
}


async def latest(db: AsyncSession) -> Sequence[LevelChange]:
    """The newest changes first."""
    return list(await db.exec(select(LevelChange).order_by(col(LevelChange.made_at).desc()).limit(_LATEST)))


@dataclass(frozen=True, slots=True)
class Look:
    """A page of a change's accounts. `kept`: only those that stay as they were for that reason."""

    sort: ItemSort = ItemSort.MOST
    kept: str | None = None
    start: int = 0
    most: int = 50


async def items(db: AsyncSession, change_id: UUID, look: Look) -> Sequence[LevelChangeItem]:
    """A page of a change's accounts."""
    rows = select(LevelChangeItem).where(LevelChangeItem.change_id == change_id)
    if look.kept is not None:
        rows = rows.where(LevelChangeItem.kept == look.kept)
    rows = rows.order_by(*_ORDER[look.sort], col(LevelChangeItem.number))
    return list(await db.exec(rows.offset(look.start).limit(look.most)))


async def items_after(db: AsyncSession, change_id: UUID, number: str, most: int) -> Sequence[LevelChangeItem]:
    """The next accounts by number, for a file."""
    rows = select(LevelChangeItem).where(LevelChangeItem.change_id == change_id, LevelChangeItem.number > number)
    return list(await db.exec(rows.order_by(col(LevelChangeItem.number)).limit(most)))
