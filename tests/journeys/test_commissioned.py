"""Meters over a real link, tried before they go live: with a chip and without one, and one that obeys nobody."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.commissioning import CommissioningState
from app.domain.meter_life import MeterLife
from app.domain.relay import Supply
from app.models import Commissioning, CommissioningRun, Meter, Staff
from app.outbox import Job
from app.services.commissioning import beginning
from app.services.commissioning.beginning import Wish
from app.services.operations.whom import Whom
from app.tasks import commissioning, operations
from headend_client.simulator.world import Behaviour, FirstState, Script
from tests.journeys.wire import Street, street
from tests.work import worker

FRESH = FirstState(balance_cents=5000, purchase_count=4)
JOBS = {
    Job.STEP_COMMISSIONING: commissioning.step_commissioning,
    Job.STEP_OPERATION: operations.step_operation,
    Job.OPERATE: operations.operate,
}


@pytest.fixture
async def lane(begin: Begin, tmp_path: Path) -> AsyncIterator[Street]:
    async with street(begin, tmp_path, Behaviour(), FRESH) as made:
        yield made


async def commissioned(lane: Street, *meters: Meter) -> dict[str, Commissioning]:
    """How each meter came out, by number."""
    async with lane.begin() as db:
        officer = Staff(login="lin", name="Lin", password_hash="never used here")
        db.add(officer)
        for meter in meters:
            (await db.get_one(Meter, meter.id)).life = MeterLife.NEW
        await db.flush()
        whom = Whom(meter_ids=tuple(meter.id for meter in meters))
        await beginning.begin(db, Wish(whom, officer.id), lane.deps.now())
    await _work(lane)
    async with lane.begin() as db:
        rows = await db.exec(select(Meter.number, Commissioning).where(Commissioning.meter_id == Meter.id))
        return dict(rows.all())


async def _work(lane: Street) -> None:
    """Step by step until every run has ended; nobody waits for the next step."""
    for _ in range(60):
        await worker(lane.deps, JOBS)()
        async with lane.begin() as db:
            if (
                await db.exec(select(CommissioningRun).where(col(CommissioningRun.ended_at).is_(None)))
            ).first() is None:
                return
        await lane.hurry()
    raise AssertionError("the commissioning comes to no end")


async def test_meters_with_a_chip_and_without_one_pass(lane: Street) -> None:
    found = await commissioned(lane, lane.rows.esam, lane.rows.sts)
    assert {number: (row.state, row.codes) for number, row in found.items()} == {
        lane.rows.esam.number: (CommissioningState.PASSED, {}),
        lane.rows.sts.number: (CommissioningState.PASSED, {}),
    }
    async with lane.begin() as db:
        esam = await db.get_one(Meter, lane.rows.esam.id)
    assert (esam.life, esam.purchase_count, esam.supply) == (MeterLife.LIVE, 4, Supply.ON)
    assert not lane.meter(lane.rows.esam).keep_power


async def test_a_meter_that_obeys_nobody_does_not_go_live(lane: Street) -> None:
    lane.simulation.yard.set_behaviour(lane.rows.esam.address, Behaviour(Script.IDLE))
    row = (await commissioned(lane, lane.rows.esam))[lane.rows.esam.number]
    assert row.state == CommissioningState.FAILED
    assert row.codes["control_on"] == "no_effect"
