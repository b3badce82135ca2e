"""Master meters (总表): added, changed and taken away; each gets a measuring point of its concentrator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.archive import Hanging, Protocol, check_master
from app.domain.master_file import is_name
from app.models import Audit, Concentrator, Curve, MasterMeter, Meter
from app.services.archive.hanging import hanging_of_master
from app.services.archive.noting import Act
from app.services.archive.rules import terms_for
from app.services.collection.points import free_points


class MasterRefused(Exception):
    """What a master meter cannot be. `code`: master_name, master_address_taken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class MasterWish:
    """A master meter as it is to be."""

    name: str
    hanging: Hanging


async def masters_of(db: AsyncSession, concentrator_id: UUID) -> Sequence[MasterMeter]:
    """Those of one concentrator, by name."""
    wanted = select(MasterMeter).where(MasterMeter.concentrator_id == concentrator_id)
    return (await db.exec(wanted.order_by(col(MasterMeter.name), col(MasterMeter.id)))).all()


async def add_master(
    db: AsyncSession, concentrator_id: UUID, wish: MasterWish, staff_id: UUID | None, now: datetime
) -> MasterMeter:
    """Add one. Raises BadHanging, MasterRefused, NoPointLeft, NoResultFound."""
    await db.get_one(Concentrator, concentrator_id, with_for_update=LOCK)
    check_master(wish.hanging, await terms_for(db, concentrator_id))
    await _demand_free(db, None, wish)
    point = next(await free_points(db, concentrator_id))
    row = MasterMeter(concentrator_id=concentrator_id, name="", address="", point=point)
    _fill(row, wish)
    db.add(row)
    _note(db, act_on("master_meter_added", concentrator_id, wish), staff_id, now)
    await db.flush()
    return row


async def change_master(
    db: AsyncSession, master_id: UUID, wish: MasterWish, staff_id: UUID | None, now: datetime
) -> MasterMeter:
    """Change one. Raises BadHanging, MasterRefused, NoResultFound."""
    row = await db.get_one(MasterMeter, master_id, with_for_update=True)
    check_master(wish.hanging, await terms_for(db, row.concentrator_id))
    await _demand_free(db, row.id, wish)
    rewrite(row, wish)
    _note(db, act_on("master_meter_changed", row.concentrator_id, wish), staff_id, now)
    await db.flush()
    return row


def rewrite(row: MasterMeter, wish: MasterWish) -> None:
    """Let a locked one be what is wished.

    Where it hangs otherwise, its concentrator does not have it so yet; what it is called, no concentrator knows.
    """
    if hanging_of_master(row) != wish.hanging:
        row.held_at = None
    _fill(row, wish)


async def remove_master(db: AsyncSession, master_id: UUID, staff_id: UUID | None, now: datetime) -> None:
    """Take one away, and its curves. Raises NoResultFound."""
    row = await db.get_one(MasterMeter, master_id, with_for_update=True)
    await db.execute(delete(Curve).where(col(Curve.master_id) == row.id))
    await db.delete(row)
    gone = MasterWish(row.name, hanging_of_master(row))
    _note(db, act_on("master_meter_removed", row.concentrator_id, gone), staff_id, now)
    await db.flush()


def _fill(row: MasterMeter, wish: MasterWish) -> None:
    hanging = wish.hanging
    row.name, row.address, row.port = wish.name.strip(), hanging.address, hanging.port
    row.protocol, row.baud = Protocol(hanging.protocol), hanging.baud


async def _demand_free(db: AsyncSession, master_id: UUID | None, wish: MasterWish) -> None:
    if not is_name(wish.name.strip()):
        raise MasterRefused("master_name")
    others = select(MasterMeter.id).where(MasterMeter.address == wish.hanging.address, MasterMeter.id != master_id)
    meters = select(Meter.id).where(Meter.address == wish.hanging.address)
    for wanted in (others, meters):
        if (await db.exec(wanted)).first() is not None:
            raise MasterRefused("master_address_taken")


def act_on(act: str, concentrator_id: UUID, master: MasterWish) -> Act:
    """What the audit log says of one of them."""
    hanging = master.hanging
    detail: dict[str, str | int | None] = {"subject": master.name.strip(), "address": hanging.address}
    detail["port"] = hanging.port
    return Act(act, concentrator_id, detail)


def _note(db: AsyncSession, act: Act, staff_id: UUID | None, now: datetime) -> None:
    db.add(Audit(staff_id=staff_id, act=act.act, subject_id=act.subject_id, detail=dict(act.detail), at=now))
