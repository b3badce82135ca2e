"""A meter goes live once parameters, data and control have each been tried and proved (SPEC H-13)."""

from uuid import UUID

import pytest
from sqlmodel import select

from app import outbox
from app.db import Begin
from app.domain.commissioning import CannotCommission, CommissioningState, Trial, came_out, next_trial, trials_for
from app.domain.meter_life import MeterLife
from app.models import Commissioning, CommissioningRun, Meter, Operation
from app.outbox import Job
from app.services.commissioning import beginning
from app.services.commissioning.beginning import Wish
from app.services.operations.whom import Whom
from app.tasks import commissioning, operations
from headend_client.orders import RelayWish, Switch, Write
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench

JOBS = {
    Job.STEP_COMMISSIONING: commissioning.step_commissioning,
    Job.STEP_OPERATION: operations.step_operation,
    Job.OPERATE: operations.operate,
}


@pytest.fixture
def bench(clock: Clock) -> Bench:
    return Bench(balance=300, count=4, now=clock)


@pytest.fixture
async def desk(begin: Begin, clock: Clock, bench: Bench) -> Desk:
    made = await open_desk(begin, clock, bench)
    async with begin() as db:
        for meter in (made.town.esam, made.town.sts):
            (await db.get_one(Meter, meter.id)).life = MeterLife.NEW
    return made


async def begun(desk: Desk, *meters: Meter, **limits: int) -> UUID:
    whom = Whom(meter_ids=tuple(meter.id for meter in meters))
    async with desk.begin() as db:
        return (await beginning.begin(db, Wish(whom, desk.staff_id, limits), desk.clock())).id


async def works(desk: Desk, minutes: float = 3) -> None:
    """Every job that is due runs, while time passes."""
    for _ in range(int(minutes * 20)):
        async with desk.begin() as db:
            due = [h for h in await outbox.lease(db, desk.clock()) if h.job in JOBS]
        for handout in due:
            await JOBS[handout.job]({"deps": desk.deps}, handout.note_id)
        desk.clock.forward(seconds=3)


async def rows(desk: Desk, run_id: UUID) -> dict[UUID, Commissioning]:
    async with desk.begin() as db:
        found = await db.exec(select(Commissioning).where(Commissioning.run_id == run_id))
        return {row.meter_id: row for row in found}


async def test_a_meter_that_passes_every_trial_goes_live(desk: Desk, bench: Bench) -> None:
    run_id = await begun(desk, desk.town.esam, desk.town.sts, overdraft_limit_minor=800)
    await works(desk)
    for row in (await rows(desk, run_id)).values():
        assert row.state == CommissioningState.PASSED
        assert list(row.outcomes.values()) == ["done"] * len(Trial)
    esam = await desk.meter(desk.town.esam.id)
    assert (esam.life, esam.purchase_count, esam.overdraft_limit_minor) == (MeterLife.LIVE, 4, 800)
    assert not bench.keep_power
    async with desk.begin() as db:
        assert (await db.get_one(CommissioningRun, run_id)).ended_at is not None


async def test_what_fails_is_not_tried_further_and_does_not_go_live(desk: Desk, bench: Bench) -> None:
    bench.refuses = "not_supported"
    run_id = await begun(desk, desk.town.esam)
    await works(desk)
    row = (await rows(desk, run_id))[desk.town.esam.id]
    assert (row.state, row.outcomes) == (CommissioningState.FAILED, {"parameters": "refused"})
    assert row.codes == {"parameters": "not_supported"}
    assert (await desk.meter(desk.town.esam.id)).life == MeterLife.COMMISSIONING
    bench.refuses = ""
    await begun(desk, desk.town.esam)  # and it may be tried again
    await works(desk)
    assert (await desk.meter(desk.town.esam.id)).life == MeterLife.LIVE


async def test_keep_power_that_was_on_stays_on(desk: Desk, bench: Bench) -> None:
    bench.keep_power = True
    run_id = await begun(desk, desk.town.esam)
    await works(desk)
    row = (await rows(desk, run_id))[desk.town.esam.id]
    assert row.state == CommissioningState.PASSED
    assert Trial.CONTROL_OFF not in row.outcomes
    assert bench.keep_power
    assert Switch(RelayWish.KEEP_POWER_OFF) not in bench.operated


async def test_nobody_is_cut_for_a_trial(desk: Desk, bench: Bench) -> None:
    await begun(desk, desk.town.esam)
    await works(desk)
    assert "trip" not in bench.orders
    assert not any(isinstance(order, Write) for order in bench.operated)  # nothing was asked for, so nothing is set


async def test_a_step_that_runs_twice_tries_once(desk: Desk) -> None:
    await begun(desk, desk.town.esam)
    for _ in range(2):
        async with desk.begin() as db:
            (note,) = [h for h in await outbox.lease(db, desk.clock()) if h.job is Job.STEP_COMMISSIONING]
        await commissioning.step_commissioning({"deps": desk.deps}, note.note_id)
        await commissioning.step_commissioning({"deps": desk.deps}, note.note_id)
        desk.clock.forward(seconds=30)
    async with desk.begin() as db:
        assert len(list(await db.exec(select(Operation)))) == 1


async def test_only_meters_that_wait_are_tried_and_each_in_one_run(desk: Desk) -> None:
    await begun(desk, desk.town.esam)
    with pytest.raises(CannotCommission):
        await begun(desk, desk.town.esam)
    async with desk.begin() as db:
        (await db.get_one(Meter, desk.town.sts.id)).life = MeterLife.LIVE
    with pytest.raises(CannotCommission):
        await begun(desk, desk.town.sts)


async def test_a_stopped_commissioning_leaves_its_meters_untried(desk: Desk) -> None:
    run_id = await begun(desk, desk.town.esam)
    async with desk.begin() as db:
        await beginning.stop(db, run_id, desk.staff_id, desk.clock())
    await works(desk)
    assert (await rows(desk, run_id))[desk.town.esam.id].state == CommissioningState.STOPPED
    assert (await desk.meter(desk.town.esam.id)).life == MeterLife.COMMISSIONING
    await begun(desk, desk.town.esam)


def test_a_meter_without_a_wallet_has_none_to_read() -> None:
    assert Trial.WALLET not in trials_for(has_wallet=False)
    assert next_trial(trials_for(has_wallet=False), {"parameters": "done"}) is Trial.LIVE_DATA


def test_one_trial_that_is_not_proved_fails_the_meter() -> None:
    wanted = trials_for(has_wallet=True)
    assert came_out(wanted, {"parameters": "done"}) is CommissioningState.RUNNING
    assert came_out(wanted, {"parameters": "done", "wallet": "unknown"}) is CommissioningState.FAILED
    assert came_out(wanted, {trial.value: "done" for trial in wanted}) is CommissioningState.PASSED
