"""What must be true of a paid purchase whatever was killed on its way."""

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.proof import Story
from app.domain.ledger import OWED_TO_METERS
from app.domain.purchase import PurchaseState
from app.models import Booking, Contact, LedgerEntry, Message, Meter, Payment, PaymentCallback, Purchase, Review
from tests.journeys.living import Living, Paid


async def doubts(living: Living, paid: Paid) -> list[str]:
    """Everything that is not so about a finished purchase that must be; the meter's own word counts first."""
    story = await living.story(paid)
    credits, inside = await living.credits(paid.home), await living.inspect(paid.home)
    told = living.outside.results(paid.home)
    due = paid.amount * 100
    number = story.purchase.number if story.purchase else None
    sure = {
        f"the meter took the credit exactly once: {credits}": len(credits) == 1 and due <= credits[0] <= due + 1,
        "the meter's relay is closed": inside["relay_open"] is False,
        "the meter's count is the number that we sent": number in (None, inside["purchase_count"]),
        f"each contact was told once, by SMS and by mail: {told}": told == (1, 1 if paid.home.mailbox else 0),
        "our rows say credited": story.purchase is not None and story.purchase.state == PurchaseState.CREDITED,
    }
    async with living.deps.begin() as db:
        sure |= await _books(db, story) | await _words(db, story)
        questions = select(Review.kind).where(Review.meter_id == story.meter.id, col(Review.settled_at).is_(None))
        kinds = list(await db.exec(questions))
    sure[f"nobody is asked: {kinds}"] = not kinds
    return [f"meter {paid.home.number}: {words}" for words, so in sure.items() if not so]


async def _books(db: AsyncSession, story: Story) -> dict[str, bool]:
    meter_id = story.meter.id
    heard = select(PaymentCallback.id).where(PaymentCallback.order_ref == story.payment.ref)
    bought = select(Purchase.id).where(Purchase.meter_id == meter_id)
    ours = (
        select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
        .join(Booking, col(Booking.id) == col(LedgerEntry.booking_id))
        .where(LedgerEntry.ledger_account == OWED_TO_METERS)
        .where(col(Booking.subject_id).in_(heard) | col(Booking.subject_id).in_(bought))
    )
    total = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
    payments = select(func.count()).select_from(Payment).where(Payment.meter_id == meter_id)
    purchases = select(func.count()).select_from(Purchase).where(Purchase.meter_id == meter_id)
    return {
        "the books balance": (await db.exec(total)).one() == 0,
        "nothing is owed to the meter any more": (await db.exec(ours)).one() == 0,
        "the money came once": (await db.exec(payments)).one() == (await db.exec(purchases)).one() == 1,
    }


async def _words(db: AsyncSession, story: Story) -> dict[str, bool]:
    """One result message to each contact of the account, sent."""
    account = select(Meter.account_id).where(Meter.id == story.meter.id).scalar_subquery()
    contacts = {str(each) for each in await db.exec(select(Contact.id).where(Contact.account_id == account))}
    told = [str(message.contact_id) for message in story.messages if message.contact_id]  # not the inbox
    sent = all(message.sent_at for message in story.messages)
    unsent = [
        m.state for m in await db.exec(select(Message).where(Message.meter_id == story.meter.id)) if not m.sent_at
    ]
    return {
        "each contact has one result message": sorted(told) == sorted(contacts),
        f"all messages went out: {unsent}": sent,
    }
