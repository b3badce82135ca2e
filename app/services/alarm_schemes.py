"""Alarm schemes: which events of which concentrators are told to whom, and in which order (SPEC N-7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.device_event import DeviceEventKind
from app.models import (
    AlarmScheme,
    Audit,
    Concentrator,
    DeviceAlarm,
    GridNode,
    ResponsiblePerson,
    SchemeEvent,
    SchemePerson,
)

LONGEST_NAME = 60
STEPS = range(1, 10)
MOST_MINUTES = 1440
_SHOWN = 100
_ABOVE = aliased(GridNode)


class SchemeError(ValueError):
    """What is wrong. `code`: scheme_name, scheme_taken, scheme_minutes, scheme_used."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Telling:
    """How an event is told: after how many minutes the next step is, and whether the meter's people hear of it."""

    escalates_after_min: int = 30
    to_residents: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """A scheme in a list."""

    id: UUID
    name: str
    events: int
    people: int
    concentrators: int


@dataclass(frozen=True, slots=True)
class View:
    """A scheme. `people`: person, step; `concentrators`: the first hundred of those that use it."""

    id: UUID
    name: str
    events: dict[DeviceEventKind, Telling]
    people: list[tuple[ResponsiblePerson, int]]
    concentrators: list[tuple[UUID, str]]
    used_by: int


async def schemes(db: AsyncSession) -> list[Brief]:
    """Every scheme, by name."""
    events = select(func.count()).where(col(SchemeEvent.scheme_id) == col(AlarmScheme.id)).scalar_subquery()
    people = select(func.count()).where(col(SchemePerson.scheme_id) == col(AlarmScheme.id)).scalar_subquery()
    used = select(func.count()).where(col(Concentrator.alarm_scheme_id) == col(AlarmScheme.id)).scalar_subquery()
    rows = sql_select(col(AlarmScheme.id), col(AlarmScheme.name), events, people, used)
    return [Brief(*row) for row in await db.execute(rows.order_by(col(AlarmScheme.name)))]


async def scheme(db: AsyncSession, scheme_id: UUID) -> View | None:
    """One scheme."""
    row = await db.get(AlarmScheme, scheme_id)
    if row is None:
        return None
    told = await db.exec(select(SchemeEvent).where(SchemeEvent.scheme_id == scheme_id))
    events = {DeviceEventKind(each.kind): Telling(each.escalates_after_min, each.to_residents) for each in told}
    theirs = select(ResponsiblePerson, SchemePerson.step).join(
        SchemePerson, col(SchemePerson.person_id) == col(ResponsiblePerson.id)
    )
    ordered = theirs.where(SchemePerson.scheme_id == scheme_id).order_by(
        col(SchemePerson.step), col(ResponsiblePerson.name)
    )
    people = [(person, step) for person, step in await db.exec(ordered)]
    users = select(Concentrator.id, Concentrator.name).where(Concentrator.alarm_scheme_id == scheme_id)
    shown = [(id_, name) for id_, name in await db.exec(users.order_by(col(Concentrator.name)).limit(_SHOWN))]
    used_by = select(func.count()).where(col(Concentrator.alarm_scheme_id) == scheme_id)
    return View(row.id, row.name, events, people, shown, (await db.exec(used_by)).one())


async def add(db: AsyncSession, name: str, by: UUID, now: datetime) -> UUID:
    """A new scheme, which tells nothing to nobody yet. Raises SchemeError."""
    row = AlarmScheme(id=uuid4(), name=_name(name))
    if not await add_once(db, row):
        raise SchemeError("scheme_taken")
    _note(db, "scheme_added", row.id, by, now, name=row.name)
    return row.id


async def rename(db: AsyncSession, scheme_id: UUID, name: str, by: UUID, now: datetime) -> None:
    """Call it otherwise. Raises SchemeError."""
    row, new = await db.get_one(AlarmScheme, scheme_id, with_for_update=True), _name(name)
    if new == row.name:
        return
    if (await db.exec(select(AlarmScheme.id).where(AlarmScheme.name == new))).first() is not None:
        raise SchemeError("scheme_taken")
    _note(db, "scheme_changed", scheme_id, by, now, before=row.name, after=new)
    row.name = new


async def set_events(
    db: AsyncSession, scheme_id: UUID, events: Mapping[DeviceEventKind, Telling], by: UUID, now: datetime
) -> None:
    """Tell these events from now on, and no others. Raises SchemeError."""
    if any(not 1 <= telling.escalates_after_min <= MOST_MINUTES for telling in events.values()):
        raise SchemeError("scheme_minutes")
    held = await scheme(db, scheme_id)
    if held is None or held.events == events:
        return
    await db.execute(delete(SchemeEvent).where(col(SchemeEvent.scheme_id) == scheme_id))
    db.add_all(
        SchemeEvent(
            scheme_id=scheme_id, kind=kind, escalates_after_min=t.escalates_after_min, to_residents=t.to_residents
        )
        for kind, t in events.items()
    )
    _note(db, "scheme_changed", scheme_id, by, now, before=_listed(held.events), after=_listed(events))


async def set_people(db: AsyncSession, scheme_id: UUID, steps: Mapping[UUID, int], by: UUID, now: datetime) -> None:
    """Tell these people, each at their step, and nobody else."""
    before = dict((await db.exec(
        select(SchemePerson.person_id, SchemePerson.step).where(SchemePerson.scheme_id == scheme_id)
    )).all())  # fmt: skip
    known = set((await db.exec(select(ResponsiblePerson.id).where(col(ResponsiblePerson.id).in_(list(steps))))).all())
    wanted = {person: step for person, step in steps.items() if person in known and step in STEPS}
    if wanted == before:
        return
    await db.execute(delete(SchemePerson).where(col(SchemePerson.scheme_id) == scheme_id))
    db.add_all(SchemePerson(scheme_id=scheme_id, person_id=person, step=step) for person, step in wanted.items())
    _note(db, "scheme_changed", scheme_id, by, now, before=_steps(before), after=_steps(wanted))


async def assign(db: AsyncSession, scheme_id: UUID | None, concentrators: list[UUID], by: UUID, now: datetime) -> int:
    """Give these concentrators a scheme, or none; return how many were changed."""
    chosen = update(Concentrator).where(col(Concentrator.id).in_(concentrators))
    changed = chosen.where(col(Concentrator.alarm_scheme_id).is_distinct_from(scheme_id))
    count = len((await db.execute(changed.values(alarm_scheme_id=scheme_id).returning(col(Concentrator.id)))).all())
    if count:
        _note(db, "scheme_assigned", scheme_id, by, now, count=str(count))
    return count


async def below(db: AsyncSession, node_id: UUID) -> list[UUID]:
    """Every concentrator below a node of the grid."""
    node = await db.get(GridNode, node_id)
    if node is None:
        return []
    rows = select(Concentrator.id).join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
    inside = (col(GridNode.path) == node.path) | col(GridNode.path).startswith(f"{node.path}/", autoescape=True)
    return list(await db.exec(rows.where(inside)))


async def remove(db: AsyncSession, scheme_id: UUID, by: UUID, now: datetime) -> None:
    """Take away a scheme that was never told by and that no concentrator uses. Raises SchemeError."""
    used = select(Concentrator.id).where(Concentrator.alarm_scheme_id == scheme_id).limit(1)
    told = select(DeviceAlarm.id).where(DeviceAlarm.scheme_id == scheme_id).limit(1)
    if (await db.exec(used)).first() is not None or (await db.exec(told)).first() is not None:
        raise SchemeError("scheme_used")
    row = await db.get_one(AlarmScheme, scheme_id)
    for part in (SchemeEvent, SchemePerson):
        await db.execute(delete(part).where(col(part.scheme_id) == scheme_id))
    await db.execute(delete(AlarmScheme).where(col(AlarmScheme.id) == scheme_id))
    _note(db, "scheme_removed", scheme_id, by, now, name=row.name)


async def areas(db: AsyncSession) -> list[tuple[UUID, str, int]]:
    """The nodes of the grid that have concentrators at or below them, with how many, by name."""
    inside = (col(GridNode.path) == col(_ABOVE.path)) | col(GridNode.path).startswith(col(_ABOVE.path) + "/")
    rows = (
        select(_ABOVE.id, _ABOVE.name, func.count(col(Concentrator.id)))
        .select_from(_ABOVE)
        .join(GridNode, inside)
        .join(Concentrator, col(Concentrator.node_id) == col(GridNode.id))
        .group_by(col(_ABOVE.id), col(_ABOVE.name), col(_ABOVE.path))
        .order_by(col(_ABOVE.path))
        .limit(500)
    )
    return [(id_, name, count) for id_, name, count in await db.exec(rows)]


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise SchemeError("scheme_name")
    return name


def _listed(events: Mapping[DeviceEventKind, Telling]) -> str:
    return ",".join(
        f"{kind}:{t.escalates_after_min}{'+residents' if t.to_residents else ''}" for kind, t in sorted(events.items())
    )


def _steps(steps: Mapping[UUID, int]) -> str:
    return ",".join(f"{step}:{person}" for person, step in sorted(steps.items(), key=lambda each: (each[1], each[0])))


def _note(db: AsyncSession, act: str, subject: UUID | None, by: UUID, now: datetime, **detail: str) -> None:
    db.add(Audit(staff_id=by, act=act, subject_id=subject, detail=dict(detail), at=now))
