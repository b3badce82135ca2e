"""Settles reviews: what a person decides about money and meters, once, and only what is true to both (SPEC M-12)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.review import ACTS, ReviewAct, ReviewKind
from app.domain.settling import Bar, CannotSettle
from app.models import Audit, Review
from app.services import refunds
from app.services.fees import deciding
from app.services.settle import credit, moving, setting_back, suspense
from app.services.settle.case import Case, load_case

LONGEST_REMARK = 2000


@dataclass(frozen=True, slots=True)
class Decision:
    """What a member of staff decided about a review, and why. `meter_number`: of a move, into which meter."""

    review_id: UUID
    act: ReviewAct
    remark: str
    staff_id: UUID
    meter_number: str = ""


async def settle(db: AsyncSession, decision: Decision, now: datetime) -> Review:
    """Settle a review once. Raises CannotSettle, and NoResultFound for a review that is not there.

    The caller rings the bell after the commit: what was decided is promised here.
    """
    case = await load_case(db, decision.review_id)
    _check(case.review, decision)
    if case.review.kind == ReviewKind.ENERGY_IN_DOUBT:
        await deciding.decide(db, case.review, decision.act)
    amount = await _act(db, case, decision, now)
    _record(db, case.review, decision, amount, now)
    await db.flush()
    return case.review


def _check(review: Review, decision: Decision) -> None:
    if review.settled_at is not None:
        raise CannotSettle(Bar.ALREADY_SETTLED)
    if decision.act not in ACTS[ReviewKind(review.kind)]:
        raise CannotSettle(Bar.ACT_NOT_ALLOWED)
    if not decision.remark.strip():
        raise CannotSettle(Bar.REMARK_MISSING)


async def _act(db: AsyncSession, case: Case, decision: Decision, now: datetime) -> int | None:
    """Do it; return the money it moved, if any."""
    about_money = case.review.kind in suspense.ABOUT_MONEY
    match decision.act:
        case ReviewAct.MOVE:
            return await moving.move(db, case, decision.meter_number, now)
        case ReviewAct.REFUND:
            return await (suspense.refund(db, case, now) if about_money else credit.refund(db, case, now))
        case ReviewAct.ACCEPT:
            return await suspense.accept(db, case, now)
        case ReviewAct.LANDED:
            return await credit.believe(db, case, now)
        case ReviewAct.RETRY:
            await _retry(db, case, now)
        case ReviewAct.SET_BACK:
            await setting_back.set_back(db, case, now)
        case ReviewAct.WARNED | ReviewAct.NOTE:
            pass  # the record is the act: the gate before cuts reads it (`app.services.cut_facts`)
    return None


async def _retry(db: AsyncSession, case: Case, now: datetime) -> None:
    match ReviewKind(case.review.kind):
        case ReviewKind.RELAY_NOT_PROVED:
            await credit.look_at_relay(db, case, now)
        case ReviewKind.REFUND_REFUSED:
            await refunds.try_again(db, case.review.subject_id, now)
        case ReviewKind.ENERGY_IN_DOUBT:
            pass  # it is no purchase; the next sweep looks again
        case ReviewKind.WORK_ORDER:
            await credit.try_now(db, case, now)
        case ReviewKind.ATTEMPTS_SPENT:
            await credit.hurry(db, case, now)
        case _:
            await credit.send_again(db, case, now)


def _record(db: AsyncSession, review: Review, decision: Decision, amount: int | None, now: datetime) -> None:
    review.settled_at, review.settled_by = now, decision.staff_id
    review.act, review.remark = decision.act.value, decision.remark.strip()[:LONGEST_REMARK]
    detail: dict[str, str | int | None] = {"kind": review.kind, "act": review.act, "amount_minor": amount}
    db.add(Audit(staff_id=decision.staff_id, act="review_settled", subject_id=review.id, detail=detail, at=now))
