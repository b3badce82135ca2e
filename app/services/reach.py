"""Loads what is known of the way to a meter, and which other ways there are (SPEC M-15)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase import PurchaseState
from app.domain.reach import LOOK_BACK, Contact, Reach, reach
from app.domain.review import ReviewKind
from app.models import Concentrator, Kiosk, Meter, Note, Purchase, Review
from app.models.kiosk import KioskState
from app.outbox import Job
from app.services.lookup import MeterView

_KIOSK_ALIVE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Advice:
    """What a payer is told before paying. `kiosks`: names of terminals at the meter that are alive.

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
    """How likely a meter is to take what is sent to it now."""
    place = select(Meter, Concentrator).where(Meter.id == meter_id, Concentrator.id == Meter.concentrator_id)
    meter, concentrator = (await db.exec(place)).one()
    return reach(
        Contact(
            linked=concentrator.front_end is not None,
            link_heard_at=concentrator.heard_at,
            silent_after=meter.silent_after,
            unanswered=await _unanswered(db, meter, now),
            work_orders=await _work_orders(db, meter.id, now),
        ),
        now,
    )


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


async def _unanswered(db: AsyncSession, meter: Meter, now: datetime) -> int:
    """Failed tries of readings and downloads since the meter was last heard."""
    since = max(now - LOOK_BACK, meter.balance_read_at or now - LOOK_BACK)
    asked = select(func.coalesce(func.sum(Note.attempts), 0)).where(
        Note.subject_id == meter.id, Note.job == Job.READ_BALANCE, col(Note.last_error).is_not(None)
    )
    waiting = (PurchaseState.PAID, PurchaseState.SENDING)
    carried = (
        select(func.coalesce(func.sum(Note.attempts), 0))
        .join(Purchase, col(Purchase.id) == col(Note.subject_id))
        .where(Purchase.meter_id == meter.id, col(Purchase.state).in_(waiting))
        .where(Note.job == Job.DOWNLOAD_PURCHASE, col(Note.last_error).is_not(None))
    )
    lately = col(Note.created_at) > since
    return int((await db.exec(asked.where(lately))).one()) + int((await db.exec(carried.where(lately))).one())


async def _work_orders(db: AsyncSession, meter_id: UUID, now: datetime) -> int:
    opened = select(func.count()).where(
        Review.meter_id == meter_id, Review.kind == ReviewKind.WORK_ORDER, col(Review.opened_at) > now - LOOK_BACK
    )
    return (await db.exec(opened)).one()
