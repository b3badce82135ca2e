"""Time for the simulator that moves only when a test says so; whoever sleeps is woken then."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from headend_client.simulator.timing import Timing
from tests.clocks import Clock

PATIENCE_S = 10  # real seconds after which a test that waits for something gives up


class StandingTime(Clock):
    """A clock whose sleepers wake when it passes their time, earliest first."""

    def __init__(self) -> None:
        super().__init__()
        self.sleepers: list[tuple[datetime, float, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    @property
    def timing(self) -> Timing:
        """What the simulator takes."""
        return Timing(self, self.sleep)

    async def sleep(self, seconds: float) -> None:
        """Sleep until the test has let that much time pass."""
        bed = (self() + timedelta(seconds=seconds), seconds, asyncio.get_running_loop().create_future())
        self.sleepers.append(bed)
        self._changed.set()
        try:
            await bed[2]
        finally:
            self.sleepers.remove(bed)

    def forward(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Let time pass and wake whoever is due."""
        now = super().forward(days=days, hours=hours, minutes=minutes, seconds=seconds)
        for due, _, bed in sorted(self.sleepers, key=lambda sleeper: sleeper[0]):
            if due <= now and not bed.done():
                bed.set_result(None)
        return now

    async def until_somebody_sleeps(self, seconds: float) -> None:
        """Wait until somebody has lain down for exactly that long and is not yet woken."""
        async with asyncio.timeout(PATIENCE_S):
            while seconds not in self._asleep():
                self._changed.clear()
                await self._changed.wait()

    def _asleep(self) -> Iterable[float]:
        return [length for _, length, bed in self.sleepers if not bed.done()]
