"""A home whose money the ledger holds: a bench meter, days of use, payments, warnings, and everybody's jobs."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from app.context import Deps
from app.db import Begin
from app.domain.clock import local_day
from app.domain.collection import frozen_at
from app.domain.ledger import BookingKind, payment_booking
from app.domain.notice import MessageKind, MessageState
from app.domain.operation import OperationKind
from app.domain.wallet import BY_TARIFF, ReadingKind
from app.models import FeeCharge, Fund, LedgerEntry, Message, Meter, OperationItem, Purchase, Review
from app.outbox import Job
from app.services.collection.figures import DayFigure, store
from app.services.fees import charging, cuts
from app.services.fees.holding import held_minor
from app.services.ledger import book
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom
from app.services.purchases import open_purchase
from app.settings import Settings
from app.tasks import fees, fulfil, operations
from tests import build
from tests.clocks import Clock
from tests.fakes import Bench, SilentBell
from tests.work import worker

JOBS = {
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.CHECK_RELAY: fulfil.check_relay,
    Job.STEP_OPERATION: operations.step_operation,
    Job.OPERATE: operations.operate,
    Job.ENFORCE_LIMIT: fees.enforce_limit,
    Job.SET_OWN_LIMITS: fees.set_own_limits,
}
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Home:
    """One meter. `counted_wh`: its register; it costs half a yuan a kWh."""

    begin: Begin
    clock: Clock
    bench: Bench
    town: build.Utility
    counted_wh: int = 100_000
    jobs: dict[Job, object] = field(default_factory=lambda: dict(JOBS))

    @property
    def meter_id(self) -> UUID:
        return self.town.esam.id

    @property
    def deps(self) -> Deps:
        return Deps(self.begin, SilentBell(), self.clock, Settings(), name="test", gateway=self.bench)

    async def work(self) -> None:
        """Everybody keeps what is due."""
        await worker(self.deps, JOBS)()

    async def switches(self, to: str) -> OperationItem:
        """Staff switch it; the item as it ended."""
        self.bench.registers |= {
            "energies_wh": f"{self.counted_wh},0,0,0,{self.counted_wh}",
            "energy_wh": self.counted_wh,
        }
        for name in ("alarm_1_minor", "alarm_2_minor", "overdraft_limit_minor"):
            self.bench.registers.setdefault(name, 0)
        async with self.begin() as db:
            wish = Wish(OperationKind.SWITCH_FEE_CONTROL, None, {"fee_control": to})
            row = await plan(db, wish, Whom(meter_ids=(self.meter_id,)), self.clock())
        await self.work()
        async with self.begin() as db:
            return (await db.exec(select(OperationItem).where(OperationItem.operation_id == row.id))).one()

    async def pays(self, amount_minor: int) -> Purchase:
        """Money comes in; nobody has done anything yet."""
        async with self.begin() as db:
            row = await build.payment(db, self.town.esam, amount_minor, self.clock())
            await book(db, BookingKind.PAYMENT, row.id, payment_booking("sandbox", amount_minor), self.clock())
            row.state = "paid"
            return await open_purchase(db, row, amount_minor, self.clock())

    @property
    def today(self) -> date:
        return local_day(self.clock(), ZONE)

    async def is_read(self, day: date, wh: int, by_tariff: tuple[int, ...] = ()) -> None:
        """A frozen register of a day comes in."""
        at = frozen_at(day, ZONE)
        kinds = [(ReadingKind.ENERGY, wh), *zip(BY_TARIFF, by_tariff, strict=False)]
        async with self.begin() as db:
            await store(db, [DayFigure(self.meter_id, day, kind, value, at) for kind, value in kinds])

    async def uses(self, *kwh: int) -> None:
        """Days of use go by, each read in the night after it and charged in the morning."""
        for each in kwh:
            self.counted_wh += each * 1000
            self.clock.forward(days=1)
            await self.is_read(self.today - timedelta(days=1), self.counted_wh)
            await self.charge()

    async def charge(self) -> None:
        async with self.begin() as db:
            await charging.charge_due(db, self.today, self.clock())

    async def looks_for_cuts(self) -> int:
        async with self.begin() as db:
            return await cuts.find(db, self.clock())

    async def is_warned(self, state: MessageState = MessageState.DELIVERED) -> None:
        """A warning of this descent reaches somebody."""
        row = Message(
            id=uuid4(),
            contact_id=self.town.contact.id,
            meter_id=self.meter_id,
            kind=MessageKind.ALARM_B,
            cause_id=uuid4(),
            dedupe_key=uuid4().hex,
            channel="sms",
            locale="en",
            state=state,
            created_at=self.clock(),
            not_before=self.clock(),
            expires_at=self.clock() + timedelta(days=1),
            delivered_at=self.clock() if state is MessageState.DELIVERED else None,
        )
        async with self.begin() as db:
            db.add(row)

    async def meter(self) -> Meter:
        async with self.begin() as db:
            return await db.get_one(Meter, self.meter_id)

    async def fund(self) -> Fund:
        async with self.begin() as db:
            return (await db.exec(select(Fund).order_by(col(Fund.opened_at).desc()).limit(1))).one()

    async def held(self) -> int:
        async with self.begin() as db:
            return await held_minor(db, self.meter_id)

    async def in_funds(self) -> int:
        """What all funds say that they hold."""
        async with self.begin() as db:
            return int((await db.exec(select(func.coalesce(func.sum(Fund.held_minor), 0)))).one())

    async def charges(self) -> list[FeeCharge]:
        async with self.begin() as db:
            return list(await db.exec(select(FeeCharge).order_by(col(FeeCharge.last))))

    async def reviews(self) -> list[Review]:
        async with self.begin() as db:
            return list(await db.exec(select(Review).where(col(Review.settled_at).is_(None))))

    async def books(self) -> dict[str, int]:
        async with self.begin() as db:
            total = func.sum(LedgerEntry.amount_minor)
            rows = await db.exec(select(LedgerEntry.ledger_account, total).group_by(col(LedgerEntry.ledger_account)))
            found: dict[str, int] = {}
            for account, amount in rows:
                name = account.partition(":")[0]
                found[name] = found.get(name, 0) + int(amount)
            return {name: amount for name, amount in found.items() if amount}
