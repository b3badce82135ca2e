"""Carries a purchase to its meter: a short transaction, then the wire, then a short transaction (SPEC L-5, H-7)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.dialling import Way
from app.domain.download import (
    Confusion,
    back_off,
    confusion,
    is_of_another_moment,
    moment_may_tell,
    needs_work_order,
)
from app.domain.fees import FeeControl
from app.domain.ledger import BookingKind, credit_booking
from app.domain.meter_life import MeterLife
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.review import ReviewKind
from app.domain.wallet import BalanceSource
from app.models import Meter, Purchase
from app.outbox import Job, Taken
from app.ports import Target
from app.services import exchanges
from app.services.carrying import Answer, Ending, Parcel
from app.services.energy_sold import energy_of
from app.services.fees import own_limits
from app.services.fees.holding import credit_in_ledger
from app.services.handhelds import holding
from app.services.late_arrears import Owed, settle_first
from app.services.ledger import book
from app.services.purchases import (
    ahead_of,
    follow_meter,
    forget_number,
    lock_with_meter,
    take_number,
    waits_for_exchange,
)
from app.services.readings import record_balance
from app.services.renumbering import go_anew, may_go_anew
from app.services.reviews import Evidence, Question, open_review
from app.services.targets import load_way
from app.services.tokens import E5_PER_MINOR, tokens_of
from app.services.work_orders import close_work_order, open_work_order
from app.settings import settings

_BEHIND = timedelta(seconds=2)
_STRAIGHT = (Way.GDW1376, Way.DLT645_TCP)  # ways on which nothing waits longer than for its turn
_EXCHANGE_LOOK = timedelta(minutes=1)
_READ_FIRST = timedelta(seconds=15)
_RELAY_TAKES = timedelta(seconds=1)  # at the least; people are told of the credit and of their supply in one message
_DONE_WITH = (PurchaseState.CREDITED, PurchaseState.SETTLED, PurchaseState.REFUNDED, PurchaseState.REVIEW)


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Parcel | None:
    """Take the note, lock purchase and meter, and give the purchase its number: now, not when it was paid.

    None: nothing to do, or not now.
    """
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    purchase, meter, target = await load_way(db, note.subject_id, lock=True)
    if purchase.state in _DONE_WITH:
        await outbox.keep(db, note, now)
        return None
    if meter.fee_control == FeeControl.REMOTE and not purchase.sends and await credit_in_ledger(db, purchase, now):
        await outbox.keep(db, note, now)  # its meter was switched after it had been paid
        return None
    if await ahead_of(db, purchase):
        await outbox.put_back(db, note, now + _BEHIND, "an earlier purchase is on its way")
        return None
    if meter.life == MeterLife.REMOVED:
        await outbox.keep(db, note, now)
        await follow_meter(db, purchase, meter, now)
        return None
    if waits_for_exchange(purchase, meter):
        await outbox.put_back(db, note, now + _EXCHANGE_LOOK, "its meter is being exchanged")
        return None
    match await settle_first(db, purchase, meter, now):
        case Owed.BUSY:
            await outbox.put_back(db, note, now + _BEHIND, "its account is in hand")
            return None
        case Owed.ALL_OF_IT:
            await outbox.keep(db, note, now)
            return None
    digits = tuple(token.digits for token in await tokens_of(db, purchase.id)) if target.sts else ()
    parcel = _pack(note, purchase, meter, target, digits)
    sold = await energy_of(db, purchase, meter) if target.group else None
    asks = await _asks_moment(db, purchase, target, now)
    return replace(parcel, energy_kwh=sold.energy_kwh if sold else None, asks_moment=asks)


async def _asks_moment(db: AsyncSession, purchase: Purchase, target: Target, now: datetime) -> bool:
    """Not of what others may bring in at any time: whoever has it in a hand-held, or an existing head end as a task."""
    sent = purchase.last_sent_at
    if not purchase.sends or sent is None or target.driver not in _STRAIGHT or not moment_may_tell(sent, now):
        return False
    return not await holding.was_carried(db, purchase.id)


def _pack(note: Taken, purchase: Purchase, meter: Meter, target: Target, digits: tuple[str, ...]) -> Parcel:
    forget_number(purchase, meter)
    maybe_sent = purchase.sends > 0
    purchase.state = PurchaseState.SENDING
    if target.sts is None and purchase.number is None:
        take_number(purchase, meter)
    return Parcel(note, target, purchase.credit_minor, purchase.number, digits, maybe_sent)


async def leave(db: AsyncSession, parcel: Parcel, now: datetime) -> bool:
    """Record that bytes are about to leave which may credit the meter; False if somebody else has the note by now.

    Not earlier: whoever dies while he reads the wallet must not take the credit of others for his own later.
    """
    if not await outbox.holds(db, parcel.note):
        return False
    purchase = await db.get_one(Purchase, parcel.note.subject_id, with_for_update=True)
    purchase.sending_since = purchase.sending_since or now
    purchase.last_sent_at = now
    purchase.sends += 1
    return True


async def conclude(db: AsyncSession, parcel: Parcel, answer: Answer, now: datetime) -> None:
    """Record what a try taught us, unless somebody else has taken the note since."""
    if not await _settle_note(db, parcel.note, answer, now):
        return
    purchase, meter = await lock_with_meter(db, parcel.note.subject_id)
    about = exchanges.About(verb="download", meter_id=meter.id, purchase_id=purchase.id)
    await exchanges.store(db, answer.frames, about)
    match answer.ending:
        case Ending.LANDED if _another_moment(purchase, answer, now) is not None:
            await _confused(db, purchase, meter, answer, now)
        case Ending.LANDED:
            await credit(db, purchase, meter, answer, now)
        case Ending.REFUSED:
            await _refused(db, purchase, answer, now)
        case Ending.CONFUSED:
            await _confused(db, purchase, meter, answer, now)
        case _:
            await _again(db, purchase, parcel.note, answer, now)


async def _settle_note(db: AsyncSession, note: Taken, answer: Answer, now: datetime) -> bool:
    if answer.ending in (Ending.LANDED, Ending.REFUSED, Ending.CONFUSED):
        return await outbox.keep(db, note, now)
    due = now + back_off(note.attempts, heard=answer.heard)
    return await outbox.postpone(db, note, due, f"{answer.ending}: {answer.reason}")


async def credit(db: AsyncSession, purchase: Purchase, meter: Meter, answer: Answer, now: datetime) -> None:
    """The credit of a locked purchase is in its locked meter: book it, and promise what follows.

    Where no wallet was read (a person saw it there), the meter is read before anybody decides about its relay.
    """
    await book_credit(db, purchase, meter, answer, now)
    if purchase.kind == PurchaseKind.CARRIED:
        await own_limits.promise(db, meter, now)  # it has its money, and may have its own say again
    relay_due = now
    if answer.after is None:
        relay_due = now + _READ_FIRST
        await outbox.promise(db, Job.READ_BALANCE, meter.id, now, concentrator_id=meter.concentrator_id)
    await outbox.promise(db, Job.CHECK_RELAY, purchase.id, relay_due, concentrator_id=meter.concentrator_id)
    await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase.id, now + _RELAY_TAKES)
    await outbox.promise(db, Job.RENDER_RECEIPT, purchase.id, now)


async def book_credit(db: AsyncSession, purchase: Purchase, meter: Meter, answer: Answer, now: datetime) -> None:
    """The credit of a locked purchase is in its locked meter: book it, and nothing more."""
    purchase.state, purchase.credited_at, purchase.trouble = PurchaseState.CREDITED, now, None
    if answer.before is not None:
        purchase.balance_before_minor = answer.before.balance_minor
    if answer.after is not None:
        purchase.balance_after_minor = answer.after.balance_minor
        await record_balance(db, meter, answer.after.balance_minor, BalanceSource.READBACK, now)
    if purchase.number is not None:
        counted = answer.after.count if answer.after else None
        meter.purchase_count = max(purchase.number, counted or 0)  # recharges of others may have come after ours
    rounding = await _rounding_minor(db, purchase, meter)
    await book(db, BookingKind.CREDIT, purchase.id, credit_booking(purchase.credit_minor, rounding), now)
    await close_work_order(db, purchase.id, now)


async def _rounding_minor(db: AsyncSession, purchase: Purchase, meter: Meter) -> int:
    """Whole minor units that the token or the energy gives beyond what was paid; what the meter got is what counts."""
    if purchase.number is not None:
        sold = await energy_of(db, purchase, meter)
        return sold.rounding_minor if sold else 0  # else it went under a count to the last minor unit
    tokens = await tokens_of(db, purchase.id)
    given_e5 = sum(token.amount_e5 for token in tokens)
    return (given_e5 - purchase.credit_minor * E5_PER_MINOR) // E5_PER_MINOR if tokens else 0


async def _refused(db: AsyncSession, purchase: Purchase, answer: Answer, now: datetime) -> None:
    """The meter said no, and the read-back says that nothing changed: its number is free again.

    Unless somebody carries it in a hand-held, who may still bring it in under that number.
    """
    count = answer.after.count if answer.after else None
    evidence = {"code": answer.reason, "number": purchase.number, "count": count}
    purchase.state, purchase.trouble = PurchaseState.REVIEW, answer.reason
    if not await holding.is_held(db, purchase.id):
        purchase.number, purchase.sends = None, 0
    await _ask(db, ReviewKind.METER_REFUSED, purchase, evidence, now)


async def _confused(db: AsyncSession, purchase: Purchase, meter: Meter, answer: Answer, now: datetime) -> None:
    """The meter's count is neither ours nor the one before it, or its record under our number is another's.

    Never send blindly: a person looks. But where the meter's own record proves that our number went to another's, ours
    is not there and never will be under it: it takes the next one.
    """
    seen = answer.after or answer.before
    if answer.others and seen and seen.count is not None and await may_go_anew(db, purchase, meter, seen.count):
        await go_anew(db, purchase, meter, seen.count, now)
        return
    evidence: dict[str, str | int | None] = {
        "number": purchase.number,
        "count": seen.count if seen else None,
        "balance_minor": seen.balance_minor if seen else None,
    }
    if purchase.number is not None and seen is not None and seen.count is not None:
        evidence["reason"] = confusion(purchase.number, seen.count, maybe_sent=purchase.sends > 0)
    another = _another_moment(purchase, answer, now)
    if another is not None:
        evidence |= {"reason": Confusion.ANOTHER_MOMENT, "recorded_at": another.isoformat()}
        evidence["last_sent_at"] = purchase.last_sent_at.isoformat() if purchase.last_sent_at else None
    if answer.record_minor is not None:
        of_ours = answer.others or another is not None  # under our number; else the newest of all
        evidence["own_record_minor" if of_ours else "record_minor"] = answer.record_minor
    purchase.state, purchase.trouble = PurchaseState.REVIEW, "count_confused"
    await _ask(db, ReviewKind.COUNT_CONFUSED, purchase, evidence, now)


def _another_moment(purchase: Purchase, answer: Answer, now: datetime) -> datetime | None:
    """When the meter took what stands under our number, if ours was not on its way then; None: it may be ours."""
    read = answer.moment.read(ZoneInfo(settings().timezone)) if answer.moment else None
    if read is None or purchase.last_sent_at is None:
        return None
    recorded, clock = read
    return recorded if is_of_another_moment(recorded, clock, purchase.last_sent_at, now) else None


async def _ask(db: AsyncSession, kind: ReviewKind, purchase: Purchase, evidence: Evidence, now: datetime) -> None:
    about = {"purchase_id": purchase.id, "payment_id": purchase.payment_id, "meter_id": purchase.meter_id}
    await open_review(db, Question(kind, purchase.id, evidence, **about), now)


async def _again(db: AsyncSession, purchase: Purchase, note: Taken, answer: Answer, now: datetime) -> None:
    """Nothing settled: the try is repeated later; after three, staff and (with a token) the resident are told."""
    purchase.trouble = answer.reason
    if answer.ending is Ending.UNREACHABLE:
        _take_back(purchase, left=answer.left)
    if needs_work_order(note.attempts):
        await open_work_order(db, purchase, {"tries": note.attempts, "reason": answer.reason}, now)


def _take_back(purchase: Purchase, *, left: bool) -> None:
    """Surely nothing left in this try. If nothing ever did, the purchase waits as if it had never been tried."""
    if left:
        purchase.sends -= 1
    if purchase.sends == 0:
        purchase.state, purchase.number, purchase.sending_since = PurchaseState.PAID, None, None
