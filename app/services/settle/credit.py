"""Purchases that no rule could carry on: sent again, believed, or given back; each only as far as it is proved."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app import outbox
from app.domain.download import Confusion
from app.domain.ledger import OWED_TO_METERS, BookingKind, refund_due_booking
from app.domain.payment import CASH_DESK, PaymentState
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Again, Bar, CannotSettle, Standing, again, bar_to_landed, bar_to_refund
from app.domain.wallet import BalanceSource
from app.models import Meter, MeterModel, Payment, Purchase, Review, Token
from app.outbox import Job
from app.services import fulfilment
from app.services.advances import cancel_advance
from app.services.carrying import Answer, Ending
from app.services.handhelds import holding
from app.services.ledger import book
from app.services.purchases import STS_PROFILE, is_of_older_run, promise_download
from app.services.readings import record_balance
from app.services.refunds import Decided, open_refund
from app.services.reviews import Settled, settle_open
from app.services.settle.case import Case

_FOLLOWERS = (ReviewKind.WORK_ORDER, ReviewKind.ATTEMPTS_SPENT)


async def standing_of(db: AsyncSession, case: Case) -> Standing:
    """What is known of the purchase in question. The meter's count is the one that the evidence holds."""
    purchase, meter = case.in_question
    model = await db.get_one(MeterModel, meter.model_id)
    tokens = select(func.count()).select_from(Token).where(Token.purchase_id == purchase.id)
    others = select(func.max(Purchase.number)).where(Purchase.meter_id == meter.id, Purchase.id != purchase.id)
    others = others.where(Purchase.count_run == meter.count_run)
    older = is_of_older_run(purchase, meter)  # neither its number nor what was read then says anything now
    counts = not older and await holding.count_counts(db, purchase.id, _read_at(case.review))
    sending = select(Purchase.id).where(Purchase.meter_id == meter.id, Purchase.state == PurchaseState.SENDING)
    return Standing(
        state=PurchaseState(purchase.state),
        number=None if older else purchase.number,
        sends=0 if older else purchase.sends,
        count=case.figure("count") if counts else None,
        believed=meter.purchase_count,
        another_sending=(await db.exec(sending.where(Purchase.id != purchase.id))).first() is not None,
        highest=(await db.exec(others)).one() or 0,
        by_token=model.profile == STS_PROFILE,
        tokens=(await db.exec(tokens)).one(),
        on_handheld=await holding.is_held(db, purchase.id),
        record_differs=case.figure("record_minor") not in (None, purchase.credit_minor),
        another_moment=not older and case.review.evidence.get("reason") == Confusion.ANOTHER_MOMENT,
        number_of_another=case.figure("own_record_minor") not in (None, purchase.credit_minor),
    )


def _read_at(review: Review) -> datetime:
    """When the meter said what the evidence holds: as it was asked, or later (`app.services.told_by_records`)."""
    later = review.evidence.get("read_at")
    return datetime.fromisoformat(later) if isinstance(later, str) else review.opened_at


async def refund(db: AsyncSession, case: Case, now: datetime) -> int:
    """Book the credit that never reached the meter as due back; return how much. Settled arrears stay settled.

    Emergency credit that nobody has repaid is owed no more instead: there is no money to give back.
    """
    purchase, _ = case.in_question
    bar = bar_to_refund(await standing_of(db, case))
    if bar:
        raise CannotSettle(bar)
    due_back = 0 if await cancel_advance(db, purchase, now) else purchase.credit_minor
    if due_back:
        entries = refund_due_booking(OWED_TO_METERS, due_back)
        await book(db, BookingKind.RESOLUTION, case.review.id, entries, now)
        await open_refund(db, await _way_back(db, case.review, purchase), now)
    purchase.state, purchase.number, purchase.trouble = PurchaseState.REFUNDED, None, None
    await _close_followers(db, case, now)
    return due_back


async def _way_back(db: AsyncSession, review: Review, purchase: Purchase) -> Decided:
    """The way it came. A purchase beyond its payment names none; the review that it came from does.

    An advance that was repaid came by no payment of its own, so a hand gives it back, in the currency of the account.
    """
    wanted = select(Payment).where(Payment.id == purchase.payment_id)
    if purchase.payment_id is None:
        of_review = select(Review.payment_id).where(Review.purchase_id == purchase.id)
        wanted = select(Payment).where(col(Payment.id).in_(of_review))
    payment, amount = (await db.exec(wanted)).first(), purchase.credit_minor
    if payment is not None:
        return Decided(payment.provider, payment.ref, amount, payment.currency, review.id, payment.id)
    currency = (await db.exec(_repaying(purchase).limit(1))).one()
    return Decided(CASH_DESK, purchase.ref, amount, currency, review.id)


def _repaying(purchase: Purchase) -> SelectOfScalar[str]:
    """The currencies of what was paid for the account of a purchase, the newest first."""
    account = select(Meter.account_id).where(Meter.id == purchase.meter_id).scalar_subquery()
    paid = select(Payment.currency).where(Meter.account_id == account, Payment.meter_id == Meter.id)
    return paid.where(Payment.state == PaymentState.PAID).order_by(col(Payment.paid_at).desc())


async def _close_followers(db: AsyncSession, case: Case, now: datetime) -> None:
    """What else was asked about this purchase has answered itself."""
    others = [kind for kind in _FOLLOWERS if kind != case.review.kind]
    await settle_open(db, case.review.subject_id, Settled(ReviewAct.REFUND, now), others)


async def believe(db: AsyncSession, case: Case, now: datetime) -> int:
    """A person saw the credit in the meter: book it as landed; return how much. The meter's count becomes ours."""
    purchase, meter = case.in_question
    bar = bar_to_landed(await standing_of(db, case))
    if bar:
        raise CannotSettle(bar)
    balance, count = case.figure("balance_minor"), case.figure("count")
    if balance is not None:
        await record_balance(db, meter, balance, BalanceSource.READBACK, case.review.opened_at)
    await fulfilment.credit(db, purchase, meter, Answer(Ending.LANDED, reason="seen_by_staff"), now)
    if purchase.number is not None and count is not None:
        meter.purchase_count = count
    return purchase.credit_minor


async def send_again(db: AsyncSession, case: Case, now: datetime) -> None:
    """Put the purchase back on its way. Whatever happens then, the meter is read before anything is sent."""
    purchase, meter = case.in_question
    known = await standing_of(db, case)
    if known.state is not PurchaseState.REVIEW:
        raise CannotSettle(Bar.MOVED_ON)
    if case.review.kind == ReviewKind.COUNT_CONFUSED:
        _renumber(purchase, meter, known)
    purchase.state = PurchaseState.SENDING if purchase.sends else PurchaseState.PAID
    purchase.trouble = None
    await promise_way(db, purchase, meter, now, tokens=known.tokens)


def _renumber(purchase: Purchase, meter: Meter, known: Standing) -> None:
    if again(known) is Again.ASK or known.count is None:
        return  # the old number stays: it is what tells whether the meter holds the purchase
    meter.purchase_count = known.count
    purchase.number, purchase.sends, purchase.sending_since = None, 0, None


async def promise_way(db: AsyncSession, purchase: Purchase, meter: Meter, now: datetime, *, tokens: int) -> None:
    """Promise the next step of a purchase towards its meter, and have it tried at once."""
    model = await db.get_one(MeterModel, meter.model_id)
    if model.profile == STS_PROFILE and not tokens:
        await outbox.promise(db, Job.ISSUE_TOKEN, purchase.id, now)
        await outbox.hurry(db, purchase.id, Job.ISSUE_TOKEN, now)
        return
    await promise_download(db, purchase, meter, now)
    await outbox.hurry(db, purchase.id, Job.DOWNLOAD_PURCHASE, now)


async def try_now(db: AsyncSession, case: Case, now: datetime) -> None:
    """A work order is tried at once. Raises CannotSettle for a purchase that is no longer on its way."""
    purchase, meter = case.in_question
    if purchase.state not in (PurchaseState.PAID, PurchaseState.SENDING):
        raise CannotSettle(Bar.MOVED_ON)
    known = await standing_of(db, case)
    await promise_way(db, purchase, meter, now, tokens=known.tokens)


async def look_at_relay(db: AsyncSession, case: Case, now: datetime) -> None:
    """See to the relay once more."""
    purchase, meter = case.in_question
    await outbox.promise(db, Job.CHECK_RELAY, purchase.id, now, concentrator_id=meter.concentrator_id)


async def hurry(db: AsyncSession, case: Case, now: datetime) -> None:
    """Have the promise tried at once that no number of tries has kept; the evidence names its job."""
    job = case.review.evidence.get("job")
    if job not in tuple(Job):
        raise CannotSettle(Bar.MOVED_ON)
    await outbox.hurry(db, case.review.subject_id, Job(str(job)), now)
