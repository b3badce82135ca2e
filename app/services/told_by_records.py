"""A purchase waits before a person because recharges of others passed its number: the meter's own records may tell.

It is promised wherever somebody carried a purchase and nothing that came back says what became of it. Each try reads
the wallet and then the record of its number, and sends nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app import outbox
from app.domain.download import Record, Verdict, back_off, by_number, confusion
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.models import Meter, Purchase, Review
from app.outbox import Job, Taken
from app.ports import FrameRecord, Gateway, Refused, Target, Unknown, Unreachable, Wallet
from app.services import exchanges, fulfilment, meter_records
from app.services.carrying import Answer, Ending
from app.services.purchases import is_of_older_run, lock_with_meter
from app.services.renumbering import go_anew, may_go_anew
from app.services.reviews import Settled, settle_open
from app.services.targets import load_way

VERB = "read_records"
_QUESTIONS = (ReviewKind.COUNT_CONFUSED, ReviewKind.METER_REFUSED)


@dataclass(frozen=True, slots=True)
class Errand:
    """A meter to be asked what it wrote down under the number of one purchase."""

    note: Taken
    target: Target
    number: int


@dataclass(slots=True)
class Told:
    """What it said. `wallet` None: it could not be asked, `reason` says why."""

    frames: list[FrameRecord] = field(default_factory=list)
    wallet: Wallet | None = None
    record: Record | None = None
    reason: str = ""


async def promise(db: AsyncSession, purchase: Purchase, meter: Meter, now: datetime) -> None:
    """Promise that the meter is asked, where a question about a numbered purchase is open."""
    if purchase.number is not None and purchase.state == PurchaseState.REVIEW:
        await outbox.promise(db, Job.READ_RECORDS, purchase.id, now, concentrator_id=meter.concentrator_id)


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note; None: nothing to do, or somebody has decided meanwhile."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    purchase, meter, target = await load_way(db, note.subject_id, lock=False)
    keeps_none = target.sts is not None or target.group is not None or is_of_older_run(purchase, meter)
    if purchase.state != PurchaseState.REVIEW or purchase.number is None or keeps_none:
        await outbox.keep(db, note, now)
        return None
    return Errand(note, target, purchase.number)


async def ask(gateway: Gateway, errand: Errand) -> Told:
    """Read the wallet, and the record of our number where the meter counts that far or was set back."""
    told = Told()
    try:
        match await gateway.read_wallet(errand.target, told.frames):
            case Wallet(count=int(count)) as wallet:
                told.record = await _record(gateway, errand, count, told)
                told.wallet = wallet
            case Wallet():
                told.reason = "no_count"
            case Refused(code=code):
                told.reason = f"read_refused:{code}"
            case Unknown(reason=reason):
                told.reason = reason
    except Unreachable as error:
        told.reason = error.reason
    return told


async def _record(gateway: Gateway, errand: Errand, count: int, told: Told) -> Record | None:
    if count == errand.number - 1:
        return None  # it surely is not there, and there is no record to look for
    return await meter_records.of_number(gateway, errand.target, errand.number, count, told.frames)


async def conclude(db: AsyncSession, errand: Errand, told: Told, now: datetime) -> None:
    """Settle what the meter proved; else a person sees what it said. It is asked again where it was not reached."""
    if told.wallet is None:
        due = now + back_off(errand.note.attempts)
        if not await outbox.postpone(db, errand.note, due, told.reason):
            return
    elif not await outbox.keep(db, errand.note, now):
        return
    purchase, meter = await lock_with_meter(db, errand.note.subject_id)
    about = exchanges.About(verb=VERB, meter_id=meter.id, purchase_id=purchase.id)
    await exchanges.store(db, told.frames, about)
    moved_on = purchase.state != PurchaseState.REVIEW or purchase.number != errand.number
    if moved_on or told.wallet is None or told.wallet.count is None:
        return
    match by_number(errand.number, purchase.credit_minor, told.record):
        case Verdict.LANDED:
            await _landed(db, purchase, meter, told, now)
        case Verdict.NOT_YET if await _free(db, purchase, meter, told.wallet.count):
            await go_anew(db, purchase, meter, told.wallet.count, now)
            await _settle(db, purchase, ReviewAct.RETRY, now)
        case _:
            await _show(db, purchase, told.wallet, told.record, now)


async def _landed(db: AsyncSession, purchase: Purchase, meter: Meter, told: Told, now: datetime) -> None:
    landed = Answer(Ending.LANDED, reason="found_by_record", after=told.wallet)
    await fulfilment.credit(db, purchase, meter, landed, now)
    await _settle(db, purchase, ReviewAct.LANDED, now)


async def _free(db: AsyncSession, purchase: Purchase, meter: Meter, count: int) -> bool:
    """What a meter refused for a reason of its own is not sent again by itself."""
    if not await may_go_anew(db, purchase, meter, count):
        return False
    refused = _open(purchase).where(Review.kind == ReviewKind.METER_REFUSED)
    return (await db.exec(refused)).first() is None


async def _show(db: AsyncSession, purchase: Purchase, wallet: Wallet, record: Record | None, now: datetime) -> None:
    """Who decides sees what the meter says by now, and why that proves nothing."""
    number, count = purchase.number or 0, wallet.count or 0
    ours = record if record is not None and record.count == number else None
    said: Mapping[str, str | int | None] = {
        "count": count,
        "balance_minor": wallet.balance_minor,
        "own_record_minor": ours.amount_minor if ours else None,
        "read_at": now.isoformat(),
    }
    why = confusion(number, count, maybe_sent=True).value if count != number - 1 else None
    for review in list(await db.exec(_open(purchase).with_for_update())):
        review.evidence = dict(review.evidence) | dict(said)
        if why and review.kind == ReviewKind.COUNT_CONFUSED:
            review.evidence = review.evidence | {"reason": why}


def _open(purchase: Purchase) -> SelectOfScalar[Review]:
    wanted = select(Review).where(Review.subject_id == purchase.id, col(Review.kind).in_(_QUESTIONS))
    return wanted.where(col(Review.settled_at).is_(None))


async def _settle(db: AsyncSession, purchase: Purchase, act: ReviewAct, now: datetime) -> None:
    """What was asked has answered itself."""
    await settle_open(db, purchase.id, Settled(act, now), (*_QUESTIONS, ReviewKind.ATTEMPTS_SPENT))
