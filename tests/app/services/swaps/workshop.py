"""The words of stories about exchanges: an old meter on the bench, a new one beside it, and the books."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import select

from app import outbox
from app.domain.clock import local_day
from app.domain.fees import FeeControl
from app.domain.ledger import BookingKind, fund_opened_booking
from app.domain.swapping import Found, SwapWay
from app.models import Account, Booking, Fund, LedgerEntry, Meter, MeterSwap, Purchase
from app.outbox import Job
from app.services.fees.holding import follow
from app.services.ledger import book
from app.services.swaps import beginning, finishing, reading
from app.services.swaps.beginning import NewMeter, Wish
from app.services.swaps.reading import Seen, Standing
from app.tasks import operations
from tests import build
from tests.desk import JOBS, Desk

NEW = build.numbered("20100000777")
NEW_STS = build.numbered("0700000777")
ALL_JOBS = JOBS | {Job.STEP_OPERATION: operations.step_operation, Job.OPERATE: operations.operate}


async def begun(desk: Desk, old: Meter, way: SwapWay = SwapWay.CARRY, number: str = "") -> UUID:
    """An exchange of `old` for a new meter of the same make."""
    usual, key = (NEW_STS, ("201457", 2, 1)) if old.sgc else (NEW, ("", None, None))
    number = number or usual
    new = NewMeter(number, "", old.model_id, *key)
    async with desk.begin() as db:
        swap = await beginning.begin(db, Wish(old.number, new, way, "display broken", desk.staff_id), desk.clock())
    return swap.id


async def works(desk: Desk) -> None:
    """Every job that is due runs, those of operations too."""
    for _ in range(40):
        async with desk.begin() as db:
            due = [h for h in await outbox.lease(db, desk.clock()) if h.job in ALL_JOBS]
        if not due:
            return
        for handout in due:
            await ALL_JOBS[handout.job]({"deps": desk.deps}, handout.note_id)


async def seen(desk: Desk, swap_id: UUID, balance_minor: int, count: int | None = None) -> None:
    """Somebody reads the display."""
    figures = Seen(balance_minor, count, 123_000, "read off the display by Lin")
    async with desk.begin() as db:
        await reading.note_seen(db, swap_id, figures, desk.staff_id, desk.clock())


async def finished(desk: Desk, swap_id: UUID, said: Mapping[UUID, Found] | None = None) -> MeterSwap:
    """The new meter takes the old one's place."""
    async with desk.begin() as db:
        return await finishing.finish(db, swap_id, said or {}, desk.staff_id, desk.clock())


async def stands(desk: Desk, swap_id: UUID) -> Standing:
    async with desk.begin() as db:
        return await reading.standing(db, await db.get_one(MeterSwap, swap_id))


async def new_meter(desk: Desk, swap_id: UUID) -> Meter:
    async with desk.begin() as db:
        swap = await db.get_one(MeterSwap, swap_id)
        return await db.get_one(Meter, swap.new_meter_id)


async def purchases_of(desk: Desk, meter_id: UUID) -> list[Purchase]:
    async with desk.begin() as db:
        wanted = select(Purchase).where(Purchase.meter_id == meter_id).order_by(Purchase.created_at)  # type: ignore[arg-type]
        return list(await db.exec(wanted))


async def arrears(desk: Desk) -> int:
    async with desk.begin() as db:
        return (await db.exec(select(Account.arrears_minor).where(Account.id == desk.town.account.id))).one()


async def booked(desk: Desk, subject_id: UUID) -> dict[str, int]:
    """What was booked about one subject."""
    async with desk.begin() as db:
        entries = select(LedgerEntry).join(Booking).where(Booking.subject_id == subject_id)
        return {each.ledger_account: each.amount_minor for each in await db.exec(entries)}


async def hold_by_ledger(desk: Desk, meter_id: UUID, held_minor: int, counted_wh: int = 100_000) -> None:
    """Let the ledger hold a meter's money; it is charged up to `counted_wh`, yesterday."""
    now = desk.clock()
    async with desk.begin() as db:
        meter = await db.get_one(Meter, meter_id)
        meter.fee_control = FeeControl.REMOTE
        fund = Fund(
            id=uuid4(),
            meter_id=meter_id,
            opened_at=now,
            counted_at=now,
            day=local_day(now, ZoneInfo("Asia/Shanghai")) - timedelta(days=1),
            total_wh=counted_wh,
        )
        db.add(fund)
        await db.flush()
        await book(db, BookingKind.FUND_OPENED, fund.id, fund_opened_booking(meter_id, held_minor), now)
        await follow(db, [meter_id], now)
