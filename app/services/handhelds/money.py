"""A purchase that was carried in a hand-held: credited once, by the meter's own count, or a person looks."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.handheld import Finding, LineState, Said, of_recharge, of_tokens
from app.domain.purchase import ON_ITS_WAY, PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.wallet import BalanceSource
from app.models import HandheldFile, HandheldLine, Meter, Purchase
from app.outbox import Job
from app.services import fulfilment, told_by_records
from app.services.carrying import Answer, Ending
from app.services.purchases import lock_with_meter
from app.services.readings import record_balance
from app.services.reviews import Evidence, Question, Settled, open_review, settle_open

_WAY = (Job.ISSUE_TOKEN, Job.DOWNLOAD_PURCHASE, Job.READ_RECORDS)
_ASKED = (ReviewKind.METER_REFUSED, ReviewKind.COUNT_CONFUSED, ReviewKind.ATTEMPTS_SPENT)


@dataclass(frozen=True, slots=True)
class Case:
    """An order with its purchase and its meter, all locked in the order of the jobs. `file`: the one it went out in."""

    file: HandheldFile
    line: HandheldLine
    purchase: Purchase
    meter: Meter

    @property
    def moved(self) -> bool:
        """Is the purchase no longer what was carried?"""
        gone = self.purchase.state in (PurchaseState.REFUNDED, PurchaseState.SETTLED)
        elsewhere = self.purchase.meter_id != self.line.meter_id
        return gone or elsewhere or (self.line.number is not None and self.purchase.number != self.line.number)


async def judge(db: AsyncSession, case: Case, said: Said, now: datetime) -> Finding:
    """Say what a believable row proves, and book it."""
    number = case.line.number
    found = of_tokens(said) if number is None else of_recharge(number, case.purchase.credit_minor, said)
    if said.balance_minor is not None and said.at is not None and case.purchase.meter_id == case.line.meter_id:
        await record_balance(db, case.meter, said.balance_minor, BalanceSource.READBACK, said.at)
    match found:
        case Finding.DONE:
            return await _landed(db, case, said, now)
        case Finding.REFUSED:
            return await _refused(db, case, said, now)
        case Finding.COUNT_CONFUSED:
            return await _confused(db, case, said, now)
        case Finding.COUNT_SAYS_NO if _credited_before(case, said):
            await ask(db, case, "count_says_no", said, now)
    return found


def _credited_before(case: Case, said: Said) -> bool:
    credited = case.purchase.credited_at
    return credited is not None and said.at is not None and said.at > credited


async def _landed(db: AsyncSession, case: Case, said: Said, now: datetime) -> Finding:
    if case.purchase.state == PurchaseState.CREDITED and case.purchase.meter_id == case.line.meter_id:
        return Finding.ALREADY
    if case.moved:
        await ask(db, case, "gone_otherwise", said, now)
        return Finding.GONE_OTHERWISE
    await fulfilment.credit(db, case.purchase, case.meter, Answer(Ending.LANDED, reason="handheld"), now)
    case.purchase.balance_after_minor = said.balance_minor
    await _end_the_way(db, case.purchase, now)
    return Finding.DONE


async def _end_the_way(db: AsyncSession, purchase: Purchase, now: datetime) -> None:
    """Whoever tries it at this moment concludes nothing any more, and what was asked about it has answered itself."""
    await outbox.overtake(db, purchase.id, _WAY, now, "brought in by a hand-held")
    await settle_open(db, purchase.id, Settled(ReviewAct.LANDED, now), _ASKED)


async def _refused(db: AsyncSession, case: Case, said: Said, now: datetime) -> Finding:
    """The meter said no. The number stays: the air may have brought it in since, and is asked before that is freed."""
    if case.purchase.state == PurchaseState.CREDITED:
        return Finding.ALREADY
    if case.purchase.state in (PurchaseState.PAID, PurchaseState.SENDING) and not case.moved:
        case.purchase.state, case.purchase.trouble = PurchaseState.REVIEW, "handheld_refused"
        code = f"handheld_refused:{said.refusal}" if said.refusal else "handheld_refused"
        count = said.count if await _only_carried(db, case.purchase) else None
        evidence: Evidence = {"code": code, "number": case.line.number, "count": count}
        await _open(db, ReviewKind.METER_REFUSED, case, evidence, now)
    return Finding.REFUSED


async def _confused(db: AsyncSession, case: Case, said: Said, now: datetime) -> Finding:
    """The count is neither ours nor the one before it."""
    if case.purchase.state == PurchaseState.CREDITED and (said.count or 0) > (case.line.number or 0):
        return Finding.ALREADY  # and another one after it
    if case.purchase.state in ON_ITS_WAY and not case.moved:
        case.purchase.state, case.purchase.trouble = PurchaseState.REVIEW, "count_confused"
        count = said.count if await _only_carried(db, case.purchase) else None
        evidence: Evidence = {"number": case.line.number, "count": count, "record_minor": said.newest_minor}
        await _open(db, ReviewKind.COUNT_CONFUSED, case, evidence, now)
    elif _credited_before(case, said):
        await ask(db, case, "count_says_no", said, now)
    return Finding.COUNT_CONFUSED


async def _only_carried(db: AsyncSession, purchase: Purchase) -> bool:
    """Was it carried, and never sent over the air? Else the count that was read on the spot may be out of date: what
    the air sent may have come in after it."""
    carried = select(func.count()).select_from(HandheldLine).where(HandheldLine.purchase_id == purchase.id)
    going = carried.where(HandheldLine.state != LineState.LEFT_OUT)
    return purchase.sends <= (await db.exec(going)).one()


async def ask(db: AsyncSession, case: Case, why: str, said: Said, now: datetime) -> None:
    """A person must look: what came back does not fit what we know of the money."""
    evidence: Evidence = {
        "reason": why,
        "file": case.file.ref,
        "holder": case.file.holder,
        "number": case.line.number,
        "count": said.count,
        "balance_minor": said.balance_minor,
    }
    about = {"purchase_id": case.purchase.id, "meter_id": case.line.meter_id}
    await open_review(db, Question(ReviewKind.HANDHELD, case.line.id, evidence, **about), now)


async def _open(db: AsyncSession, kind: ReviewKind, case: Case, evidence: Evidence, now: datetime) -> None:
    p = case.purchase
    about = {"purchase_id": p.id, "payment_id": p.payment_id, "meter_id": p.meter_id}
    await open_review(db, Question(kind, p.id, evidence, **about), now)
    await told_by_records.promise(db, p, case.meter, now)


async def lock(db: AsyncSession, line: HandheldLine) -> tuple[Purchase, Meter] | None:
    """Lock the purchase of an order and its meter, as its jobs do; None: it carries none. The notes are held."""
    return None if line.purchase_id is None else await lock_with_meter(db, line.purchase_id)
