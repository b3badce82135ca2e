"""The old meter's last figures: read over the wire, or seen by somebody who stands before it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.fees import FeeControl
from app.domain.operation import DeviceItemState
from app.domain.purchase import ON_ITS_WAY, PurchaseState
from app.domain.swapping import CannotSwap, Found, LastRead, OnItsWay, SwapBar, bar_to_end, find, record_of
from app.domain.wallet import ReadingKind
from app.models import Audit, Meter, MeterSwap, OperationItem, Purchase, Reading, Token
from app.services import meter_records
from app.services.purchases import is_of_older_run
from app.services.swaps import funds
from app.services.swaps.beginning import open_swap
from app.services.swaps.funds import FundStanding

LONGEST_REMARK = 500
MOST_MINOR = 99_999_999
_MOST_COUNT = 0xFFFFFFFF
_MOST_WH = 10**12


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw on the old meter's display. `remark`: how, and who stood there."""

    balance_minor: int
    count: int | None
    energy_wh: int | None
    remark: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A purchase for the old meter that is no end yet, and what the count says of it.

    `record_minor`: the sum that the meter itself wrote down under its number; None: none that is known.
    """

    purchase: Purchase
    tokens: int
    found: Found
    record_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an exchange is. `item`: the reading that is under way or over; `bar`: why it cannot be finished.

    `fund`: where the ledger holds the money; `read` is then what would be carried, as things are now.
    """

    read: LastRead | None
    energy_wh: int | None
    item: OperationItem | None
    waiting: tuple[Waiting, ...]
    newest_credit: datetime | None
    bar: SwapBar | None
    fund: FundStanding | None = None


async def note_seen(db: AsyncSession, swap_id: UUID, seen: Seen, staff_id: UUID, now: datetime) -> None:
    """Take figures off the display in place of a reading. Raises CannotSwap."""
    remark = " ".join(seen.remark.split())
    if not remark or len(remark) > LONGEST_REMARK:
        raise CannotSwap(SwapBar.NO_REASON)
    figures = (abs(seen.balance_minor), MOST_MINOR), (seen.count, _MOST_COUNT), (seen.energy_wh, _MOST_WH)
    if not all(_fits(figure, most) for figure, most in figures):
        raise CannotSwap(SwapBar.BAD_FIGURE)
    swap = await open_swap(db, swap_id)
    swap.last_balance_minor, swap.last_count, swap.last_energy_wh = seen.balance_minor, seen.count, seen.energy_wh
    swap.last_read_at, swap.read_by, swap.read_remark = now, staff_id, remark
    detail: dict[str, str | int | None] = {"balance_minor": seen.balance_minor, "purchase_count": seen.count}
    detail["remark"] = remark
    db.add(Audit(staff_id=staff_id, act="swap_read_by_hand", subject_id=swap.old_meter_id, detail=detail, at=now))


def _fits(figure: int | None, most: int) -> bool:
    return figure is None or 0 <= figure <= most


async def standing(db: AsyncSession, swap: MeterSwap) -> Standing:
    """How far it is; locks nothing."""
    item = await _item(db, swap)
    if (await db.get_one(Meter, swap.old_meter_id)).fee_control == FeeControl.REMOTE:
        return await _standing_of_fund(db, swap, item)
    read = _by_hand(swap) or _by_wire(item, swap)
    old = await db.get_one(Meter, swap.old_meter_id)
    waiting = tuple([await _judge(db, each, read, old) for each in await on_its_way(db, old.id)])
    newest = select(func.max(Purchase.credited_at)).where(Purchase.meter_id == swap.old_meter_id)
    newest = newest.where(Purchase.state == PurchaseState.CREDITED)
    credited_at: datetime | None = (await db.exec(newest)).one()
    bar = bar_to_end(read, credited_at, tuple(each.found for each in waiting))
    return Standing(read, await _energy(db, swap), item, waiting, credited_at, bar)


async def _standing_of_fund(db: AsyncSession, swap: MeterSwap, item: OperationItem | None) -> Standing:
    """The ledger credits at once: no purchase lands in the old meter after its last reading."""
    fund = await funds.stand(db, swap, item)
    held = fund.end.held_minor if fund.end else fund.held_minor
    read = LastRead(held, None, fund.read.at) if fund.read else None
    old = await db.get_one(Meter, swap.old_meter_id)
    waiting = tuple([await _judge(db, each, read, old) for each in await on_its_way(db, old.id)])
    bar = fund.bar or bar_to_end(read, None, tuple(each.found for each in waiting))
    energy_wh = fund.read.registers.total_wh if fund.read else None
    return Standing(read, energy_wh, item, waiting, None, bar, fund)


async def on_its_way(db: AsyncSession, meter_id: UUID) -> list[Purchase]:
    """What is paid for a meter and no end yet, the oldest first."""
    wanted = select(Purchase).where(Purchase.meter_id == meter_id, col(Purchase.state).in_(ON_ITS_WAY))
    return list(await db.exec(wanted.order_by(col(Purchase.created_at), col(Purchase.id))))


async def tokens_made(db: AsyncSession, purchase_id: UUID) -> int:
    """How many codes were made for a purchase that can still be typed."""
    return (await db.exec(select(func.count()).select_from(Token).where(Token.purchase_id == purchase_id))).one()


async def _judge(db: AsyncSession, purchase: Purchase, read: LastRead | None, old: Meter) -> Waiting:
    tokens, sends = await tokens_made(db, purchase.id), 0 if is_of_older_run(purchase, old) else purchase.sends
    known = OnItsWay(purchase.number, sends, tokens, purchase.credit_minor)
    if read is None:
        return Waiting(purchase, tokens, find(known, None))
    record = record_of(purchase.number, read.records)
    found = find(known, read.count, read.records)
    return Waiting(purchase, tokens, found, record.amount_minor if record else None)


async def _item(db: AsyncSession, swap: MeterSwap) -> OperationItem | None:
    if swap.operation_id is None:
        return None
    return (await db.exec(select(OperationItem).where(OperationItem.operation_id == swap.operation_id))).first()


def _by_hand(swap: MeterSwap) -> LastRead | None:
    if swap.last_read_at is None or swap.last_balance_minor is None:
        return None
    return LastRead(swap.last_balance_minor, swap.last_count, swap.last_read_at)


def _by_wire(item: OperationItem | None, swap: MeterSwap) -> LastRead | None:
    if item is None or item.state != DeviceItemState.DONE or item.ended_at is None or item.ended_at < swap.made_at:
        return None
    balance, count = item.values.get("balance_minor"), item.values.get("purchase_count")
    if not isinstance(balance, int):
        return None
    records = meter_records.from_values(item.values)
    return LastRead(balance, count if isinstance(count, int) else None, item.ended_at, records)


async def _energy(db: AsyncSession, swap: MeterSwap) -> int | None:
    if swap.last_energy_wh is not None:
        return swap.last_energy_wh
    wanted = select(Reading.value).where(Reading.meter_id == swap.old_meter_id, Reading.kind == ReadingKind.ENERGY)
    wanted = wanted.where(col(Reading.read_at) >= swap.made_at)
    return (await db.exec(wanted.order_by(col(Reading.read_at).desc()).limit(1))).first()
