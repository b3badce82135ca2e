"""Exchange of a meter under remote fee control: its last energy is charged, and its fund's money goes on or back.

The caller has locked account, meter and exchange. Everything here is part of the one transaction of the exchange.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.clock import local_day
from app.domain.fees import MOST_TARIFFS, Charge, FeeControl, Prices, Registers, in_force
from app.domain.fund_swapping import FundEnd, bar_to_begin, bar_to_read, begin_at, end_of
from app.domain.ledger import BookingKind, fund_moved_booking, fund_of, fund_overdrawn_booking, refund_due_booking
from app.domain.operation import DeviceItemState
from app.domain.swapping import CannotSwap, SwapBar, SwapWay
from app.models import Account, Audit, Fund, Meter, MeterModel, MeterSwap, OperationItem
from app.outbox import Job
from app.services.fees import charging, own_limits
from app.services.fees.holding import follow, held_minor, open_fund_of
from app.services.fees.tariffs import sets_of
from app.services.ledger import book
from app.services.swaps.beginning import open_swap
from app.settings import settings

LONGEST_REMARK = 500
NO_WALLET_PROFILE = "remote"
MOST_WH = 10**12
_TARIFFS = tuple(f"energy_{n}_wh" for n in range(1, MOST_TARIFFS + 1))


@dataclass(frozen=True, slots=True)
class LastEnergy:
    """What the old meter has counted, and when it said so or somebody saw it."""

    registers: Registers
    at: datetime


@dataclass(frozen=True, slots=True)
class FundStanding:
    """How far a fund is from its end. `rest`, `end`: as things are now; None: no rule charges up to the last reading.

    `jumped`: only because it jumps, and a person may say that it is right. `tariffs`: how many registers by time of use
    the prices want, 0 where there is one price.
    """

    fund: Fund
    held_minor: int
    read: LastEnergy | None
    rest: Charge | None
    end: FundEnd | None
    jumped: bool
    tariffs: int
    bar: SwapBar | None


async def stand(
    db: AsyncSession, swap: MeterSwap, item: OperationItem | None, today: date | None = None
) -> FundStanding:
    """How far the old meter's fund is from its end; locks nothing. `today`: up to when; None: up to the reading's day.

    Raises NoResultFound where the old meter is not under remote fee control.
    """
    meter = await db.get_one(Meter, swap.old_meter_id)
    fund = await open_fund_of(db, meter.id)
    if fund is None:
        raise CannotSwap(SwapBar.NOT_NOW)
    read, held = _by_hand(swap) or _by_wire(item, swap), await held_minor(db, meter.id)
    prices = await _prices(db, meter, fund)
    tariffs = len(prices.prices_e4) if prices is not None and prices.by_time else 0
    rest = jump = None
    if read is not None:
        until = today or _day(read.at)
        jump = await charging.price_rest(db, fund, read.registers, until, believed=True)
        rest = jump if swap.jump_believed else await charging.price_rest(db, fund, read.registers, until)
    bar = bar_to_read(read.registers if read else None, rest, doubted=fund.doubt is not None)
    if read is not None and fund.counted_at > read.at:
        bar = SwapBar.READ_AGAIN
    end = end_of(held, rest, SwapWay(swap.way)) if rest else None
    return FundStanding(fund, held, read, rest, end, rest is None and jump is not None, tariffs, bar)


def _by_hand(swap: MeterSwap) -> LastEnergy | None:
    if swap.last_read_at is None or swap.last_energy_wh is None:
        return None
    return LastEnergy(Registers(swap.last_energy_wh, tuple(swap.last_by_tariff_wh)), swap.last_read_at)


def _by_wire(item: OperationItem | None, swap: MeterSwap) -> LastEnergy | None:
    if item is None or item.state != DeviceItemState.DONE or item.ended_at is None or item.ended_at < swap.made_at:
        return None
    total, by_tariff = item.values.get("energy_wh"), []
    for name in _TARIFFS:
        value = item.values.get(name)
        if not isinstance(value, int):
            break
        by_tariff.append(value)
    return LastEnergy(Registers(total, tuple(by_tariff)), item.ended_at) if isinstance(total, int) else None


async def _prices(db: AsyncSession, meter: Meter, fund: Fund) -> Prices | None:
    """Those of the day after the last one that is charged; None: the tariff has none yet."""
    tariff_id = (await db.get_one(Account, meter.account_id)).tariff_id
    return in_force((await sets_of(db, [tariff_id]))[tariff_id], fund.day)


async def note_seen(
    db: AsyncSession, swap_id: UUID, seen: tuple[Registers, str], staff_id: UUID, now: datetime
) -> None:
    """Take the old meter's registers off its display; the word beside them says who saw it. Raises CannotSwap."""
    registers, said = seen
    remark = " ".join(said.split())
    if not remark or len(remark) > LONGEST_REMARK:
        raise CannotSwap(SwapBar.NO_REASON)
    _check(registers)
    swap = await open_swap(db, swap_id)
    swap.last_energy_wh, swap.last_by_tariff_wh = registers.total_wh, list(registers.by_tariff_wh)
    swap.last_read_at, swap.read_by, swap.read_remark = now, staff_id, remark
    swap.jump_believed = False
    detail: dict[str, str | int | None] = {"energy_wh": registers.total_wh, "remark": remark}
    db.add(Audit(staff_id=staff_id, act="swap_read_by_hand", subject_id=swap.old_meter_id, detail=detail, at=now))


async def note_start(db: AsyncSession, swap_id: UUID, start: Registers, *, believed: bool) -> None:
    """Keep what the fitter saw on the new meter (装表底度). `believed`: the old one's jump is right. CannotSwap."""
    _check(start)
    swap = await open_swap(db, swap_id)
    swap.new_total_wh, swap.new_by_tariff_wh = start.total_wh, list(start.by_tariff_wh)
    swap.jump_believed = believed
    await db.flush()


def _check(registers: Registers) -> None:
    figures = (registers.total_wh, *registers.by_tariff_wh)
    if len(registers.by_tariff_wh) > MOST_TARIFFS or not all(0 <= each <= MOST_WH for each in figures):
        raise CannotSwap(SwapBar.BAD_FIGURE)


async def end(db: AsyncSession, swap: MeterSwap, old: Meter, item: OperationItem | None, now: datetime) -> FundStanding:
    """Charge what is due and then the rest, and close the fund; its money is still there. Raises CannotSwap."""
    today = _day(now)
    await charging.charge_meter(db, old.id, today, now)
    fund = await open_fund_of(db, old.id, lock=True)
    if fund is not None:
        await db.refresh(fund)
    stands = await stand(db, swap, item, today)
    prices = await _prices(db, old, stands.fund)
    bar = stands.bar or bar_to_begin(_start(swap), prices)
    if bar is not None or stands.rest is None or stands.end is None:
        raise CannotSwap(bar or SwapBar.ENERGY_IN_DOUBT)
    await charging.charge_rest(db, stands.fund, stands.rest, now)
    stands.fund.closed_at = now
    old.fee_control = FeeControl.LOCAL
    await outbox.overtake(db, old.id, [Job.SET_OWN_LIMITS, Job.ENFORCE_LIMIT], now, "meter_exchanged")
    await db.flush()
    await db.refresh(old)
    return stands


def _start(swap: MeterSwap) -> Registers | None:
    return None if swap.new_total_wh is None else Registers(swap.new_total_wh, tuple(swap.new_by_tariff_wh))


async def begin(db: AsyncSession, swap: MeterSwap, ended: FundStanding, new: Meter, now: datetime) -> None:
    """Open the new meter's fund where its registers begin, with what the old one's household has used so far."""
    start, rest = _start(swap), ended.rest
    if start is None or rest is None:
        raise CannotSwap(SwapBar.NO_START)
    counted = begin_at(rest, start)
    fund = Fund(
        id=uuid4(),
        meter_id=new.id,
        opened_at=now,
        day=counted.day,
        total_wh=start.total_wh,
        by_tariff_wh=list(start.by_tariff_wh),
        counted_at=now,
        carried_e5=counted.carried_e5,
        used_wh=counted.used_wh,
        own_limits=await _own_limits(db, new),
    )
    new.fee_control = FeeControl.REMOTE
    db.add(fund)
    await db.flush()
    if ended.end is not None and ended.end.carried_minor:
        moved = fund_moved_booking(swap.old_meter_id, new.id, ended.end.carried_minor)
        await book(db, BookingKind.EXCHANGE, swap.id, moved, now)
    await follow(db, [new.id], now)
    await db.refresh(new)
    if fund.own_limits is not None:
        await own_limits.promise(db, new, now)


async def _own_limits(db: AsyncSession, new: Meter) -> dict[str, int] | None:
    """None: it has no wallet. Else nobody has asked it yet, which is done before they are lifted."""
    has_none = (await db.get_one(MeterModel, new.model_id)).profile == NO_WALLET_PROFILE
    return None if has_none else {}


async def give_back(db: AsyncSession, swap: MeterSwap, account: Account, end: FundEnd, now: datetime) -> None:
    """Book what is not carried: what goes back is due, what was used beyond the fund the account owes."""
    if end.owed_minor:
        account.arrears_minor += end.owed_minor
        owed = fund_overdrawn_booking(swap.old_meter_id, end.owed_minor)
        await book(db, BookingKind.EXCHANGE, swap.id, owed, now)
    elif end.back_minor:
        back = refund_due_booking(fund_of(swap.old_meter_id), end.back_minor)
        await book(db, BookingKind.EXCHANGE, swap.id, back, now)


def _day(now: datetime) -> date:
    return local_day(now, ZoneInfo(settings().timezone))
