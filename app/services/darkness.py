"""Loads everything that may explain a dark home (SPEC M-1, R-5)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.announcement import Phase
from app.domain.darkness import Cause, Next, Signs, cause, next_step
from app.domain.review import ReviewKind
from app.models import Meter, Note, Purchase, Review
from app.outbox import Job
from app.services.announcements import NoticeView, shown_for
from app.services.brake import Hold, Unresolved
from app.services.checkout import under_way
from app.services.lookup import MeterView


@dataclass(frozen=True, slots=True)
class Darkness:
    """The one cause, what to do next, and the evidence: figures with their age, notices and money under way."""

    cause: Cause
    next: Next
    signs: Signs
    notices: tuple[NoticeView, ...] = ()
    coming: tuple[Unresolved, ...] = ()

    @property
    def outage(self) -> NoticeView | None:
        """The outage that holds at the place."""
        return next((view for view in self.notices if view.outage and view.in_force), None)

    @property
    def restored(self) -> NoticeView | None:
        """The outage that is said to be over, to which one may answer "still out"."""
        return next((view for view in self.notices if view.outage and view.phase is Phase.RESTORED), None)

    @property
    def credit_too(self) -> bool:
        """Would the home stay dark for want of money after the other cause has gone?"""
        return self.cause is not Cause.CREDIT and self.cause is not Cause.ON_ITS_WAY and self.signs.out_of_credit


async def why_dark(db: AsyncSession, meter: MeterView, now: datetime) -> Darkness:
    """Why a home is dark, as far as we know."""
    notices = await shown_for(db, meter.id, now)
    coming = tuple(each for each in await under_way(db, meter.id, now) if each.hold is not Hold.PAYING)
    signs = await _signs(db, meter, notices, now, coming=bool(coming))
    found = cause(signs, now)
    return Darkness(found, next_step(found, signs), signs, notices, coming)


async def _signs(
    db: AsyncSession, meter: MeterView, notices: tuple[NoticeView, ...], now: datetime, *, coming: bool
) -> Signs:
    row = await db.get_one(Meter, meter.id)
    outage = next((view for view in notices if view.outage and view.in_force), None)
    back_at = max(
        (view.restored_at for view in notices if view.phase is Phase.RESTORED and view.restored_at), default=None
    )
    return Signs(
        supply=meter.supply,
        supply_read_at=meter.supply_read_at,
        balance_minor=meter.balance_minor,
        balance_read_at=meter.read_at,
        reclose_limit_minor=meter.reclose_limit_minor,
        overdraft_limit_minor=row.overdraft_limit_minor,
        linked=meter.linked,
        silent=row.silent_after is not None and now > row.silent_after,
        outage_since=outage.from_at if outage else None,
        outage_planned=outage is not None and outage.kind == "planned",
        money_coming=coming or await _relay_in_hand(db, meter.id),
        fault_known=await _fault_known(db, meter.id),
        restored=back_at is not None and (meter.read_at is None or meter.read_at < back_at),
    )


async def _relay_in_hand(db: AsyncSession, meter_id: UUID) -> bool:
    """The money of a purchase is in the meter, and its relay is being seen to."""
    open_ = (
        select(Note.id)
        .join(Purchase, col(Purchase.id) == col(Note.subject_id))
        .where(Purchase.meter_id == meter_id, Note.job == Job.CHECK_RELAY, col(Note.done_at).is_(None))
    )
    return (await db.exec(open_.limit(1))).first() is not None


async def _fault_known(db: AsyncSession, meter_id: UUID) -> bool:
    asked = select(Review.id).where(Review.meter_id == meter_id, Review.kind == ReviewKind.RELAY_NOT_PROVED)
    return (await db.exec(asked.where(col(Review.settled_at).is_(None)).limit(1))).first() is not None
