"""Which devices an operation is about: picked ones, what a filter finds, or everything below a node of the grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy import select as sql_select
from sqlmodel import col, func
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.meter_life import MeterLife
from app.domain.operation import Subject
from app.models import Concentrator, Meter
from app.services.customer_filter import CustomerFilter, concentrators_below, conditions, filter_of

SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Whom:
    """Devices: those that are picked, together with what `wanted` finds and what hangs below `node_id`.

    Concentrators stand for their meters where meters are meant, and meters for theirs where concentrators are. Nothing
    given: nobody.
    """

    meter_ids: tuple[UUID, ...] = ()
    concentrator_ids: tuple[UUID, ...] = ()
    wanted: CustomerFilter | None = None
    node_id: UUID | None = None

    def record(self) -> dict[str, object]:
        """What `whom_of` reads, for a row of the database."""
        return {
            "meter_ids": [str(each) for each in self.meter_ids],
            "concentrator_ids": [str(each) for each in self.concentrator_ids],
            "wanted": None if self.wanted is None else self.wanted.record(),
            "node_id": None if self.node_id is None else str(self.node_id),
        }


def whom_of(record: Mapping[str, Any]) -> Whom:
    """Read what `Whom.record` wrote."""
    wanted, node_id = record["wanted"], record["node_id"]
    return Whom(
        tuple(UUID(each) for each in record["meter_ids"]),
        tuple(UUID(each) for each in record["concentrator_ids"]),
        None if wanted is None else filter_of(wanted),
        None if node_id is None else UUID(node_id),
    )


@dataclass(frozen=True, slots=True)
class Device:
    """One device for a list: its number or name, and whether its concentrator is on line."""

    id: UUID
    name: str
    concentrator: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom an operation would be done to. `linked`: how many can be reached now."""

    count: int
    linked: int
    sample: tuple[Device, ...]


def devices(subject: Subject, whom: Whom, now: datetime) -> Select[UUID, UUID, str]:
    """Ids of the devices, of the concentrators that lead to them, and what they are called. Raises TooManyTerms."""
    if subject is Subject.CONCENTRATOR:
        return sql_select(
            col(Concentrator.id).label("device_id"),
            col(Concentrator.id).label("route_id"),
            col(Concentrator.name).label("name"),
        ).where(or_(*_concentrators(whom, now)))
    return sql_select(
        col(Meter.id).label("device_id"), col(Meter.concentrator_id).label("route_id"), col(Meter.number).label("name")
    ).where(or_(*_meters(whom, now)), col(Meter.life) != MeterLife.REMOVED.value)


async def preview(db: AsyncSession, subject: Subject, whom: Whom, now: datetime) -> Preview:
    """Say whom it would be done to, with the first of them. Raises TooManyTerms."""
    found = devices(subject, whom, now).subquery()
    online = func.count().filter(col(Concentrator.front_end).is_not(None))
    leads = col(Concentrator.id) == found.c.route_id
    count, linked = (
        await db.execute(sql_select(func.count(), online).select_from(found).join(Concentrator, leads))
    ).one()
    first = sql_select(
        found.c.device_id, found.c.name, col(Concentrator.name), col(Concentrator.front_end).is_not(None)
    )
    rows = await db.execute(first.join(Concentrator, leads).order_by(found.c.name, found.c.device_id).limit(SAMPLE))
    return Preview(count, linked, tuple(Device(*row) for row in rows))


def _meters(whom: Whom, now: datetime) -> list[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = [col(Meter.id).in_(whom.meter_ids)]
    if whom.concentrator_ids:
        ways.append(col(Meter.concentrator_id).in_(whom.concentrator_ids))
    if whom.node_id is not None:
        ways.append(col(Meter.concentrator_id).in_(concentrators_below(whom.node_id)))
    if whom.wanted is not None:
        found = sql_select(col(Meter.id)).where(*conditions(whom.wanted, now))
        ways.append(col(Meter.id).in_(found))
    return ways


def _concentrators(whom: Whom, now: datetime) -> list[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = [col(Concentrator.id).in_(whom.concentrator_ids)]
    if whom.node_id is not None:
        ways.append(col(Concentrator.id).in_(concentrators_below(whom.node_id)))
    if whom.meter_ids or whom.wanted is not None:
        meters = Whom(meter_ids=whom.meter_ids, wanted=whom.wanted)
        ways.append(col(Concentrator.id).in_(sql_select(col(Meter.concentrator_id)).where(or_(*_meters(meters, now)))))
    return ways
