"""A driver and simulated meters behind one concentrator, over TCP, in one time that the test moves. No database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from headend_client.dialer import Dialer, DialPlace
from headend_client.dialled_line import DialTiming
from headend_client.drivers import Dlt645TcpDriver, Driver, Gdw1376Driver
from headend_client.orders import MeterOrder
from headend_client.outcome import FrameRecord, Readings, Refused, Unknown
from headend_client.simulator.faults import Behaviour, Script
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.timing import REAL
from headend_client.simulator.world import ConcentratorSpec, FirstState, FrontEndAddress, World
from headend_client.simulator.yard import Inspection
from headend_client.software import Keys, SoftwareSecurityModule
from headend_client.target import ConcentratorAddress, Target
from headend_client.timing import PortTiming, Timing
from meters_io.sts.keys import VendingKey
from tests.clocks import Clock
from tests.headend_client.front_end import ADDRESS_OF_PEER, open_front_end
from tests.headend_client.meters import SHANGHAI
from tests.headend_client.simulator.bench import (
    CUSTOMER,
    ESAM_ADDRESS,
    MASTER,
    STS_ADDRESS,
    VENDING,
    esam_spec,
    sts_spec,
)

LIT = FirstState(balance_cents=5000, purchase_count=4)
PORT = PortTiming(300, 1.0)
TIMING = Timing(carrier=PORT, wired=PORT, turn_s=5.0)
QUICK = DialTiming(connect_s=2.0, answer_s=1.0, hush_s=0.05, gap_s=0.2, retry_s=0.02, retry_most_s=0.2)
PASSWORD = "02aabbcc"
SGC, NEXT_SGC = "123456", "203557"
ADDRESSES = {"esam": ESAM_ADDRESS, "sts": STS_ADDRESS}


@dataclass(slots=True)
class Lane:
    """What a test has in its hands. `trace`: the frames of every verb so far."""

    driver: Driver
    module: SoftwareSecurityModule
    simulation: Simulation
    clock: Clock
    trace: list[FrameRecord]

    def target(self, profile: str) -> Target:
        """The meter of this kind, as a verb is aimed at it."""
        return Target(ADDRESSES[profile], profile, ADDRESS_OF_PEER, 31, CUSTOMER)

    async def operate(self, profile: str, order: MeterOrder) -> Readings | Refused | Unknown:
        """What comes of an order."""
        return await self.driver.operate(self.target(profile), order, self.trace)

    def truth(self, profile: str) -> Inspection:
        """What is true in the meter, whatever anybody was told."""
        return self.simulation.yard.inspect(ADDRESSES[profile])

    def plays(self, profile: str, script: Script) -> None:
        """Give the meter a part."""
        self.simulation.yard.set_behaviour(ADDRESSES[profile], Behaviour(script))


@asynccontextmanager
async def open_lane(folder: Path, first: FirstState = LIT) -> AsyncIterator[Lane]:
    """An ESAM meter and an STS meter, logged in."""
    keys = _keys()
    async with open_front_end(folder, TIMING) as front_end:
        module = SoftwareSecurityModule(keys, folder / "issued")
        driver = Gdw1376Driver(front_end.pool, module, SHANGHAI, front_end.clock)
        timing = replace(REAL, now=front_end.clock)
        async with Simulation(_world(front_end.port, first), folder / "meters", timing) as simulation:
            async with asyncio.timeout(10):
                while front_end.pool.find(ADDRESS_OF_PEER) is None:  # noqa: ASYNC110  (the fact is in the pool)
                    await asyncio.sleep(0.005)
            yield Lane(driver, module, simulation, front_end.clock, front_end.trace)


class Nobody:
    """Wants to know of no link."""

    async def linked(self, address: ConcentratorAddress) -> None:
        """Nothing."""

    async def unlinked(self, address: ConcentratorAddress) -> None:
        """Nothing."""


@asynccontextmanager
async def open_dialled_lane(folder: Path, first: FirstState = LIT) -> AsyncIterator[Lane]:
    """The same meters behind a gateway that we dial."""
    clock = Clock()
    module = SoftwareSecurityModule(_keys(), folder / "issued")
    dialer = Dialer(Nobody(), TIMING, QUICK, clock)
    async with Simulation(_world(1, first, line_port=0), folder / "meters", replace(REAL, now=clock)) as simulation:
        dialer.hold([DialPlace(ADDRESS_OF_PEER, "127.0.0.1", simulation.line_ports[str(ADDRESS_OF_PEER)])])
        async with asyncio.timeout(10):
            while dialer.find(ADDRESS_OF_PEER) is None:  # noqa: ASYNC110  (the fact is in the dialer)
                await asyncio.sleep(0.005)
        yield Lane(Dlt645TcpDriver(dialer, module, SHANGHAI, clock), module, simulation, clock, [])
        await dialer.close()


LANES = {"gdw1376": open_lane, "dlt645_tcp": open_dialled_lane}
"""A lane for each driver that speaks DL/T 645, by its name."""


def _keys() -> Keys:
    vending = (VendingKey(VENDING, SGC), VendingKey(bytes(range(1, 21)), NEXT_SGC, 6))
    return Keys(MASTER, bytes.fromhex(PASSWORD), vending)


def _world(port: int, first: FirstState, line_port: int | None = None) -> World:
    meters = tuple(spec(first=first, customer=CUSTOMER, relay_password_hex=PASSWORD) for spec in (esam_spec, sts_spec))
    one = ConcentratorSpec(
        region=ADDRESS_OF_PEER.region,
        terminal=ADDRESS_OF_PEER.terminal,
        meters=meters,
        silence_ms=100,
        retry_s=0.05,
        line_port=line_port,
        is_gateway=line_port is not None,
    )
    return World(front_ends=(FrontEndAddress("127.0.0.1", port),), concentrators=(one,))
