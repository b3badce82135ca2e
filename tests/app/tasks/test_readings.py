"""Reading meters: one because somebody asks, every one of a concentrator once a day."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.relay import Supply
from app.domain.wallet import BalanceSource
from app.models import Exchange, Meter, Note, Purchase, Reading
from app.outbox import Job
from app.ports import Refused, Target, Trace, Unknown, Wallet
from app.services.purchases import new_ref
from app.services.readings import record_balance
from app.tasks import readings
from tests import build
from tests.clocks import Clock
from tests.street import Street
from tests.work import Work, front_end, worker

JOBS = {Job.READ_BALANCE: readings.read_balance, Job.READ_DAILY: readings.read_daily}


@pytest.fixture
def street(utility: build.Utility, clock: Clock) -> Street:
    return Street(clock, {utility.esam.address: 4321, utility.sts.address: 900})


@pytest.fixture
def deps(begin: Begin, clock: Clock, street: Street) -> Deps:
    return front_end(begin, clock, street)


@pytest.fixture
def work(deps: Deps) -> Work:
    return worker(deps, JOBS)


async def ask(begin: Begin, meter: Meter, clock: Clock) -> None:
    async with begin() as db:
        await outbox.promise(db, Job.READ_BALANCE, meter.id, clock(), concentrator_id=meter.concentrator_id)


async def meter_of(begin: Begin, meter: Meter) -> Meter:
    async with begin() as db:
        return await db.get_one(Meter, meter.id)


async def notes(begin: Begin) -> list[Note]:
    async with begin() as db:
        return list(await db.exec(select(Note).where(col(Note.job).in_(JOBS)).order_by(col(Note.id))))


async def test_reading_now_tells_balance_and_supply(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work
) -> None:
    await ask(begin, utility.esam, clock)
    await work()
    meter = await meter_of(begin, utility.esam)
    assert (meter.balance_minor, meter.balance_source, meter.balance_read_at) == (
        4321,
        BalanceSource.READBACK,
        clock(),
    )
    assert meter.supply == Supply.OFF


@dataclass
class Overtaken(Street):
    """A recharge lands between the meter's word and its last answer."""

    then: Callable[[], Awaitable[None]] | None = None

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        said = await super().read_wallet(target, trace)
        assert self.then is not None
        await self.then()
        return said


@pytest.mark.parametrize("asked_by", ["somebody", "the daily round"])
async def test_a_balance_that_a_recharge_overtook_while_it_was_read_is_not_the_meters(
    begin: Begin, clock: Clock, utility: build.Utility, asked_by: str
) -> None:
    async def lands() -> None:
        clock.forward(seconds=2)
        async with begin() as db:
            meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
            await record_balance(db, meter, 9321, BalanceSource.READBACK, clock())
        clock.forward(seconds=2)

    street = Overtaken(clock, {utility.esam.address: 4321}, then=lands)
    deps = front_end(begin, clock, street)
    if asked_by == "somebody":
        await ask(begin, utility.esam, clock)
    else:
        street.balances[utility.sts.address] = 900
        await readings.plan_daily(deps)
    await worker(deps, JOBS)()
    assert (await meter_of(begin, utility.esam)).balance_minor == 9321


async def test_the_frames_of_a_reading_are_kept(begin: Begin, clock: Clock, utility: build.Utility, work: Work) -> None:
    await ask(begin, utility.esam, clock)
    await work()
    async with begin() as db:
        frame = (await db.exec(select(Exchange))).one()
    assert (frame.meter_id, frame.verb, frame.direction) == (utility.esam.id, "read_balance", "down")


async def test_a_silent_meter_is_asked_three_times_and_then_it_is_said(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, work: Work
) -> None:
    street.silent.add(utility.esam.address)
    await ask(begin, utility.esam, clock)
    for _ in range(5):
        await work()
        clock.forward(seconds=3)
    (note,) = await notes(begin)
    assert note.done_at is not None
    assert note.last_error == "no_answer"
    assert len(street.asked) == 3
    assert (await meter_of(begin, utility.esam)).balance_read_at is None


async def test_a_meter_that_answers_the_second_time_is_read(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, work: Work
) -> None:
    street.cut = True
    await ask(begin, utility.esam, clock)
    await work()
    street.cut = False
    clock.forward(seconds=3)
    await work()
    (note,) = await notes(begin)
    assert (note.done_at, note.last_error) == (clock(), None)


async def test_each_concentrator_gets_one_round_a_day(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, work: Work
) -> None:
    for _ in range(3):
        await readings.plan_daily(deps)
        await work()
    assert [note.subject_id for note in await notes(begin)] == [utility.concentrator.id]
    clock.forward(days=1)
    await readings.plan_daily(deps)
    assert len(await notes(begin)) == 2


async def test_no_round_begins_before_meters_have_closed_their_day(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps
) -> None:
    clock.forward(hours=15, minutes=5)  # five past midnight in Shanghai
    await readings.plan_daily(deps)
    assert await notes(begin) == []
    clock.forward(minutes=20)
    await readings.plan_daily(deps)
    assert len(await notes(begin)) == 1


async def test_a_round_reads_every_meter_that_nobody_has_read_today(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    await ask(begin, utility.esam, clock)
    await work()
    await readings.plan_daily(deps)
    await work()
    assert street.asked == [utility.esam.address, utility.sts.address]
    meter = await meter_of(begin, utility.sts)
    assert (meter.balance_minor, meter.balance_source) == (900, BalanceSource.DAILY)


async def test_a_meter_that_fails_is_skipped_and_named_and_only_it_is_asked_again(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    street.silent.add(utility.sts.address)
    await readings.plan_daily(deps)
    await work()
    (note,) = await notes(begin)
    assert (note.done_at, note.last_error) == (None, f"not read: {utility.sts.number}")
    assert (await meter_of(begin, utility.esam)).balance_minor == 4321

    street.silent.clear()
    street.asked.clear()
    clock.forward(minutes=20)
    await work()
    assert street.asked == [utility.sts.address]
    assert (await notes(begin))[0].done_at is not None


async def test_a_round_gives_up_after_some_tries_and_says_on_whom(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    street.silent.add(utility.sts.address)
    await readings.plan_daily(deps)
    for _ in range(6):
        await work()
        clock.forward(minutes=20)
    (note,) = await notes(begin)
    assert note.done_at is not None
    assert note.last_error == f"not read: {utility.sts.number}"
    assert street.asked.count(utility.sts.address) == 4


async def test_use_is_learned_from_readings_and_credits(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    meter = utility.esam
    async with begin() as db:
        db.add(_reading(meter, datetime(2026, 2, 27, 1, 0, tzinfo=UTC), 3000))
        db.add(_credit(meter, datetime(2026, 2, 28, 1, 0, tzinfo=UTC), 3000))
    street.balances[meter.address] = 4500
    await readings.plan_daily(deps)
    await work()
    assert (await meter_of(begin, meter)).daily_use_minor == 500  # three days: 3000 + 3000 - 4500


def _reading(meter: Meter, at: datetime, value: int) -> Reading:
    return Reading(meter_id=meter.id, day=at.date(), kind="balance", value=value, source="daily", read_at=at)


def _credit(meter: Meter, at: datetime, credit_minor: int) -> Purchase:
    return Purchase(
        ref=new_ref(),
        meter_id=meter.id,
        amount_minor=credit_minor,
        credit_minor=credit_minor,
        state="credited",
        created_at=at - timedelta(minutes=1),
        credited_at=at,
    )
