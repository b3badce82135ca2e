"""What was bought for a meter, newest first, page by page."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase import PurchaseState
from app.models import CreditNote, Payment, Purchase, Receipt, Token
from app.services.energy_sold import sold_of
from app.services.fees.whereabouts import in_ledger

PAGE = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bought:
    """One purchase as its history shows it. Money in minor units; `receipt_number` None: there is none yet.
    `reversed`: a credit note voids it.

    `energy_kwh`: what the credit is in energy, where a terminal counts that. `in_ledger`: the ledger holds the credit.
    """

    ref: str
    at: datetime
    amount_minor: int
    arrears_minor: int
    credit_minor: int
    balance_after_minor: int | None
    state: PurchaseState
    tokens: tuple[str, ...]
    receipt_number: str | None
    mine: bool
    energy_kwh: int | None = None
    in_ledger: bool = False
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of purchases. `older`: the mark that the next page begins after; None on the last one."""

    rows: tuple[Bought, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class Who:
    """Whose look it is. `own_only`: they see what they paid themselves and nothing else."""

    resident_id: UUID
    own_only: bool


async def bought_for(db: AsyncSession, meter_id: UUID, who: Who, mark: str = "") -> Shelf:
    """The purchases of a meter after `mark`; what is no mark is the beginning."""
    wanted = (
        select(Purchase, Payment.resident_id, Receipt.number, CreditNote.id)
        .join(Payment, col(Payment.id) == col(Purchase.payment_id), isouter=True)
        .join(Receipt, col(Receipt.purchase_id) == col(Purchase.id), isouter=True)
        .join(CreditNote, col(CreditNote.receipt_id) == col(Receipt.id), isouter=True)
        .where(Purchase.meter_id == meter_id)
        .order_by(col(Purchase.created_at).desc(), col(Purchase.id).desc())
        .limit(PAGE + 1)
    )
    if who.own_only:
        wanted = wanted.where(Payment.resident_id == who.resident_id)
    after = _unmarked(mark)
    if after is not None:
        wanted = wanted.where(tuple_(col(Purchase.created_at), col(Purchase.id)) < after)
    found = list(await db.exec(wanted))
    ids = [purchase.id for purchase, _, _, _ in found]
    tokens, energy, held = await _tokens(db, ids), await sold_of(db, ids), await in_ledger(db, ids)
    rows = [
        replace(
            _row(purchase, tokens.get(purchase.id, ()), number, mine=payer == who.resident_id),
            energy_kwh=energy[purchase.id].energy_kwh if purchase.id in energy else None,
            in_ledger=purchase.id in held,
            reversed=voided is not None,
        )
        for purchase, payer, number, voided in found[:PAGE]
    ]
    return Shelf(tuple(rows), _mark(found[PAGE - 1][0]) if len(found) > PAGE else None)


async def _tokens(db: AsyncSession, purchase_ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    wanted = select(col(Token.purchase_id), col(Token.digits)).where(col(Token.purchase_id).in_(purchase_ids))
    found: dict[UUID, tuple[str, ...]] = {}
    for purchase_id, digits in await db.exec(wanted.order_by(col(Token.position))):
        found[purchase_id] = (*found.get(purchase_id, ()), digits)
    return found


def _row(purchase: Purchase, tokens: tuple[str, ...], number: str | None, *, mine: bool) -> Bought:
    return Bought(
        ref=purchase.ref,
        at=purchase.created_at,
        amount_minor=purchase.amount_minor,
        arrears_minor=purchase.arrears_minor,
        credit_minor=purchase.credit_minor,
        balance_after_minor=purchase.balance_after_minor,
        state=PurchaseState(purchase.state),
        tokens=tokens,
        receipt_number=number,
        mine=mine,
    )


def _mark(purchase: Purchase) -> str:
    return f"{(purchase.created_at - _EPOCH) // timedelta(microseconds=1)}-{purchase.id.hex}"


def _unmarked(mark: str) -> tuple[datetime, UUID] | None:
    micros, _, key = mark.partition("-")
    try:
        return _EPOCH + timedelta(microseconds=int(micros[:17])), UUID(key)
    except ValueError:
        return None
