"""Both masters over the same seeds: who gets what through, and what became of the rest."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from app import outbox
from app.context import Deps, Task
from app.db import Begin
from app.domain.ledger import BookingKind, payment_booking
from app.domain.notice import MessageKind
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.models import Message, Payment, Purchase, Review
from app.outbox import Job
from app.services import overdue
from app.services.ledger import book
from app.services.purchases import new_ref, open_purchase
from app.settings import Settings
from app.tasks import announce, fulfil
from benchmarks.link.air import Air, Clock, Hung, JobTimeout, driver
from benchmarks.link.plain_master import PlainMaster
from benchmarks.link.town import FRONT_END, ZONE, Home, hang
from benchmarks.link.weather import Weather
from headend_client.security import IssueRequest, SecurityModule
from headend_client.simulator.state import E5_PER_CENT
from headend_client.target import Recharge
from headend_client.timing import Timing

AMOUNT_MINOR = 5000
BEGUN = datetime(2026, 3, 2, 1, 0, tzinfo=ZONE)
WINDOW = timedelta(hours=24)
_ROUND = timedelta(hours=1)
_AT_ONCE = 8
_MANY = 400
_PATIENCE = outbox.TIMEOUTS[outbox.FRONT_END]
JOBS: dict[Job, Task] = {
    Job.ISSUE_TOKEN: fulfil.issue_token,
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.ANNOUNCE_TOKEN: announce.announce_token,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the product did. `took_s`: from payment to credit, of those credited within the window.

    `landed`: meters that hold the credit, by how often. `rest`: not credited within the window; of these
    `with_order` have a work order, `by_token` take tokens and `token_sent` have a message with it. `stray`: rest whose
    money is neither on its way nor before a person.
    """

    sold: int
    took_s: list[float] = field(repr=False)
    landed: Counter[int]
    believed: int
    rest: int
    with_order: int
    by_token: int
    token_sent: int
    stray: int
    tries: int

    @property
    def share(self) -> float:
        """Of what was sold, credited within the window."""
        return len(self.took_s) / self.sold

    @property
    def twice(self) -> int:
        """Meters that were credited more than once, or with another sum."""
        return sum(many for times, many in self.landed.items() if times > 1)

    @property
    def lost(self) -> int:
        """Purchases that we call credited and the meter does not hold."""
        return max(self.believed - (self.landed.total() - self.landed[0]), 0)


async def plainly(known: Sequence[Home], weather: Weather, security: SecurityModule) -> float:
    """The share that the baseline gets through."""
    clock = Clock(BEGUN)
    air = Air(hang(known, weather, BEGUN), clock, Timing())
    master = PlainMaster(driver(air, security, ZONE), clock)
    came = 0
    for home in known:
        at = BEGUN + timedelta(seconds=home.paid_s)
        what = await _token(security, home, at) if home.by_token else Recharge(AMOUNT_MINOR, 1)
        came += await master.sell(home.target, what, at)
    return came / len(known)


async def _token(security: SecurityModule, home: Home, at: datetime) -> str:
    identity = home.target.sts
    if identity is None:
        raise ValueError("no STS meter")
    request = IssueRequest(f"plain-{home.number}", identity, 4, AMOUNT_MINOR * E5_PER_CENT, at, None)
    (token,) = await security.issue_credit(request)
    return token.digits


class Product:
    """The product's own jobs over a database, in time that passes on the wire alone."""

    def __init__(self, begin: Begin, settings: Settings, security: SecurityModule, meters: dict[str, Hung]) -> None:
        self.clock = Clock(BEGUN)
        gateway = driver(Air(meters, self.clock, Timing()), security, ZONE)
        self._deps = Deps(
            begin, _Nobody(), self.clock, settings, f"frontend:{FRONT_END}", gateway=gateway, security=security
        )
        self._begin, self._meters = begin, meters

    async def sell(self, known: Sequence[Home]) -> None:
        """Have every home pay when it pays, and work for a window after the last of them."""
        waiting = sorted(known, key=lambda home: home.paid_s)
        last = BEGUN + timedelta(seconds=waiting[-1].paid_s) + WINDOW
        now = BEGUN
        while now < last and (waiting or await self._due(last + WINDOW)):
            until = min(now + _ROUND, last)
            due = [home for home in waiting if BEGUN + timedelta(seconds=home.paid_s) < until]
            await self._pay(due)
            waiting = waiting[len(due) :]
            await self._work(until)
            async with self._begin() as db:
                await overdue.find_overdue_purchases(db, until)
                await overdue.find_spent_notes(db, until)
            now = until

    async def _pay(self, known: Iterable[Home]) -> None:
        async with self._begin() as db:
            for home in known:
                at = BEGUN + timedelta(seconds=home.paid_s)
                paid = Payment(
                    ref=new_ref(), provider="sandbox", meter_id=home.id, amount_minor=AMOUNT_MINOR, currency="CNY",
                    state=PaymentState.PAID, created_at=at, paid_at=at, expires_at=at + timedelta(minutes=30),
                )  # fmt: skip
                db.add(paid)
                await db.flush()
                await book(db, BookingKind.PAYMENT, paid.id, payment_booking("sandbox", AMOUNT_MINOR), at)
                await open_purchase(db, paid, AMOUNT_MINOR, at)

    async def _work(self, until: datetime) -> None:
        """Keep every promise that is due before `until`, each begun when it was due."""
        gate = asyncio.Semaphore(_AT_ONCE)
        while due := await self._due(until):
            async with asyncio.TaskGroup() as group:
                for note_id, job, at in due:
                    group.create_task(self._keep(gate, note_id, Job(job), at))

    async def _due(self, until: datetime) -> list[tuple[int, str, datetime]]:
        async with self._begin() as db:
            rows = await db.execute(_DUE, {"until": until, "jobs": [job.value for job in JOBS], "many": _MANY})
            return [(row.id, row.job, row.at) for row in rows]

    async def _keep(self, gate: asyncio.Semaphore, note_id: int, job: Job, at: datetime) -> None:
        async with gate:
            self.clock.set(at, _PATIENCE)
            try:
                await JOBS[job]({"deps": self._deps}, note_id)
            except JobTimeout:
                return  # the note is free again when its taking ends, as after any job that dies

    async def outcome(self, known: Sequence[Home]) -> Outcome:
        """Compare what we believe with what the meters hold."""
        async with self._begin() as db:
            rows = list(await db.exec(select(Purchase)))
            ordered = set(await db.exec(select(Review.purchase_id).where(Review.kind == ReviewKind.WORK_ORDER)))
            asked = set(await db.exec(select(Review.purchase_id).where(col(Review.settled_at).is_(None))))
            told = set(await db.exec(select(Message.cause_id).where(Message.kind == MessageKind.PURCHASE_TOKEN)))
            promised = set((await db.execute(_PROMISED)).scalars())
            tries = (await db.execute(_TRIES)).scalar()
        rest = [row for row in rows if _took(row) is None]
        tokens = {home.id for home in known if home.by_token}
        return Outcome(
            sold=len(known),
            took_s=[took for row in rows if (took := _took(row)) is not None],
            landed=Counter(self._credits(home) for home in known),
            believed=sum(row.state == PurchaseState.CREDITED for row in rows),
            rest=len(rest),
            with_order=sum(row.id in ordered for row in rest),
            by_token=sum(row.meter_id in tokens for row in rest),
            token_sent=sum(row.id in told for row in rest),
            stray=sum(not _is_somewhere(row, promised, asked) for row in rows),
            tries=int(tries or 0),
        )

    def _credits(self, home: Home) -> int:
        """How often the meter took this purchase; another sum than was paid counts as twice."""
        sums = [credit.amount_e5 // E5_PER_CENT for credit in self._meters[home.address].answerer.meter.state.credits]
        return len(sums) if all(AMOUNT_MINOR <= each <= AMOUNT_MINOR + 1 for each in sums) else 2


def _took(row: Purchase) -> float | None:
    if row.credited_at is None or row.credited_at - row.created_at > WINDOW:
        return None
    return (row.credited_at - row.created_at).total_seconds()


def _is_somewhere(row: Purchase, promised: set[UUID], asked: set[UUID | None]) -> bool:
    return row.state == PurchaseState.CREDITED or row.id in promised or row.id in asked


_DUE = text(
    """
    select id, job, greatest(due_at, taken_until) as at from outbox
    where done_at is null and job = any(:jobs) and greatest(due_at, taken_until) < :until
    order by at, id limit :many
    """
)
_PROMISED = text("select subject_id from outbox where done_at is null")
_TRIES = text("select sum(attempts) from outbox where job = 'download_purchase'")


class _Nobody:
    """A bell that nobody hears: promises are looked for here."""

    async def ring_quietly(self) -> None:
        return
