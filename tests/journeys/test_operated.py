"""Operations over a real link: planned in the database, carried by the front-end, and true in the meters afterwards."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from sqlmodel import select

from app.db import Begin
from app.demo.keys import KRN, SGC, TI
from app.domain.operation import DeviceItemState, OperationKind
from app.domain.operation_arguments import Argument
from app.models import Exchange, Meter, OperationItem
from app.outbox import Job
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom
from app.tasks import operations
from headend_client.simulator.world import Behaviour, FirstState, Script
from tests.journeys.wire import Street, street
from tests.work import worker

LIT = FirstState(balance_cents=5000, purchase_count=4)
JOBS = {Job.STEP_OPERATION: operations.step_operation, Job.OPERATE: operations.operate}
LIMITS: Mapping[str, Argument] = {"alarm_1_minor": 3000, "overdraft_limit_minor": 800}


@pytest.fixture
async def lane(begin: Begin, tmp_path: Path) -> AsyncIterator[Street]:
    async with street(begin, tmp_path, Behaviour(), LIT) as made:
        yield made


async def done(lane: Street, kind: OperationKind, given: Mapping[str, Argument], *meters: Meter) -> list[OperationItem]:
    """What became of each meter of an operation."""
    async with lane.begin() as db:
        whom = Whom(meter_ids=tuple(meter.id for meter in meters))
        row = await plan(db, Wish(kind, None, given, reason="a journey"), whom, lane.deps.now())
        operation_id = row.id
    await worker(lane.deps, JOBS)()
    async with lane.begin() as db:
        wanted = select(OperationItem).where(OperationItem.operation_id == operation_id)
        return list(await db.exec(wanted))


async def test_limits_reach_meters_with_a_chip_and_without_one(lane: Street) -> None:
    items = await done(lane, OperationKind.SET_LIMITS, LIMITS, lane.rows.esam, lane.rows.sts)
    assert [(item.state, item.values) for item in items] == [(DeviceItemState.DONE, LIMITS)] * 2
    async with lane.begin() as db:
        frames = list(await db.exec(select(Exchange.inner_hex)))
    assert any("xx" in frame for frame in frames)  # the password, the MAC and the cipher


async def test_a_lost_answer_leaves_no_doubt_about_a_relay(lane: Street) -> None:
    for meter in (lane.rows.esam, lane.rows.sts):
        lane.simulation.yard.set_behaviour(meter.address, Behaviour(Script.DEAF))
    items = await done(lane, OperationKind.KEEP_POWER_ON, {}, lane.rows.esam, lane.rows.sts)
    assert [item.state for item in items] == [DeviceItemState.DONE] * 2
    assert all(lane.meter(meter).keep_power for meter in (lane.rows.esam, lane.rows.sts))


async def test_what_is_bought_after_a_key_change_is_for_the_new_key(lane: Street) -> None:
    to: Mapping[str, Argument] = {"sgc": SGC, "krn": KRN, "ti": TI + 1}
    (item,) = await done(lane, OperationKind.CHANGE_KEY, to, lane.rows.sts)
    assert (item.state, item.code) == (DeviceItemState.DONE, "")
    before = lane.meter(lane.rows.sts).balance_cents
    await lane.pay(lane.rows.sts)
    await lane.drain()
    assert lane.meter(lane.rows.sts).balance_cents >= before + 5000
