"""What is out of the house has somebody who answers for it: given back by a person, asked for when its time is over."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.handheld import HandheldState, LineState
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.models import Audit, HandheldFile, HandheldLine, Review
from app.outbox import Job
from app.services import told_by_records
from app.services.handhelds.applying import close
from app.services.handhelds.making import CannotCarry
from app.services.purchases import lock_with_meter
from app.services.reviews import Question, open_review

LONGEST_REMARK = 500
_A_ROUND = 100


async def give_back(db: AsyncSession, file_id: UUID, staff_id: UUID, remark: str, now: datetime) -> int:
    """What no result came for is not going to be carried out: a person says so, and why. Return how many orders.

    Their purchases go on over the air, which reads the meter first. Raises CannotCarry.
    """
    remark = " ".join(remark.split())[:LONGEST_REMARK]
    if not remark:
        raise CannotCarry("handheld_no_remark")
    carried = select(HandheldLine.purchase_id).where(
        HandheldLine.file_id == file_id, HandheldLine.state == LineState.OUT
    )
    purchases = sorted(each for each in await db.exec(carried) if each is not None)
    for purchase_id in purchases:
        await outbox.hold(db, purchase_id)
        await lock_with_meter(db, purchase_id)
    file = await db.get_one(HandheldFile, file_id, with_for_update=True, populate_existing=True)
    if file.state != HandheldState.OUT:
        raise CannotCarry("handheld_closed")
    lines = select(HandheldLine).where(HandheldLine.file_id == file.id, HandheldLine.state == LineState.OUT)
    found = (await db.exec(lines.with_for_update())).all()
    for line in found:
        line.state, line.ended_at = LineState.GIVEN_BACK, now
        if line.written_at is None and line.purchase_id is not None:
            await _never_left(db, line.purchase_id)
    file.remark = remark
    await close(db, file, now, staff_id)
    for purchase_id in purchases:
        await outbox.hurry(db, purchase_id, Job.DOWNLOAD_PURCHASE, now)
        await told_by_records.promise(db, *await lock_with_meter(db, purchase_id), now)
    detail: dict[str, str | int | None] = {"items": len(found), "subject": file.ref, "remark": remark}
    db.add(Audit(staff_id=staff_id, act="handheld_given_back", subject_id=file.id, detail=detail, at=now))
    return len(found)


async def _never_left(db: AsyncSession, purchase_id: UUID) -> None:
    """Nobody ever had that file: the purchase is as it would be without it."""
    purchase, _ = await lock_with_meter(db, purchase_id)
    purchase.sends -= 1
    if purchase.sends == 0 and purchase.state == PurchaseState.SENDING:
        purchase.state, purchase.number, purchase.sending_since = PurchaseState.PAID, None, None


async def find_overdue(db: AsyncSession, now: datetime) -> int:
    """Ask staff, once a file, for what has not come back in its time. Return how many files are asked for."""
    asked = select(Review.id).where(Review.kind == ReviewKind.HANDHELD, col(Review.subject_id) == col(HandheldFile.id))
    overdue = select(HandheldFile).where(HandheldFile.state == HandheldState.OUT, col(HandheldFile.due_at) < now)
    files = await db.exec(overdue.where(~asked.exists()).order_by(col(HandheldFile.due_at)).limit(_A_ROUND))
    count = 0
    for file in files.all():
        out = select(func.count()).where(HandheldLine.file_id == file.id, HandheldLine.state == LineState.OUT)
        evidence: dict[str, str | int | None] = {
            "reason": "handheld_overdue",
            "file": file.ref,
            "holder": file.holder,
            "items": (await db.exec(out)).one(),
        }
        count += await open_review(db, Question(ReviewKind.HANDHELD, file.id, evidence), now)
    return count
