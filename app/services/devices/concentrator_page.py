"""One concentrator: its link, its meters, what was done to it and what it told (SPEC H-1, H-10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Concentrator, DeviceEvent, Exchange, FrontEnd, Kiosk, Meter, Note
from app.services import grid
from app.services.operations import views
from app.services.operations.views import Deed

_EVENTS = 15


@dataclass(frozen=True, slots=True)
class MeterSums:
    """Of the meters of a concentrator. `silent`: not heard for longer than they may be."""

    count: int
    silent: int
    never_read: int


@dataclass(frozen=True, slots=True)
class ConcentratorPage:
    """A concentrator and all around it, each list newest first. `waiting`: promises that wait for its link or turn."""

    concentrator: Concentrator
    front_end: FrontEnd | None
    path: tuple[str, ...]
    meters: MeterSums
    kiosks: Sequence[Kiosk]
    items: Sequence[Deed]
    events: Sequence[DeviceEvent]
    waiting: dict[str, int]
    has_frames: bool


async def view(db: AsyncSession, concentrator_id: UUID, now: datetime) -> ConcentratorPage | None:
    """The concentrator with this id; None if there is none."""
    row = await db.get(Concentrator, concentrator_id)
    if row is None:
        return None
    here = DeviceEvent.concentrator_id == row.id
    events = select(DeviceEvent).where(here).order_by(col(DeviceEvent.at).desc()).limit(_EVENTS)
    frames = sql_select(exists().where(col(Exchange.concentrator_id) == row.id))
    kiosks = select(Kiosk).where(Kiosk.concentrator_id == row.id).order_by(col(Kiosk.name))
    return ConcentratorPage(
        concentrator=row,
        front_end=await db.get(FrontEnd, row.front_end) if row.front_end else None,
        path=await grid.name_of(db, row.node_id),
        meters=await _meters(db, row.id, now),
        kiosks=(await db.exec(kiosks)).all(),
        items=await views.of_concentrator(db, row.id),
        events=(await db.exec(events)).all(),
        waiting=await _waiting(db, row.id),
        has_frames=bool((await db.execute(frames)).scalar()),
    )


async def _meters(db: AsyncSession, concentrator_id: UUID, now: datetime) -> MeterSums:
    silent = func.count().filter(col(Meter.silent_after) < now)
    never = func.count().filter(col(Meter.balance_read_at).is_(None))
    counted = sql_select(func.count(), silent, never).where(col(Meter.concentrator_id) == concentrator_id)
    return MeterSums(*(await db.execute(counted)).one())


async def _waiting(db: AsyncSession, concentrator_id: UUID) -> dict[str, int]:
    """How many promises wait, by job."""
    open_ones = col(Note.concentrator_id) == concentrator_id, col(Note.done_at).is_(None)
    counted = sql_select(col(Note.job), func.count()).where(*open_ones).group_by(col(Note.job)).order_by(col(Note.job))
    return dict((await db.execute(counted)).all())
