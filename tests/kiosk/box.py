"""A metering box: simulated meters on a line, a platform that is a stand-in, and a terminal beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from headend_client.simulator.local_line import Disturbance, LineFault
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.timing import Timing
from headend_client.simulator.world import ConcentratorSpec, FirstState, FrontEndAddress, MeterSpec, Reclose, World
from headend_client.simulator.yard import Inspection
from kiosk.assembly import Terminal, open_terminal
from kiosk.clock import Clock as KioskClock
from kiosk.main import enrol_here
from kiosk.printer import MemoryPrinter, Printer
from kiosk.settings import KioskSettings
from tests.clocks import Clock
from tests.headend_client.simulator.bench import ESAM_ADDRESS, STS_ADDRESS, STS_NUMBER, esam_spec, sts_spec, token_for
from tests.standins.platform import CODE, PlatformHouse, PlatformStandIn

NAME = "3201-1"
ESAM_NUMBER = "100000000016"
DARK = FirstState(balance_cents=0, relay_open=True)


@dataclass
class Box:
    """What stands there. `terminal` is the one that runs; it is another one after `restart`."""

    folder: Path
    clock: Clock
    platform: PlatformStandIn
    simulation: Simulation
    settings: KioskSettings
    printer: MemoryPrinter = field(default_factory=MemoryPrinter)
    machine: Clock | None = None
    _terminal: Terminal | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def terminal(self) -> Terminal:
        """The running terminal."""
        assert self._terminal is not None
        return self._terminal

    @property
    def meter(self) -> Inspection:
        """The truth about the STS meter."""
        return self.simulation.yard.inspect(STS_NUMBER)

    async def start(self, **changes: object) -> Terminal:
        """Start the terminal's program; other settings where they are given."""
        settings = self.settings.model_copy(update=changes)
        opening = open_terminal(settings, KioskClock(self.machine or self.clock), Printer(lambda: self.printer))
        self._terminal = await self._open.enter_async_context(opening)
        return self._terminal

    async def stop(self) -> None:
        """End the program as a power cut does: nothing is told, nothing is settled."""
        await self._open.aclose()
        self._open = AsyncExitStack()

    async def restart(self, **changes: object) -> Terminal:
        """End it and start it again."""
        await self.stop()
        return await self.start(**changes)

    async def tell(self) -> None:
        """Let the journal be told until nothing is left."""
        for _ in range(10):
            if not await self.terminal.journal.untold(1):
                return
            assert await self.terminal.sync.tell()

    def token(self, cents: int = 5_000, minutes: int = 0) -> str:
        """A token for the STS meter; another minute is another token."""
        at = self.clock() if not minutes else self.clock.forward(minutes=minutes)
        return token_for(meter_spec().sts, at, cents)

    def disturb(self, fault: LineFault, **figures: object) -> None:
        """Make the line bad, or good again."""
        disturbance = replace(Disturbance(fault), **figures)  # type: ignore[arg-type]
        self.simulation.disturb_line(NAME, disturbance)


def meter_spec(**changes: object) -> MeterSpec:
    """The STS meter: dark, no money, waits for an order to close."""
    return replace(sts_spec(first=DARK, reclose=Reclose.WAIT), **changes)  # type: ignore[arg-type]


def kept_meter(**changes: object) -> dict[str, object]:
    """The same as the platform's cache tells it."""
    told = {
        "number": STS_NUMBER, "address": STS_ADDRESS, "profile": "sts", "balance_minor": 0, "read_at": None,
        "source": "daily", "supply": "off", "reclose_limit_minor": 0, "arrears_minor": 0, "policy": "local",
    }  # fmt: skip
    return {**told, **changes}


def kept_esam() -> dict[str, object]:
    """The ESAM meter of the box."""
    return kept_meter(number=ESAM_NUMBER, address=ESAM_ADDRESS, profile="esam")


@asynccontextmanager
async def open_box(folder: Path, house: PlatformHouse, clock: Clock, **meter: object) -> AsyncIterator[Box]:
    """A whole box with its terminal enrolled and running, and the cache fetched."""
    spec = ConcentratorSpec(
        region="3201", terminal=1, meters=(meter_spec(**meter), esam_spec(number=ESAM_NUMBER)), line_port=0, retry_s=60
    )
    world = World(front_ends=(FrontEndAddress("127.0.0.1", 1),), concentrators=(spec,))
    timing = Timing(clock, asyncio.sleep)
    platform = house.let(clock)
    async with Simulation(world, folder / "meters", timing) as simulation:
        platform.kept["meters"] = [kept_meter(), kept_esam()]
        settings = KioskSettings(
            platform_url=platform.url,
            state_dir=folder / "kiosk",
            line=f"socket://127.0.0.1:{simulation.line_ports[NAME]}",
            line_answer_s=0.1,
            line_baud=115_200,
        )
        await enrol_here(settings, CODE)
        box = Box(folder, clock, platform, simulation, settings)
        await box.start()
        try:
            await box.terminal.sync.refresh()
            yield box
        finally:
            await box.stop()
