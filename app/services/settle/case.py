"""A review with all that it touches, locked."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.settling import Bar, CannotSettle
from app.models import Account, Meter, Payment, Purchase, Review


@dataclass(frozen=True, slots=True)
class Case:
    """What a person decides about; parts that a review does not touch are None."""

    review: Review
    payment: Payment | None
    purchase: Purchase | None
    meter: Meter | None

    @property
    def in_question(self) -> tuple[Purchase, Meter]:
        """The purchase and its meter. Raises CannotSettle where the review names none."""
        if self.purchase is None or self.meter is None:
            raise CannotSettle(Bar.MOVED_ON)
        return self.purchase, self.meter

    def figure(self, name: str) -> int | None:
        """A figure of the evidence; None where it holds none of that name."""
        value = self.review.evidence.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


_ACCOUNT_OF = select(Account.id).where(Account.id == Meter.account_id).with_for_update(of=Account)


async def load_case(db: AsyncSession, review_id: UUID) -> Case:
    """Lock what may change, in the order of the jobs: notes, payment, account, purchase, meter; the review itself last.

    The account comes before its meters, as for money that comes in: a new purchase refers to a meter's row, and waits
    for whoever has it locked.

    Raises NoResultFound for a review that is not there.
    """
    seen = await db.get_one(Review, review_id)
    await outbox.hold(db, seen.subject_id)
    payment = await db.get_one(Payment, seen.payment_id, with_for_update=True) if seen.payment_id else None
    if seen.meter_id:
        await db.exec(_ACCOUNT_OF.where(Meter.id == seen.meter_id))
    purchase = await db.get_one(Purchase, seen.purchase_id, with_for_update=True) if seen.purchase_id else None
    meter = await db.get_one(Meter, seen.meter_id, with_for_update=LOCK) if seen.meter_id else None
    review = await db.get_one(Review, review_id, with_for_update=True, populate_existing=True)
    return Case(review, payment, purchase, meter)


async def read_case(db: AsyncSession, review: Review) -> Case:
    """The same for eyes only: nothing is locked."""
    return Case(
        review,
        await db.get(Payment, review.payment_id) if review.payment_id else None,
        await db.get(Purchase, review.purchase_id) if review.purchase_id else None,
        await db.get(Meter, review.meter_id) if review.meter_id else None,
    )
