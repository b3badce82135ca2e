"""A job of the front-end ends before its worker ends it, with what its verbs learned, however long they would wait."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.ledger import BookingKind, payment_booking
from app.domain.purchase import PurchaseState
from app.models import Exchange, Note, Purchase
from app.outbox import Job
from app.ports import Done, FrameRecord, Recharge, Refused, Target, Trace, Unknown, Wallet
from app.services.ledger import book
from app.services.purchases import open_purchase
from app.settings import Settings
from app.steady import job
from app.tasks import fulfil
from headend_client.patience import ends_by
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.street import Street
from tests.work import worker

VERB_S = 240.0


class Slow(Street):
    """A meter that is read once, and of which nothing is heard any more: each verb waits for as long as it may."""

    reads = 0

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        self.reads += 1
        return Wallet(5000, 0, 0) if self.reads == 1 else await self._wait(trace)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        return await self._wait(trace)

    async def _wait(self, trace: Trace) -> Unknown:
        trace.append(FrameRecord(self.now(), "down", "68", "16"))
        await asyncio.sleep(ends_by(VERB_S) - asyncio.get_running_loop().time())
        return Unknown("no_reply")


async def test_a_try_whose_answers_are_all_lost_ends_within_its_job_and_its_frames_are_kept(
    begin: Begin, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outbox.TIMEOUTS, outbox.FRONT_END, outbox.CONCLUDING + timedelta(seconds=0.3))
    async with begin() as db:
        town = await build.utility(db, clock())
        paid = await build.payment(db, town.esam, 5000, clock())
        await book(db, BookingKind.PAYMENT, paid.id, payment_booking("sandbox", 5000), clock())
        bought = await open_purchase(db, paid, 5000, clock())
    deps = Deps(begin, SilentBell(), clock, Settings(), name="frontend:north", gateway=Slow(clock))
    async with asyncio.timeout(20):
        await worker(deps, {Job.DOWNLOAD_PURCHASE: fulfil.download_purchase})()
    async with begin() as db:
        frames = list(await db.exec(select(Exchange).where(Exchange.purchase_id == bought.id)))
        note = (await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE))).one()
        row = await db.get_one(Purchase, bought.id)
    assert len(frames) == 2
    assert (note.attempts, note.taken_until, note.last_error) == (1, None, "unknown: no_reply")
    assert (row.state, row.sends) == (PurchaseState.SENDING, 1)


@pytest.mark.parametrize(
    ("name", "bounded"), [("download_purchase", True), ("read_daily", True), ("issue_token", False)]
)
async def test_only_jobs_that_speak_to_devices_are_bound_by_it(
    begin: Begin, clock: Clock, name: str, bounded: bool
) -> None:
    seen: list[float] = []

    async def look(ctx: dict[str, Deps], note_id: int) -> None:
        seen.append(ends_by(10_000) - asyncio.get_running_loop().time())

    look.__name__ = name
    await job(look)({"deps": Deps(begin, SilentBell(), clock, Settings())}, 1)
    assert (seen[0] < 1000) is bounded
    if bounded:
        limit = outbox.TIMEOUTS[outbox.QUEUES[Job(name)]] - outbox.CONCLUDING
        assert limit.total_seconds() - 5 < seen[0] <= limit.total_seconds()
