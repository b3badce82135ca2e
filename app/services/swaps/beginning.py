"""Begins an exchange: the old meter gets nothing new from here on, and is read a last time. Or calls it off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.access import NumberError, NumberKind, parse_number
from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.operation import OperationKind
from app.domain.operation_arguments import DOWN_TO
from app.domain.purchase import ON_ITS_WAY
from app.domain.swapping import CannotSwap, SwapBar, SwapState, SwapWay
from app.models import Audit, Meter, MeterGroup, MeterModel, MeterSwap, Purchase
from app.services.operations.plan import Wish as Order
from app.services.operations.plan import plan
from app.services.operations.whom import Whom
from app.services.purchases import STS_PROFILE

LONGEST_REASON = 500
_DRN, _SGC, _ADDRESS = 11, 6, 12
_MOST_KRN, _MOST_TI = 9, 99


@dataclass(frozen=True, slots=True)
class NewMeter:
    """What is written on the new meter. Supply group, key revision and tariff index where it takes tokens."""

    number: str
    address: str
    model_id: UUID
    sgc: str = ""
    krn: int | None = None
    ti: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """An exchange as somebody asks for it. `way`: what becomes of the balance."""

    old_number: str
    new: NewMeter
    way: SwapWay
    reason: str
    staff_id: UUID


async def begin(db: AsyncSession, wish: Wish, now: datetime) -> MeterSwap:
    """Write the exchange down and have the old meter read. Raises CannotSwap."""
    reason = " ".join(wish.reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise CannotSwap(SwapBar.NO_REASON)
    new = await _checked(db, wish.new)
    wanted = select(Meter).where(Meter.number == wish.old_number).with_for_update(key_share=True)
    old = (await db.exec(wanted)).first()
    if old is None:
        raise CannotSwap(SwapBar.NO_SUCH_METER)
    if old.life in (MeterLife.LEAVING, MeterLife.REMOVED):
        raise CannotSwap(SwapBar.OPEN_ALREADY if old.life == MeterLife.LEAVING else SwapBar.NOT_IN_USE)
    if old.fee_control == FeeControl.REMOTE and new.sgc:
        raise CannotSwap(SwapBar.LEDGER_HOLDS)  # what takes tokens holds its money itself
    if await db.get(MeterGroup, old.id) is not None:
        raise CannotSwap(SwapBar.TERMINAL_KEEPS)  # what was bought is not in the meter: nothing is to be carried
    await _check_free(db, new)
    swap = _row(old, new, wish, reason, now)
    db.add(swap)
    old.life = MeterLife.LEAVING
    await db.flush()
    swap.operation_id = await read_again(db, swap, wish.staff_id, now)
    _note(db, swap, "swap_begun", wish.staff_id, now)
    return swap


def _row(old: Meter, new: NewMeter, wish: Wish, reason: str, now: datetime) -> MeterSwap:
    return MeterSwap(
        id=uuid4(),
        old_meter_id=old.id,
        new_number=new.number,
        new_address=new.address,
        new_model_id=new.model_id,
        new_sgc=new.sgc or None,
        new_krn=new.krn,
        new_ti=new.ti,
        old_life=old.life,
        way=wish.way,
        reason=reason,
        made_by=wish.staff_id,
        made_at=now,
    )


async def _checked(db: AsyncSession, new: NewMeter) -> NewMeter:
    """The new meter as it is stored: digits only, a key where its make wants one. Raises CannotSwap."""
    try:
        number = parse_number(new.number)
    except NumberError:
        raise CannotSwap(SwapBar.BAD_NUMBER) from None
    model = await db.get(MeterModel, new.model_id)
    by_token = model is not None and model.profile == STS_PROFILE
    if model is None or number.kind is not NumberKind.METER or (len(number.digits) == _DRN) != by_token:
        raise CannotSwap(SwapBar.BAD_NUMBER)
    address = "".join(new.address.split()) or number.digits.zfill(_ADDRESS)
    if len(address) != _ADDRESS or not (address.isascii() and address.isdigit()):
        raise CannotSwap(SwapBar.BAD_ADDRESS)
    if not by_token:
        return NewMeter(number.digits, address, new.model_id)
    if not _is_key(new):
        raise CannotSwap(SwapBar.BAD_KEY)
    return NewMeter(number.digits, address, new.model_id, new.sgc, new.krn, new.ti)


def _is_key(new: NewMeter) -> bool:
    group = len(new.sgc) == _SGC and new.sgc.isascii() and new.sgc.isdigit()
    revision = new.krn is not None and 1 <= new.krn <= _MOST_KRN
    return group and revision and new.ti is not None and 0 <= new.ti <= _MOST_TI


async def _check_free(db: AsyncSession, new: NewMeter) -> None:
    wanted = select(Meter.number).where(or_(Meter.number == new.number, Meter.address == new.address))
    for number in await db.exec(wanted):
        raise CannotSwap(SwapBar.NUMBER_TAKEN if number == new.number else SwapBar.ADDRESS_TAKEN)
    others = select(MeterSwap.id).where(MeterSwap.state == SwapState.OPEN)
    if (await db.exec(others.where(MeterSwap.new_number == new.number))).first() is not None:
        raise CannotSwap(SwapBar.NUMBER_TAKEN)
    if (await db.exec(others.where(MeterSwap.new_address == new.address))).first() is not None:
        raise CannotSwap(SwapBar.ADDRESS_TAKEN)


async def read_again(db: AsyncSession, swap: MeterSwap, staff_id: UUID, now: datetime) -> UUID:
    """Have the old meter read, its energy too; return the operation that tells what it holds.

    Where the ledger holds the money, that is what it has counted. Where something may be in it of which no answer came,
    its own purchase records are read too: they tell ours from somebody else's.
    """
    only = Whom(meter_ids=(swap.old_meter_id,))
    energy = await plan(db, Order(OperationKind.READ_ENERGY, staff_id), only, now)
    if (await db.get_one(Meter, swap.old_meter_id)).fee_control == FeeControl.REMOTE:
        return energy.id  # whatever its wallet says is nobody's money
    oldest = await _oldest_sent(db, swap.old_meter_id)
    order = Order(OperationKind.READ_WALLET, staff_id)
    if oldest is not None:
        order = Order(OperationKind.READ_RECORDS, staff_id, arguments={DOWN_TO: oldest})
    return (await plan(db, order, only, now)).id


async def _oldest_sent(db: AsyncSession, meter_id: UUID) -> int | None:
    """The lowest number of what may be sent to a meter and is no end yet; None: there is nothing like that.

    Whoever has taken a number may send at this moment, and writes it down only then.
    """
    lowest = select(func.min(Purchase.number)).where(Purchase.meter_id == meter_id)
    return (await db.exec(lowest.where(col(Purchase.state).in_(ON_ITS_WAY)))).one()


async def ask_again(db: AsyncSession, swap_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Somebody wants the old meter read once more; figures that were typed in are forgotten. Raises CannotSwap."""
    swap = await open_swap(db, swap_id)
    swap.operation_id = await read_again(db, swap, staff_id, now)
    swap.last_balance_minor = swap.last_count = swap.last_energy_wh = None
    swap.last_read_at, swap.read_by, swap.read_remark = None, None, ""
    swap.last_by_tariff_wh, swap.jump_believed = [], False


async def open_swap(db: AsyncSession, swap_id: UUID) -> MeterSwap:
    """An exchange that is not over, locked. Raises CannotSwap; NoResultFound for none of that id."""
    swap = await db.get_one(MeterSwap, swap_id, with_for_update=True, populate_existing=True)
    if swap.state != SwapState.OPEN:
        raise CannotSwap(SwapBar.NOT_NOW)
    return swap


async def cancel(db: AsyncSession, swap_id: UUID, staff_id: UUID, now: datetime) -> None:
    """The old meter stays; what waited for it goes on by itself. Raises CannotSwap."""
    seen = await db.get_one(MeterSwap, swap_id)
    old = await db.get_one(Meter, seen.old_meter_id, with_for_update=LOCK)
    swap = await open_swap(db, swap_id)
    old.life = swap.old_life
    swap.state, swap.ended_at, swap.ended_by = SwapState.CANCELLED, now, staff_id
    _note(db, swap, "swap_cancelled", staff_id, now)


async def swap_of(db: AsyncSession, meter_id: UUID) -> MeterSwap | None:
    """The newest exchange that a meter is or was part of, whichever it was; None: none."""
    either = or_(MeterSwap.old_meter_id == meter_id, MeterSwap.new_meter_id == meter_id)
    return (await db.exec(select(MeterSwap).where(either).order_by(col(MeterSwap.made_at).desc()).limit(1))).first()


def _note(db: AsyncSession, swap: MeterSwap, act: str, staff_id: UUID, now: datetime) -> None:
    detail: dict[str, str | int | None] = {"new_number": swap.new_number, "way": swap.way, "reason": swap.reason}
    db.add(Audit(staff_id=staff_id, act=act, subject_id=swap.old_meter_id, detail=detail, at=now))
