"""The reviews as staff see them: what is open, oldest first, and what was decided (SPEC M-12)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from app.domain.review import ReviewAct, ReviewKind
from app.models import Account, Meter, MeterModel, Payment, Purchase, Review, Staff
from app.services.purchases import STS_PROFILE
from app.services.reviews import Evidence
from app.services.settle.outlook import Outlook, look_ahead

PAGE = 50


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One review. `currency` None: the utility's own. `amount_minor` None: it is not about money."""

    id: UUID
    kind: ReviewKind
    opened_at: datetime
    settled_at: datetime | None
    act: ReviewAct | None
    amount_minor: int | None
    currency: str | None
    meter_number: str | None
    purchase_ref: str | None
    payment_ref: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reviews: the open or the settled, of one kind or of all, from the `skip`-th on."""

    settled: bool = False
    kind: ReviewKind | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Docket:
    """A page of reviews. `open_by_kind` counts what is open, whatever was asked for."""

    lines: tuple[ReviewLine, ...]
    more: bool
    open_by_kind: dict[ReviewKind, int]


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """What our books and the last reading say of the meter in question."""

    number: str
    account_number: str
    purchase_count: int
    by_token: bool
    balance_minor: int | None
    balance_read_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review with all that helps to decide it. `outlook` None: it is settled. `others`: open about the same."""

    line: ReviewLine
    settled_by: str | None
    remark: str
    meter: MeterFacts | None
    outlook: Outlook | None
    others: tuple[ReviewLine, ...]


async def list_reviews(db: AsyncSession, wanted: Wanted) -> Docket:
    """A page of reviews: open ones oldest first, settled ones newest first."""
    rows = _lines().offset(wanted.skip).limit(PAGE + 1)
    if wanted.kind is not None:
        rows = rows.where(Review.kind == wanted.kind)
    if wanted.settled:
        rows = rows.where(col(Review.settled_at).is_not(None)).order_by(col(Review.settled_at).desc(), col(Review.id))
    else:
        rows = rows.where(col(Review.settled_at).is_(None)).order_by(col(Review.opened_at), col(Review.id))
    found = [_line(*row) for row in await db.exec(rows)]
    return Docket(tuple(found[:PAGE]), len(found) > PAGE, await _open_by_kind(db))


async def count_open(db: AsyncSession) -> int:
    """How many questions wait for a person."""
    counted = select(func.count()).select_from(Review).where(col(Review.settled_at).is_(None))
    return (await db.exec(counted)).one()


async def view_review(db: AsyncSession, review_id: UUID) -> ReviewView | None:
    """One review with what helps to decide it; None if there is none of that id."""
    row = (await db.exec(_lines().where(Review.id == review_id))).first()
    if row is None:
        return None
    review = row[0]
    person = await db.get(Staff, review.settled_by) if review.settled_by else None
    return ReviewView(
        line=_line(*row),
        settled_by=person.name if person else None,
        remark=review.remark,
        meter=await _meter_facts(db, review.meter_id),
        outlook=None if review.settled_at else await look_ahead(db, review),
        others=await _others(db, review),
    )


def _lines() -> Select[Review, Purchase, Payment, Meter]:
    return (
        select(Review, Purchase, Payment, Meter)
        .join(Purchase, col(Purchase.id) == col(Review.purchase_id), isouter=True)
        .join(Payment, col(Payment.id) == col(Review.payment_id), isouter=True)
        .join(Meter, col(Meter.id) == col(Review.meter_id), isouter=True)
    )


def _line(review: Review, purchase: Purchase | None, payment: Payment | None, meter: Meter | None) -> ReviewLine:
    paid = review.evidence.get("paid_minor")
    booked = purchase.amount_minor if purchase else None
    return ReviewLine(
        id=review.id,
        kind=ReviewKind(review.kind),
        opened_at=review.opened_at,
        settled_at=review.settled_at,
        act=ReviewAct(review.act) if review.act else None,
        amount_minor=paid if isinstance(paid, int) else booked,
        currency=str(review.evidence.get("foreign") or "") or None,
        meter_number=meter.number if meter else None,
        purchase_ref=purchase.ref if purchase else None,
        payment_ref=payment.ref if payment else None,
        evidence=review.evidence,
    )


async def _meter_facts(db: AsyncSession, meter_id: UUID | None) -> MeterFacts | None:
    wanted = (
        select(Meter, Account.number, MeterModel.profile)
        .join(Account, col(Account.id) == col(Meter.account_id))
        .join(MeterModel, col(MeterModel.id) == col(Meter.model_id))
    )
    row = (await db.exec(wanted.where(Meter.id == meter_id))).first()
    if row is None:
        return None
    meter, account_number, profile = row
    return MeterFacts(
        number=meter.number,
        account_number=account_number,
        purchase_count=meter.purchase_count,
        by_token=profile == STS_PROFILE,
        balance_minor=meter.balance_minor,
        balance_read_at=meter.balance_read_at,
    )


async def _others(db: AsyncSession, review: Review) -> tuple[ReviewLine, ...]:
    """What else is open about the same meter, since one answer often settles two questions."""
    if review.meter_id is None:
        return ()
    rows = _lines().where(Review.meter_id == review.meter_id, Review.id != review.id)
    rows = rows.where(col(Review.settled_at).is_(None)).order_by(col(Review.opened_at)).limit(PAGE)
    return tuple(_line(*row) for row in await db.exec(rows))


async def _open_by_kind(db: AsyncSession) -> dict[ReviewKind, int]:
    counted = select(Review.kind, func.count()).where(col(Review.settled_at).is_(None)).group_by(col(Review.kind))
    return {ReviewKind(kind): count for kind, count in await db.exec(counted)}
