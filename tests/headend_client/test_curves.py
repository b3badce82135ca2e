"""Curves of a master meter, over a real link: a day of each quantity, holes where nothing is, and what is refused."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from headend_client.orders import ChangeArchive, CollectCurves
from headend_client.outcome import Readings, Refused
from headend_client.simulator.group_spec import MasterSpec
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.timing import REAL
from headend_client.simulator.world import ConcentratorSpec, FrontEndAddress, World
from headend_client.target import Place
from headend_client.terminal_verbs.curves import CURVES
from meters_io.gdw1376.archive import ArchiveEntry
from tests.headend_client.front_end import ADDRESS_OF_PEER, open_front_end
from tests.headend_client.meters import SHANGHAI

MASTER = ArchiveEntry(5, 5, "999900000001", port=2)


async def test_curves_are_fetched_for_a_master_meter_on_its_port(tmp_path: Path) -> None:
    async with open_front_end(tmp_path) as front_end:
        one = ConcentratorSpec(
            region=ADDRESS_OF_PEER.region,
            terminal=ADDRESS_OF_PEER.terminal,
            masters=(MasterSpec(address=MASTER.address, load_w=12_000),),
            retry_s=0.05,
        )
        world = World(front_ends=(FrontEndAddress("127.0.0.1", front_end.port),), concentrators=(one,))
        async with Simulation(world, None, replace(REAL, now=front_end.clock)):
            async with asyncio.timeout(10):
                while front_end.pool.find(ADDRESS_OF_PEER) is None:  # noqa: ASYNC110  (the fact is in the pool)
                    await asyncio.sleep(0.005)
            place, driver = Place(ADDRESS_OF_PEER), front_end.driver
            today = front_end.clock().astimezone(SHANGHAI).date()
            whole = CollectCurves(5, today - timedelta(days=1), 60, tuple(CURVES))
            assert await driver.command(place, whole, front_end.trace) == Refused("denied")

            await driver.command(place, ChangeArchive((MASTER,)), front_end.trace)
            said = await driver.command(place, whole, front_end.trace)
            assert isinstance(said, Readings)
            told = {each.quantity: each.values for each in said.curves}
            assert told.keys() == CURVES.keys()
            assert {len(values) for values in told.values()} == {24}
            assert told["power_w"][0] == 12_000
            assert told["voltage_a_dv"] == (2_300,) * 24
            first, last = told["energy_wh"][0], told["energy_wh"][-1]
            assert first is not None
            assert last == first + 23 * 12_000

            part = await driver.command(place, replace(whole, day=today, minutes=15), front_end.trace)
            assert isinstance(part, Readings)
            values = part.curves[0].values
            assert len(values) == 96
            assert values[-1] is None
            assert values[0] is not None

            for wrong in (replace(whole, minutes=20), replace(whole, quantities=("x",))):
                assert await driver.command(place, wrong, front_end.trace) == Refused("bad_value")
            await driver.command(place, ChangeArchive((replace(MASTER, port=3),)), front_end.trace)
            assert await driver.command(place, whole, front_end.trace) == Refused("denied")
