"""A front-end on the loopback interface, with everything but the product behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from headend_client.drivers import Gdw1376Driver
from headend_client.errors import HeadEndError
from headend_client.listener import Limits, Listener
from headend_client.outcome import FrameRecord
from headend_client.pool import Pool
from headend_client.software import Keys, SoftwareSecurityModule
from headend_client.target import ConcentratorAddress, Priority, Target
from headend_client.timing import PortTiming, Timing
from meters_io.gdw1376.reports import Report
from tests.clocks import Clock
from tests.headend_client.meters import ADDRESS, CUSTOMER, MASTER, SHANGHAI

ADDRESS_OF_PEER = ConcentratorAddress("3201", 7)
QUICK = PortTiming(frame_timeout_ms=1000, answer_s=0.1)
PATIENT = PortTiming(frame_timeout_ms=1000, answer_s=5.0)
TIMING = Timing(carrier=PATIENT, wired=QUICK, turn_s=5.0, heartbeat_s=60.0)
CARRIER, WIRED = 31, 2
LIMITS = Limits(login_s=5.0)


@dataclass
class Archive:
    """An observer that knows some concentrators and remembers what it is told."""

    known: set[ConcentratorAddress] = field(default_factory=lambda: {ADDRESS_OF_PEER})
    told: list[tuple[str, ConcentratorAddress]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    is_away: bool = False
    zone: tzinfo = SHANGHAI

    async def admit(self, address: ConcentratorAddress, host: str) -> bool:
        return address in self.known

    async def refused(self, address: ConcentratorAddress) -> None:
        self.told.append(("refused", address))

    async def replaced(self, address: ConcentratorAddress) -> None:
        self.told.append(("replaced", address))

    async def logged_in(self, address: ConcentratorAddress) -> None:
        self.told.append(("logged_in", address))

    async def logged_out(self, address: ConcentratorAddress) -> None:
        self.told.append(("logged_out", address))

    async def reported(self, address: ConcentratorAddress, report: Report) -> None:
        if self.is_away:
            raise HeadEndError("no archive to ask")
        self.told.append(("reported", address))
        self.reports.append(report)

    async def events_waiting(self, address: ConcentratorAddress) -> None:
        self.told.append(("events_waiting", address))

    @property
    def words(self) -> list[str]:
        return [word for word, _ in self.told]


@dataclass
class FrontEnd:
    """A listening front-end. `trace` collects the frames of whoever passes it along."""

    port: int
    pool: Pool
    archive: Archive
    driver: Gdw1376Driver
    clock: Clock
    listener: Listener
    trace: list[FrameRecord] = field(default_factory=list)


@asynccontextmanager
async def open_front_end(folder: Path, timing: Timing = TIMING, limits: Limits = LIMITS) -> AsyncIterator[FrontEnd]:
    """Listen on a free port for the length of the block."""
    clock, pool, archive = Clock(), Pool(), Archive()
    listener = Listener(pool, archive, timing, limits, clock)
    security = SoftwareSecurityModule(Keys(MASTER, bytes.fromhex("02aabbcc")), folder / "tokens")
    driver = Gdw1376Driver(pool, security, SHANGHAI, clock)
    port = await listener.open("127.0.0.1", 0)
    try:
        yield FrontEnd(port, pool, archive, driver, clock, listener)
    finally:
        await listener.close()


def target(port: int = CARRIER, profile: str = "esam", priority: Priority = Priority.ROUTINE) -> Target:
    """The meter behind the peer."""
    return Target(ADDRESS, profile, ADDRESS_OF_PEER, port, CUSTOMER, priority=priority)
