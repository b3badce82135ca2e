"""Hands a file of orders out: the cuts in it are cleared anew, and from here on they may be carried out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.handheld import HandheldState, LineState
from app.domain.operation import OperationKind
from app.handheld_files import Order
from app.models import Account, Audit, Concentrator, Customer, HandheldFile, HandheldLine, Meter, Purchase
from app.services.cutting import Clearance, CutHeld
from app.services.handhelds import making
from app.services.handhelds.making import CannotCarry
from app.services.tokens import tokens_of

_CUSTOMER_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Package:
    """What goes into a file, and the name that it gets."""

    name: str
    orders: tuple[Order, ...]


async def carries_tokens(db: AsyncSession, file_id: UUID) -> bool:
    """Does whoever gets this file get tokens that anybody may type?"""
    wanted = select(HandheldLine.id).where(HandheldLine.file_id == file_id, HandheldLine.state == LineState.OUT)
    tokens = wanted.where(col(HandheldLine.purchase_id).is_not(None), col(HandheldLine.number).is_(None))
    return (await db.exec(tokens.limit(1))).first() is not None


async def hand_out(db: AsyncSession, file_id: UUID, staff_id: UUID, now: datetime) -> Package:
    """Return the orders of a file that are still out and in time, and note that they have left. It can be repeated.

    Raises CannotCarry where nothing is left to hand out. The caller writes the file at once: a clearance holds for a
    minute.
    """
    file = await db.get_one(HandheldFile, file_id, with_for_update=True)
    if file.state != HandheldState.OUT:
        raise CannotCarry("handheld_closed")
    orders = []
    for line in await _lines(db, file, now):
        order = await _order(db, file, line, now)
        if order is not None:
            orders.append(order)
            line.written_at = now
    if not orders:
        raise CannotCarry("handheld_nothing_goes")
    file.written_at = now
    detail: dict[str, str | int | None] = {"items": len(orders), "subject": file.ref, "name": file.holder}
    db.add(Audit(staff_id=staff_id, act="handheld_written", subject_id=file.id, detail=detail, at=now))
    return Package(file.ref, tuple(orders))


async def _lines(db: AsyncSession, file: HandheldFile, now: datetime) -> list[HandheldLine]:
    wanted = select(HandheldLine).where(HandheldLine.file_id == file.id, HandheldLine.state == LineState.OUT)
    in_time = wanted.where(HandheldLine.not_after > now).order_by(col(HandheldLine.place))
    return list(await db.exec(in_time.with_for_update()))


async def _order(db: AsyncSession, file: HandheldFile, line: HandheldLine, now: datetime) -> Order | None:
    clearance = None
    if file.kind == OperationKind.TRIP_RELAY:
        clearance = await _cleared(db, file, line, now)
        if clearance is None:
            return None
    meter, concentrator, account, customer = await _where(db, line)
    purchase = await db.get_one(Purchase, line.purchase_id) if line.purchase_id else None
    tokens = await tokens_of(db, purchase.id) if purchase and line.number is None else []
    return Order(
        code=line.code,
        address=line.address,
        kind=OperationKind(file.kind),
        place=f"{customer.address} {concentrator.name} {meter.number}",
        not_after=line.not_after,
        amount_minor=purchase.credit_minor if purchase else file.limit_minor or 0,
        number=line.number,
        customer=account.number.zfill(_CUSTOMER_DIGITS),
        tokens=tuple(token.digits for token in tokens),
        clearance=clearance,
    )


async def _cleared(db: AsyncSession, file: HandheldFile, line: HandheldLine, now: datetime) -> Clearance | None:
    """Ask again, at each handing out. What is held now and has never left goes no more; what has left may come back."""
    try:
        clearance = await making.clear(db, file, line.meter_id, now)
    except CutHeld as held:
        line.trouble = ",".join(held.verdict.reasons)
        if line.written_at is None:
            line.state, line.ended_at = LineState.LEFT_OUT, now
        return None
    line.not_after = min(line.not_after, await making.last_moment(db, file, clearance, now))
    return clearance


async def _where(db: AsyncSession, line: HandheldLine) -> tuple[Meter, Concentrator, Account, Customer]:
    wanted = (
        select(Meter, Concentrator, Account, Customer)
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
        .join(Account, col(Account.id) == col(Meter.account_id))
        .join(Customer, col(Customer.id) == col(Account.customer_id))
    )
    return (await db.exec(wanted.where(Meter.id == line.meter_id))).one()
