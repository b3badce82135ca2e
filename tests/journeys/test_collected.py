"""Days and events are collected over a real link, from a concentrator that knows nothing of us."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.device_event import DeviceEventKind
from app.models import Concentrator, DeviceEvent, Meter, Note, Reading, TerminalEvent
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.services.collection import events
from app.tasks import collection, readings
from headend_client.simulator.world import Behaviour, FirstState
from meters_io.gdw1376.events import PowerLost
from tests.journeys.wire import PATIENCE_S, Street, Way, street
from tests.work import worker

LOST = PowerLost(datetime(2026, 3, 2, 8, 15, tzinfo=UTC), None)


@pytest.fixture
def driver() -> str:
    """By which way the street is reached."""
    return "gdw1376"


@pytest.fixture
async def lane(begin: Begin, tmp_path: Path, driver: str) -> AsyncIterator[Street]:
    """A street whose meters lie under points 1 and 2, as the concentrator has them."""
    async with street(begin, tmp_path, Behaviour(), FirstState(balance_cents=1234), Way(driver)) as made:
        async with begin() as db:
            for point, meter_id in enumerate((made.rows.esam.id, made.rows.sts.id), start=1):
                (await db.get_one(Meter, meter_id)).point = point
        yield made


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 - the database does not tell us
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("driver", ["gdw1376", "dlt645_tcp"])
async def test_a_daily_round_leaves_every_meter_with_its_money_and_its_energy(begin: Begin, lane: Street) -> None:
    async with begin() as db:
        note = Note(
            job=Job.READ_DAILY,
            subject_id=lane.rows.concentrator.id,
            concentrator_id=lane.rows.concentrator.id,
            due_at=lane.deps.now(),
            created_at=lane.deps.now(),
        )
        db.add(note)
    await worker(lane.deps, {Job.READ_DAILY: readings.read_daily})()
    async with begin() as db:
        kept = list(await db.exec(select(Reading).order_by(col(Reading.meter_id), col(Reading.kind))))
        told = list(await db.exec(select(Meter.balance_minor)))
        (done,) = await db.exec(select(Note).where(Note.job == Job.READ_DAILY))
    assert {(row.meter_id, row.kind) for row in kept} >= {
        (lane.rows.esam.id, "balance"),
        (lane.rows.esam.id, "energy"),
        (lane.rows.sts.id, "balance"),
    }
    assert None not in told
    assert (done.done_at is not None, done.last_error) == (True, None)


async def test_what_a_concentrator_reports_is_kept_and_told_and_its_counters_catch_up(
    begin: Begin, lane: Street
) -> None:
    row = lane.rows.concentrator
    lane.simulation.happen(f"{row.region}-{row.terminal}", LOST)

    async def is_told() -> bool:
        async with begin() as db:
            return (await db.exec(select(DeviceEvent.kind))).first() == DeviceEventKind.POWER_OFF

    async with begin() as db:
        await events.events_wait(db, ConcentratorAddress(row.region, row.terminal), lane.deps.now())
    await worker(lane.deps, {Job.COLLECT_EVENTS: collection.collect_events})()
    await until(is_told)
    async with begin() as db:
        assert len(list(await db.exec(select(TerminalEvent).where(TerminalEvent.erc == 14)))) == 1
        now = await db.get_one(Concentrator, row.id)
    assert now.events_asked_at is not None
    assert (now.important_seen, now.normal_seen) != (0, 0)


@pytest.mark.parametrize("driver", ["dlt645_tcp"])
async def test_a_gateway_is_never_asked_for_events(begin: Begin, lane: Street) -> None:
    row = lane.rows.concentrator
    async with begin() as db:
        await events.events_wait(db, ConcentratorAddress(row.region, row.terminal), lane.deps.now())
        assert (await db.exec(select(Note).where(Note.job == Job.COLLECT_EVENTS))).first() is None
