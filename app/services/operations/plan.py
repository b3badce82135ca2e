"""Plans an operation: whom it is done to, checked and written down, and begun (SPEC H-3, B-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import insert, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.operation import TRAITS, CannotOperate, OperationKind, OperationState, starts_as
from app.domain.operation_arguments import FORCE, Argument, read
from app.domain.relay_rules import REASON_WANTED
from app.models import Audit, Operation, OperationItem
from app.outbox import Job
from app.services.operations import pacing
from app.services.operations.enlisting import AT_ONCE, MOST_ITEMS, Behind, add_items, count_of
from app.services.operations.whom import Whom, devices

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done. `arguments`: as a form gives them. `staff_id` None: a schedule wishes it.

    `confirmed`: how many devices whoever confirmed it was shown; None: nobody was asked. `starts_at` None: now.
    """

    kind: OperationKind
    staff_id: UUID | None
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    reason: str = ""
    starts_at: datetime | None = None
    confirmed: int | None = None


async def plan(db: AsyncSession, wish: Wish, whom: Whom, now: datetime) -> Operation:
    """Write an operation down with all its items, and begin it, or promise it for its time.

    Those of very many devices write their items down by and by, out of the request that asks for them (`planning`).
    One whose arguments ask to be let through what a rule forbids waits, paused, for a second person (`acts.force`).
    Raises BadArgument (a field), CannotOperate (operation_nobody, operation_too_many, operation_not_seen,
    operation_no_reason), TooManyTerms.
    """
    row = _draw_up(wish, now)
    row.item_count = await count_of(db, row, whom)
    _check_count(row.item_count, wish)
    row.subject_name = str(row.item_count)
    if row.item_count > AT_ONCE:
        row.whom, row.state = whom.record(), OperationState.PLANNING
    await db.execute(insert(table_of(Operation)).values(row.model_dump()))
    row = await db.get_one(Operation, row.id)
    if row.state != OperationState.PLANNING:
        _check_count(await add_items(db, row, whom, Behind()), wish)
        row.subject_name = await _name(db, row, row.item_count)
    _note(db, row, now)
    await db.flush()
    if row.state != OperationState.PAUSED:
        await _begin(db, row, now)
    return row


def _draw_up(wish: Wish, now: datetime) -> Operation:
    arguments = read(wish.kind, wish.arguments)
    reason = " ".join(wish.reason.split())
    if len(reason) > LONGEST_REASON or (wish.kind in REASON_WANTED and not reason):
        raise CannotOperate("operation_no_reason")
    state = OperationState.PAUSED if FORCE in arguments else starts_as(wish.starts_at, now)
    return Operation(
        id=uuid4(),
        kind=wish.kind,
        state=state,
        arguments=arguments,
        reason=reason,
        made_by=wish.staff_id,
        made_at=now,
        starts_at=wish.starts_at,
    )


def _check_count(count: int, wish: Wish) -> None:
    if count == 0:
        raise CannotOperate("operation_nobody")
    if count > MOST_ITEMS:
        raise CannotOperate("operation_too_many")
    if wish.confirmed is not None and wish.confirmed != count:
        raise CannotOperate("operation_not_seen")


async def _name(db: AsyncSession, row: Operation, count: int) -> str:
    """The number or name of a single device; how many there are of more."""
    if count > 1:
        return str(count)
    item = (await db.exec(select(OperationItem).where(OperationItem.operation_id == row.id))).one()
    whom = Whom(
        meter_ids=(item.meter_id,) if item.meter_id else (),
        concentrator_ids=(item.concentrator_id,) if item.concentrator_id else (),
    )
    found = devices(TRAITS[OperationKind(row.kind)].subject, whom, row.made_at)
    return str((await db.execute(found)).one().name)


def _note(db: AsyncSession, row: Operation, now: datetime) -> None:
    detail: dict[str, str | int | None] = {"kind": row.kind, "items": row.item_count, "subject": row.subject_name}
    if row.reason:
        detail["reason"] = row.reason
    db.add(Audit(staff_id=row.made_by, act="operation_planned", subject_id=row.id, detail=detail, at=now))


async def _begin(db: AsyncSession, row: Operation, now: datetime) -> None:
    """What is small and wanted now does not wait for a step."""
    due = now
    if row.state == OperationState.RUNNING and row.item_count <= pacing.SMALL:
        row.started_at = now
        await pacing.promise_next(db, row, now)
        due = now + pacing.PAUSE
    if row.starts_at is not None and row.state != OperationState.PLANNING:
        due = max(row.starts_at, due)
    await outbox.promise(db, Job.STEP_OPERATION, row.id, due)
