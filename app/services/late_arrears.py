"""Arrears first, also where they came after the purchase: nothing is sent while its account owes (SPEC H-7)."""

from datetime import datetime
from enum import Enum, auto

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.ledger import BookingKind, arrears_booking
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.wallet import split
from app.models import Account, Meter, Purchase, Token
from app.outbox import Job
from app.services.energy_sold import follow_credit
from app.services.ledger import book
from app.services.purchases import close_advance


class Owed(Enum):
    """`nothing`: it may be sent, with what is left of it. `all_of_it`: the purchase settled arrears, and nothing is
    left to send. `busy`: somebody has the account in hand."""

    NOTHING = auto()
    ALL_OF_IT = auto()
    BUSY = auto()


async def settle_first(db: AsyncSession, purchase: Purchase, meter: Meter, now: datetime) -> Owed:
    """Take what the account owes out of a locked sale of which nothing has left yet.

    Accounts are locked before their meters everywhere else, so here nobody waits for one: `busy` comes again.
    """
    if purchase.kind != PurchaseKind.SALE or purchase.sends or purchase.number is not None:
        return Owed.NOTHING
    owing = select(Account).where(Account.id == meter.account_id, Account.arrears_minor > 0)
    if (await db.exec(select(Account.arrears_minor).where(Account.id == meter.account_id))).one() == 0:
        return Owed.NOTHING
    if (await db.exec(select(Token.id).where(Token.purchase_id == purchase.id).limit(1))).first() is not None:
        return Owed.NOTHING  # its sum is in the digits
    locked = owing.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    account = (await db.exec(locked)).first()
    if account is None:
        return Owed.BUSY
    return await _take(db, purchase, account, now)


async def _take(db: AsyncSession, purchase: Purchase, account: Account, now: datetime) -> Owed:
    arrears, credit = split(purchase.credit_minor, account.arrears_minor)
    if not await book(db, BookingKind.LATE_ARREARS, purchase.id, arrears_booking(arrears), now):
        return Owed.NOTHING  # once; what comes after that is for the next purchase
    account.arrears_minor -= arrears
    purchase.arrears_minor, purchase.credit_minor = purchase.arrears_minor + arrears, credit
    await close_advance(db, account, now)
    await follow_credit(db, purchase)
    if credit:
        return Owed.NOTHING
    purchase.state = PurchaseState.SETTLED
    await outbox.promise(db, Job.RENDER_RECEIPT, purchase.id, now)
    await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase.id, now)
    return Owed.ALL_OF_IT
