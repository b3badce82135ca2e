"""Purchases: opened when money has come."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, tuple_
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.fees import FeeControl
from app.domain.ledger import BookingKind, arrears_booking
from app.domain.meter_life import MeterLife
from app.domain.purchase import ON_ITS_WAY, PurchaseState
from app.domain.wallet import split
from app.models import Account, Advance, Meter, MeterModel, Payment, Purchase
from app.outbox import Job
from app.services.card_meters import hold_for_staff
from app.services.energy_sold import fix_anew, fix_energy
from app.services.fees.holding import credit_in_ledger
from app.services.ledger import book

STS_PROFILE = "sts"


def new_ref() -> str:
    """A reference that nobody guesses, fit for providers (at most 32 of letters and digits) and for addresses."""
    return uuid4().hex[:24]


_OLD = aliased(Meter)
_SUCCESSOR = sql_select(col(_OLD.successor_id)).where(col(_OLD.id) == bindparam("meter_id")).scalar_subquery()
# Money for a meter that was taken off the wall meanwhile is for the one in its place.
_LOCK_ACCOUNT = (
    select(Meter, MeterModel, Account)
    .where(Meter.id == func.coalesce(_SUCCESSOR, bindparam("meter_id")))
    .where(MeterModel.id == Meter.model_id, Account.id == Meter.account_id)
    .with_for_update(of=Account)
)


async def open_purchase(
    db: AsyncSession, payment: Payment, amount_minor: int, now: datetime, *, beyond: bool = False
) -> Purchase:
    """Open the one purchase of a paid payment, settle arrears from it, and promise its way to the meter.

    `beyond`: a person accepts money that came for this payment after the money that its purchase was opened for. Such
    a purchase names no payment; the review that it settles names both.
    """
    meter, model, account = (await db.exec(_LOCK_ACCOUNT, params={"meter_id": payment.meter_id})).one()
    arrears, credit = split(amount_minor, account.arrears_minor)
    purchase = Purchase(
        ref=new_ref(),
        payment_id=None if beyond else payment.id,
        meter_id=meter.id,
        amount_minor=amount_minor,
        arrears_minor=arrears,
        credit_minor=credit,
        state=PurchaseState.PAID if credit else PurchaseState.SETTLED,
        created_at=now,
    )
    db.add(purchase)
    await db.flush()
    if arrears:
        account.arrears_minor -= arrears
        await book(db, BookingKind.ARREARS, purchase.id, arrears_booking(arrears), now)
        await close_advance(db, account, now)
    await fix_energy(db, purchase, meter, now)
    if not (credit and await hold_for_staff(db, purchase, meter, model, now)):
        await promise_next(db, purchase, meter, model, now)
    return purchase


async def close_advance(db: AsyncSession, account: Account, now: datetime) -> None:
    """Once nothing is owed any more, the account's emergency credit is repaid."""
    if account.arrears_minor == 0:
        await db.execute(
            update(Advance)
            .where(col(Advance.account_id) == account.id, col(Advance.repaid_at).is_(None))
            .values(repaid_at=now)
        )


def take_number(purchase: Purchase, meter: Meter) -> None:
    """Give a locked purchase the next number of its locked meter, in the present run of its count."""
    purchase.number, purchase.count_run = meter.purchase_count + 1, meter.count_run


def is_of_older_run(purchase: Purchase, meter: Meter) -> bool:
    """Has a purchase its number from before its meter was set back? Then nothing of it is in that meter any more."""
    return purchase.number is not None and purchase.count_run != meter.count_run


def forget_number(purchase: Purchase, meter: Meter) -> None:
    """A number from before its meter was set back says nothing now: it is as if the purchase had never been sent."""
    if is_of_older_run(purchase, meter):
        purchase.number, purchase.sends, purchase.sending_since = None, 0, None


def waits_for_exchange(purchase: Purchase, meter: Meter) -> bool:
    """Nothing new is sent to a meter that is leaving; what may be in it already goes on until that is known."""
    return meter.life == MeterLife.LEAVING and purchase.sends == 0


async def follow_meter(db: AsyncSession, purchase: Purchase, meter: Meter, now: datetime) -> bool:
    """A locked purchase whose meter went off the wall in the moment in which it was opened goes on to the new one."""
    if meter.life != MeterLife.REMOVED or meter.successor_id is None or purchase.sends:
        return False
    new = await db.get_one(Meter, meter.successor_id)
    purchase.meter_id = new.id
    await db.flush()
    await fix_anew(db, purchase, new, now)
    await promise_next(db, purchase, new, await db.get_one(MeterModel, new.model_id), now)
    return True


async def promise_next(db: AsyncSession, purchase: Purchase, meter: Meter, model: MeterModel, now: datetime) -> None:
    """Promise the first step of a new purchase: its token, its download, or only its receipt.

    Where the ledger holds the meter's money, the credit is there at once.
    """
    if not purchase.credit_minor:
        await outbox.promise(db, Job.RENDER_RECEIPT, purchase.id, now)
        await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase.id, now)
        return
    if meter.fee_control == FeeControl.REMOTE and await credit_in_ledger(db, purchase, now):
        return
    if model.profile == STS_PROFILE:
        await outbox.promise(db, Job.ISSUE_TOKEN, purchase.id, now)
        return
    await promise_download(db, purchase, meter, now)


async def promise_download(db: AsyncSession, purchase: Purchase, meter: Meter, now: datetime) -> None:
    """Promise that the purchase is carried to its meter."""
    await outbox.promise(db, Job.DOWNLOAD_PURCHASE, purchase.id, now, concentrator_id=meter.concentrator_id)


_WITH_METER = (
    select(Purchase, Meter)
    .where(Purchase.id == bindparam("purchase_id"), Meter.id == Purchase.meter_id)
    .with_for_update()
)


async def lock_with_meter(db: AsyncSession, purchase_id: UUID) -> tuple[Purchase, Meter]:
    """Lock a purchase and then its meter, in one round trip."""
    return (await db.exec(_WITH_METER, params={"purchase_id": purchase_id})).one()


_TABLE = table_of(Purchase)  # built once: every download asks
_OWN_ID = bindparam("own_id", type_=_TABLE.c.id.type)
_WAITS = col(Purchase.state) == PurchaseState.PAID
_OLDER = tuple_(Purchase.created_at, Purchase.id) < tuple_(
    bindparam("own_time", type_=_TABLE.c.created_at.type), _OWN_ID
)
_RUN = sql_select(col(Meter.count_run)).where(col(Meter.id) == bindparam("own_meter")).scalar_subquery()
_NUMBERED = col(Purchase.state).in_(ON_ITS_WAY) & col(Purchase.number).is_not(None) & (col(Purchase.count_run) == _RUN)
_BEGUN = (col(Purchase.state) == PurchaseState.SENDING) | _NUMBERED
_AHEAD = (
    select(Purchase.id)
    .where(Purchase.meter_id == bindparam("own_meter"), Purchase.id != _OWN_ID, _BEGUN | (_WAITS & _OLDER))
    .order_by(col(Purchase.created_at))
    .limit(1)
)


async def ahead_of(db: AsyncSession, purchase: Purchase) -> UUID | None:
    """The purchase of the same meter that must be done with first, if any.

    A meter is loaded in order of payment. But what may be in the meter already, or holds its next number, goes before
    all others, also before older ones that a person has sent on their way again.
    """
    if _begun_with(purchase):
        return None
    own = {"own_id": purchase.id, "own_meter": purchase.meter_id, "own_time": purchase.created_at}
    return (await db.exec(_AHEAD, params=own)).first()


def _begun_with(purchase: Purchase) -> bool:
    return purchase.state == PurchaseState.SENDING or purchase.number is not None
