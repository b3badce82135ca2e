"""Work orders: what the network could not do, staff and the resident's own hand can."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.review import ReviewAct, ReviewKind
from app.models import Purchase, Review, Token
from app.outbox import Job
from app.services.reviews import Evidence, Question, Settled, open_review, settle_open

_HEAR_AGAIN = timedelta(hours=1)


async def open_work_order(db: AsyncSession, purchase: Purchase, evidence: Evidence, now: datetime) -> None:
    """Open a work order once per purchase, and send the resident the token if there is one.

    A person who only sent it again gets it back after `_HEAR_AGAIN`, if that did not help.
    """
    known = select(Review.id).where(Review.kind == ReviewKind.WORK_ORDER, Review.subject_id == purchase.id)
    sent_again_long_ago = (col(Review.act) == ReviewAct.RETRY) & (col(Review.settled_at) < now - _HEAR_AGAIN)
    if (await db.exec(known.where(sent_again_long_ago.is_not(True)))).first() is not None:
        return
    about = {"purchase_id": purchase.id, "payment_id": purchase.payment_id, "meter_id": purchase.meter_id}
    await open_review(db, Question(ReviewKind.WORK_ORDER, purchase.id, evidence, **about), now)
    if (await db.exec(select(Token.id).where(Token.purchase_id == purchase.id))).first() is not None:
        await outbox.promise(db, Job.ANNOUNCE_TOKEN, purchase.id, now)


async def close_work_order(db: AsyncSession, purchase_id: UUID, now: datetime) -> None:
    """The credit is in the meter after all: the work order has settled itself."""
    await settle_open(db, purchase_id, Settled(ReviewAct.LANDED, now), [ReviewKind.WORK_ORDER])
