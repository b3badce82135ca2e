"""Exchanges as staff see them: the list of them, and one with all that is known of both meters."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.swapping import SwapState
from app.models import Account, Customer, Meter, MeterModel, MeterSwap, Purchase, Refund, Staff, VoidToken
from app.services.swaps.reading import Standing, standing

PAGE = 50


@dataclass(frozen=True, slots=True)
class SwapLine:
    """An exchange in the list."""

    swap: MeterSwap
    old_number: str
    account_number: str
    maker: str


@dataclass(frozen=True, slots=True)
class SwapPage:
    """One exchange. `standing` None: it is over. Names and addresses are whole: pages mask them by role."""

    swap: MeterSwap
    old: Meter
    old_model: MeterModel
    new_model: MeterModel
    account: Account
    customer: Customer
    maker: str
    reader: str
    ender: str
    standing: Standing | None
    carried: Purchase | None
    refund: Refund | None
    void: tuple[VoidToken, ...]


async def list_swaps(
    db: AsyncSession, state: SwapState | None = None, skip: int = 0, most: int = PAGE + 1
) -> list[SwapLine]:
    """Exchanges, the newest first; one more than a page tells that there are more."""
    wanted = (
        sql_select(MeterSwap, col(Meter.number), col(Account.number), col(Staff.name))
        .join(Meter, col(Meter.id) == col(MeterSwap.old_meter_id))
        .join(Account, col(Account.id) == col(Meter.account_id))
        .join(Staff, col(Staff.id) == col(MeterSwap.made_by))
    )
    if state is not None:
        wanted = wanted.where(col(MeterSwap.state) == state)
    order = col(MeterSwap.made_at).desc(), col(MeterSwap.id)
    return [SwapLine(*row) for row in await db.execute(wanted.order_by(*order).offset(skip).limit(most))]


async def view(db: AsyncSession, swap_id: UUID) -> SwapPage | None:
    """One exchange; None for none of that id."""
    swap = await db.get(MeterSwap, swap_id)
    if swap is None:
        return None
    old = await db.get_one(Meter, swap.old_meter_id)
    account = await db.get_one(Account, old.account_id)
    names = dict((await db.exec(select(Staff.id, Staff.name))).all())
    void = await db.exec(select(VoidToken).where(VoidToken.swap_id == swap.id).order_by(col(VoidToken.issued_at)))
    return SwapPage(
        swap=swap,
        old=old,
        old_model=await db.get_one(MeterModel, old.model_id),
        new_model=await db.get_one(MeterModel, swap.new_model_id),
        account=account,
        customer=await db.get_one(Customer, account.customer_id),
        maker=names.get(swap.made_by, ""),
        reader=names.get(swap.read_by, "") if swap.read_by else "",
        ender=names.get(swap.ended_by, "") if swap.ended_by else "",
        standing=await standing(db, swap) if swap.state == SwapState.OPEN else None,
        carried=await db.get(Purchase, swap.purchase_id) if swap.purchase_id else None,
        refund=await db.get(Refund, swap.refund_id) if swap.refund_id else None,
        void=tuple(void),
    )


async def models(db: AsyncSession) -> list[MeterModel]:
    """The makes of meters, by name."""
    return list(await db.exec(select(MeterModel).order_by(col(MeterModel.name))))
