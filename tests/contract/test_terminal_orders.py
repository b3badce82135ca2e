"""What every driver with concentrators does to them: over a real link, to a concentrator that somebody else wrote."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.db import Begin
from app.ports import ConcentratorAddress, FrameRecord, Place, Readings, Refused, TerminalOrder, Unknown
from app.terminal_words import (
    ChangeArchive,
    ClearArchive,
    CollectDay,
    CollectEvents,
    ReadArchive,
    ReadParameters,
    ReadTerminalClock,
    SetParameters,
    SetTerminalClock,
    SyncMeters,
)
from headend_client.drivers import DRIVERS
from headend_client.simulator.world import Behaviour, FirstState
from meters_io.gdw1376.archive import ArchiveEntry, deletion
from meters_io.gdw1376.events import PowerLost
from meters_io.gdw1376.meter_values import PurchaseInfo, Register
from tests.journeys.wire import Street, Way, street

TAKES_NO_ORDERS = ("ami", "dlt645_tcp")  # what stands before the meters is no concentrator of ours
OF_CONCENTRATORS = pytest.mark.parametrize("driver", sorted(set(DRIVERS) - set(TAKES_NO_ORDERS)))
LOST = PowerLost(datetime(2026, 3, 2, 8, 15, tzinfo=UTC), None)


@pytest.fixture
async def lane(driver: str, begin: Begin, tmp_path: Path) -> AsyncIterator[Street]:
    async with street(begin, tmp_path, Behaviour(), FirstState(balance_cents=1234), Way(driver)) as made:
        yield made


@pytest.mark.parametrize("driver", TAKES_NO_ORDERS)
async def test_what_is_no_concentrator_takes_no_orders(lane: Street, driver: str) -> None:
    assert lane.deps.gateway is not None
    place = Place(ConcentratorAddress(lane.rows.concentrator.region, lane.rows.concentrator.terminal), driver=driver)
    for order in (ReadTerminalClock(), ReadArchive(), CollectEvents((0, 0)), SetParameters(((24, 30),))):
        assert await lane.deps.gateway.command(place, order, []) == Refused("not_offered")


async def said(lane: Street, order: TerminalOrder, trace: list[FrameRecord] | None = None) -> Readings:
    answer = await answered(lane, order, trace)
    assert isinstance(answer, Readings), answer
    return answer


async def answered(
    lane: Street, order: TerminalOrder, trace: list[FrameRecord] | None = None
) -> Readings | Refused | Unknown:
    row = lane.rows.concentrator
    assert lane.deps.gateway is not None
    place = Place(ConcentratorAddress(row.region, row.terminal))
    return await lane.deps.gateway.command(place, order, [] if trace is None else trace)


@OF_CONCENTRATORS
async def test_its_clock_and_its_parameters_are_read_and_set(lane: Street) -> None:
    for order in (ReadTerminalClock(), SetTerminalClock()):
        ahead_s = (await said(lane, order)).values["clock_ahead_s"]
        assert isinstance(ahead_s, int)
        assert abs(ahead_s) <= 30
    assert (await said(lane, SyncMeters(on=True))).values == {"syncs_meters": 1}
    before = (await said(lane, ReadParameters((1, 33)))).values
    assert before["F1.heartbeat_min"] is not None
    done = await said(lane, SetParameters(((24, 30),)))
    assert done.values == {"F24": 30}
    assert (await said(lane, ReadParameters((24,)))).values == {"F24": 30}


@OF_CONCENTRATORS
async def test_its_archive_is_read_changed_and_emptied(lane: Street) -> None:
    first = (await said(lane, ReadArchive())).archive
    assert [entry.address for entry in first] == [lane.rows.esam.address, lane.rows.sts.address]
    added = ArchiveEntry(7, 7, "201000000077")
    done = await said(lane, ChangeArchive((added, deletion(first[0]))))
    assert [entry.address for entry in done.archive] == [added.address]
    assert [entry.point for entry in (await said(lane, ReadArchive())).archive] == [first[1].point, 7]
    assert (await said(lane, ClearArchive(history=True))).archive == ()
    assert await answered(lane, ReadArchive()) == Refused("denied")


@OF_CONCENTRATORS
async def test_its_events_are_fetched_once_and_a_day_of_its_meters_at_once(lane: Street) -> None:
    lane.simulation.happen(lane.rows.concentrator.region + "-" + str(lane.rows.concentrator.terminal), LOST)
    first = (await said(lane, CollectEvents((0, 0)))).report
    assert first is not None
    assert LOST in first.events
    again = (await said(lane, CollectEvents(first.counters))).report
    assert again is not None
    assert (again.events, again.counters) == ((), first.counters)

    trace: list[FrameRecord] = []
    yesterday = (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=1)
    days = (await said(lane, CollectDay((1, 2), yesterday), trace)).days
    assert {type(one.value) for one in days if one.value is not None} <= {PurchaseInfo, Register}
    assert {one.point for one in days} == {1, 2}
    assert len(trace) == 4
    assert all("xx" not in record.outer_hex for record in trace)
