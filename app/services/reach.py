"""Loads what is known of the way to a meter, and which other ways there are (SPEC M-15)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain import unreachable
from app.domain.purchase import PurchaseState
from app.domain.reach import LOOK_BACK, Contact, Reach, reach
from app.domain.review import ReviewKind
from app.domain.unreachable import Record
from app.models import Concentrator, Kiosk, Meter, Note, Purchase, Review
from app.models.kiosk import KioskState
from app.outbox import Job
from app.services.lookup import MeterView

_KIOSK_ALIVE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Advice:
    """What a payer is told before paying. `kiosks`: names of terminals at the meter that are alive;
    they take tokens, and carry no recharge.

    `needs_yes`: nothing but the line can bring the money in, and the line is down: pay only on a deliberate yes.
    """

    reach: Reach
    takes_tokens: bool
    kiosks: tuple[str, ...] = ()

    @property
    def needs_yes(self) -> bool:
        """Is there no other way than to wait?"""
        return self.reach is Reach.DOWN and not self.takes_tokens


async def reach_of(db: AsyncSession, meter_id: UUID, now: datetime) -> Reach:
    """How likely a meter is to take what is sent to it now. One round trip: every balance page asks."""
    asked = {"meter_id": meter_id, "begin": now - LOOK_BACK, "record_begin": now - unreachable.LOOK_BACK}
    front_end, heard_at, silent_after, unanswered, work_orders, *tries = (await db.execute(_CONTACT, asked)).one()
    record = Record(*map(int, tries))
    return reach(Contact(front_end is not None, heard_at, silent_after, int(unanswered), int(work_orders), record), now)


async def advice_for(db: AsyncSession, meter: MeterView, now: datetime) -> Advice:
    """What to tell before money is taken for a meter. The template portal/supply/reach.html says it as `advice`."""
    found = await reach_of(db, meter.id, now)
    if found is Reach.GOOD:
        return Advice(found, meter.takes_tokens)
    return Advice(found, meter.takes_tokens, await kiosks_near(db, meter.concentrator_id, now))


async def kiosks_near(db: AsyncSession, concentrator_id: UUID, now: datetime) -> tuple[str, ...]:
    """Names of the terminals beside the meters of a concentrator, those whose last beat is young enough.

    A terminal whose network is down works all the same, so any that is in use is named where none beats.
    """
    wanted = select(Kiosk).where(Kiosk.concentrator_id == concentrator_id, Kiosk.state == KioskState.ACTIVE)
    found = list(await db.exec(wanted.order_by(col(Kiosk.name))))
    alive = [kiosk for kiosk in found if kiosk.beat_at is not None and now - kiosk.beat_at <= _KIOSK_ALIVE]
    return tuple(kiosk.name for kiosk in alive or found)


_BEGIN: BindParameter[datetime] = bindparam("begin", type_=table_of(Note).c.created_at.type)


def _failed_readings() -> ColumnElement[int]:
    """Tries to read the meter that failed since it was last heard."""
    failed = select(func.coalesce(func.sum(Note.attempts), 0)).where(
        Note.subject_id == Meter.id, Note.job == Job.READ_BALANCE, col(Note.last_error).is_not(None)
    )
    return failed.where(_since_heard()).correlate(Meter).scalar_subquery()


def _failed_downloads() -> ColumnElement[int]:
    """Tries to carry its purchases that failed since it was last heard."""
    failed = (
        select(func.coalesce(func.sum(Note.attempts), 0))
        .join(Purchase, col(Purchase.id) == col(Note.subject_id))
        .where(Purchase.meter_id == Meter.id, col(Purchase.state).in_((PurchaseState.PAID, PurchaseState.SENDING)))
        .where(Note.job == Job.DOWNLOAD_PURCHASE, col(Note.last_error).is_not(None))
    )
    return failed.where(_since_heard()).correlate(Meter).scalar_subquery()


def _since_heard() -> ColumnElement[bool]:
    return (col(Note.created_at) > _BEGIN) & (
        col(Meter.balance_read_at).is_(None) | (col(Note.created_at) > col(Meter.balance_read_at))
    )


def _work_orders() -> ColumnElement[int]:
    opened = select(func.count(col(Review.id))).where(
        Review.meter_id == Meter.id, Review.kind == ReviewKind.WORK_ORDER, col(Review.opened_at) > _BEGIN
    )
    return opened.correlate(Meter).scalar_subquery()


def _of_all_tries(figure: ColumnElement[int]) -> ColumnElement[int]:
    """A figure of the tries of the last weeks, carried or read (`app.services.unreachable` has the same of all)."""
    purchases = select(Purchase.id).where(Purchase.meter_id == Meter.id).correlate(Meter)
    read = (col(Note.job) == Job.READ_BALANCE) & (col(Note.subject_id) == Meter.id)
    carried = (col(Note.job) == Job.DOWNLOAD_PURCHASE) & col(Note.subject_id).in_(purchases)
    return select(figure).where(read | carried, col(Note.created_at) > _RECORD_BEGIN).correlate(Meter).scalar_subquery()


_RECORD_BEGIN: BindParameter[datetime] = bindparam("record_begin", type_=table_of(Note).c.created_at.type)
_GOT_THROUGH = col(Note.done_at).is_not(None) & col(Note.last_error).is_(None)
_CONTACT = sql_select(  # built once: every balance page asks
    col(Concentrator.front_end),
    col(Concentrator.heard_at),
    col(Meter.silent_after),
    _failed_readings() + _failed_downloads(),
    _work_orders(),
    _of_all_tries(func.coalesce(func.sum(Note.attempts), 0)),
    _of_all_tries(func.count().filter(_GOT_THROUGH)),
).where(col(Meter.id) == bindparam("meter_id"), col(Concentrator.id) == col(Meter.concentrator_id))
