"""Grants emergency credit: a purchase that nobody has paid yet, owed as arrears (SPEC R-10)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.advance import AdvanceRefused, Case, Refusal, Terms, opened, refusal
from app.domain.ledger import BookingKind, advance_booking, arrears_booking
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.rules import CutRules
from app.domain.wallet import days_left
from app.models import Account, Advance, Meter, MeterModel, Purchase
from app.services.checkout import under_way
from app.services.cut_facts import in_amnesty
from app.services.energy_sold import fix_energy
from app.services.ledger import book
from app.services.lookup import MeterView
from app.services.purchases import new_ref, promise_next
from app.services.reach import reach_of
from app.services.rulebook import rules


@dataclass(frozen=True, slots=True)
class Offer:
    """What emergency credit would be for a meter, said before it is taken. Money in minor units.

    `refusal` None: it may be had. `open_ref`: the purchase of the advance that is not repaid yet.
    """

    amount_minor: int
    balance_after_minor: int | None
    owed_after_minor: int
    days: int | None
    refusal: Refusal | None
    open_ref: str | None = None


async def terms_at(db: AsyncSession, meter_id: UUID, usual: Terms, now: datetime) -> Terms:
    """What is allowed at a meter now: during an amnesty the advance opens by itself (SPEC M-5)."""
    if not await in_amnesty(db, meter_id, now):
        return usual
    return opened(usual, (await rules(db, CutRules)).amnesty_advance_minor)


async def offer_advance(db: AsyncSession, meter: MeterView, terms: Terms, now: datetime) -> Offer:
    """What an advance would do for a meter, or why there is none."""
    account_id = (await db.get_one(Meter, meter.id)).account_id
    account = await db.get_one(Account, account_id)
    given = await _latest(db, account)
    case = await _case(db, meter, given, now)
    after = None if meter.balance_minor is None else meter.balance_minor + terms.amount_minor
    return Offer(
        amount_minor=terms.amount_minor,
        balance_after_minor=after,
        owed_after_minor=account.arrears_minor + terms.amount_minor,
        days=None if after is None else days_left(after, meter.daily_use_minor),
        refusal=refusal(terms, case, now),
        open_ref=await _ref_of(db, given) if given and given.repaid_at is None else None,
    )


async def grant_advance(db: AsyncSession, meter: MeterView, terms: Terms, now: datetime) -> Purchase:
    """Grant the advance; a second click finds what the first was given. Raises AdvanceRefused.

    The account's row is locked first, and the database allows one open advance an account.
    """
    row = await db.get_one(Meter, meter.id)
    account = await db.get_one(Account, row.account_id, with_for_update=True)
    given = await _latest(db, account)
    if given is not None and given.repaid_at is None and given.meter_id == meter.id:
        return await db.get_one(Purchase, given.purchase_id)
    reason = refusal(terms, await _case(db, meter, given, now), now)
    if reason is not None:
        raise AdvanceRefused(reason)
    purchase = await _open(db, row, terms.amount_minor, now)
    account.arrears_minor += terms.amount_minor
    db.add(
        Advance(
            id=uuid4(),
            account_id=account.id,
            meter_id=row.id,
            purchase_id=purchase.id,
            amount_minor=terms.amount_minor,
            granted_at=now,
        )
    )
    await db.flush()
    return purchase


async def cancel_advance(db: AsyncSession, purchase: Purchase, now: datetime) -> bool:
    """An advance that never reached its meter is owed no more; False if it was repaid, so that money is due back."""
    granted = select(Advance).where(Advance.purchase_id == purchase.id)
    advance = (await db.exec(granted)).first()
    if advance is None:
        return False
    account = await db.get_one(Account, advance.account_id, with_for_update=True)  # first, as a payment locks them
    await db.refresh(advance, with_for_update=True)
    if advance.repaid_at is not None:
        return False
    if account.arrears_minor < advance.amount_minor:
        return False  # part of it has been repaid
    account.arrears_minor -= advance.amount_minor
    advance.repaid_at = now
    await book(db, BookingKind.RESOLUTION, purchase.id, arrears_booking(advance.amount_minor), now)
    return True


async def _open(db: AsyncSession, meter: Meter, amount_minor: int, now: datetime) -> Purchase:
    purchase = Purchase(
        ref=new_ref(),
        kind=PurchaseKind.ADVANCE,
        meter_id=meter.id,
        amount_minor=amount_minor,
        arrears_minor=0,
        credit_minor=amount_minor,
        state=PurchaseState.PAID,
        created_at=now,
    )
    db.add(purchase)
    await db.flush()
    await book(db, BookingKind.ADVANCE, purchase.id, advance_booking(amount_minor), now)
    await fix_energy(db, purchase, meter, now)
    await promise_next(db, purchase, meter, await db.get_one(MeterModel, meter.model_id), now)
    return purchase


async def _latest(db: AsyncSession, account: Account) -> Advance | None:
    newest = select(Advance).where(Advance.account_id == account.id).order_by(col(Advance.granted_at).desc())
    return (await db.exec(newest.limit(1))).first()


async def _ref_of(db: AsyncSession, advance: Advance) -> str:
    return (await db.get_one(Purchase, advance.purchase_id)).ref


async def _case(db: AsyncSession, meter: MeterView, given: Advance | None, now: datetime) -> Case:
    return Case(
        balance_minor=meter.balance_minor,
        reclose_limit_minor=meter.reclose_limit_minor,
        reach=await reach_of(db, meter.id, now),
        takes_tokens=meter.takes_tokens,
        open=given is not None and given.repaid_at is None,
        last_granted_at=given.granted_at if given else None,
        money_coming=bool(await under_way(db, meter.id, now)),
    )
