"""The words of stories about staff: somebody pays, jobs run, somebody decides, the books are looked at."""

from uuid import UUID, uuid4

from sqlalchemy import func
from sqlmodel import col, select

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.payment import CallbackFact
from app.domain.review import ReviewAct, ReviewKind
from app.models import LedgerEntry, Meter, Payment, Purchase, Review, Staff
from app.outbox import Job
from app.ports import SecurityModule
from app.services.payments import PaymentWish, begin_payment, record_callback
from app.services.settle import Decision, settle
from app.settings import Settings
from app.tasks import fulfil
from tests import build
from tests.clocks import Clock
from tests.fakes import Bench, Module, SilentBell

JOBS = {
    Job.ISSUE_TOKEN: fulfil.issue_token,
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.READ_RECORDS: fulfil.read_records,
    Job.CHECK_RELAY: fulfil.check_relay,
}


class Desk:
    """A street with a bench meter at the end of the line, and a member of staff who decides."""

    def __init__(self, begin: Begin, clock: Clock, bench: Bench, town: build.Utility, staff_id: UUID) -> None:
        self.begin, self.clock, self.bench, self.town, self.staff_id = begin, clock, bench, town, staff_id
        module: SecurityModule = Module()  # type: ignore[assignment]  # only issues
        self.deps = Deps(begin, SilentBell(), clock, Settings(), name="test", gateway=bench, security=module)

    async def orders(self, meter: Meter, due_minor: int = 5000) -> Payment:
        """Somebody opens a payment."""
        async with self.begin() as db:
            return await begin_payment(db, PaymentWish(meter.id, due_minor, "sandbox", "CNY"), self.clock())

    async def hears(self, ref: str, amount_minor: int, currency: str = "CNY") -> None:
        """The provider says that money has come."""
        fact = CallbackFact("sandbox", uuid4().hex, ref, True, amount_minor, currency, self.clock())
        async with self.begin() as db:
            await record_callback(db, fact, self.clock())

    async def pays(self, meter: Meter, amount_minor: int = 5000) -> UUID:
        """Somebody pays what was due; return the id of the purchase."""
        payment = await self.orders(meter, amount_minor)
        await self.hears(payment.ref, amount_minor)
        async with self.begin() as db:
            return (await db.exec(select(Purchase.id).where(Purchase.payment_id == payment.id))).one()

    async def works(self) -> None:
        """Every job that is due runs, and what it leads to."""
        for _ in range(20):
            async with self.begin() as db:
                due = [h for h in await outbox.lease(db, self.clock()) if h.job in JOBS]
            if not due:
                return
            for handout in due:
                await JOBS[handout.job]({"deps": self.deps}, handout.note_id)

    async def review(self, kind: ReviewKind) -> Review:
        """The one open review of a kind."""
        async with self.begin() as db:
            wanted = select(Review).where(Review.kind == kind, col(Review.settled_at).is_(None))
            return (await db.exec(wanted)).one()

    async def decides(self, kind: ReviewKind, act: ReviewAct, remark: str = "I have looked at it") -> Review:
        """A member of staff settles the open review of a kind."""
        review = await self.review(kind)
        async with self.begin() as db:
            return await settle(db, Decision(review.id, act, remark, self.staff_id), self.clock())

    async def purchase(self, purchase_id: UUID) -> Purchase:
        async with self.begin() as db:
            return await db.get_one(Purchase, purchase_id)

    async def payment(self, payment_id: UUID) -> Payment:
        async with self.begin() as db:
            return await db.get_one(Payment, payment_id)

    async def meter(self, meter_id: UUID) -> Meter:
        async with self.begin() as db:
            return await db.get_one(Meter, meter_id)

    async def books(self) -> dict[str, int]:
        """The ledger's accounts that are not zero. They sum to zero, or the database would not hold them."""
        async with self.begin() as db:
            total = func.sum(LedgerEntry.amount_minor)
            rows = await db.exec(select(LedgerEntry.ledger_account, total).group_by(LedgerEntry.ledger_account))
            return {account: int(amount) for account, amount in rows if amount}


async def open_desk(begin: Begin, clock: Clock, bench: Bench) -> Desk:
    """A small utility, and somebody called Lin at its desk."""
    async with begin() as db:
        town = await build.utility(db, clock())
        officer = Staff(login="lin", name="Lin", password_hash="never used here")
        db.add(officer)
        await db.flush()
    return Desk(begin, clock, bench, town, officer.id)
