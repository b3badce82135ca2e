"""The driver `ami` over a real head end on loopback, which has the simulated meters of a lane behind it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from headend_client.ami.book import MemoryBook
from headend_client.ami.desk import Desk
from headend_client.ami.driver import AmiDriver
from headend_client.ami.shapes import AmiTiming, HeadEndPlace
from headend_client.ami.signing import Secret
from headend_client.simulator.world import FirstState
from tests.headend_client.front_end import ADDRESS_OF_PEER
from tests.headend_client.lane import ADDRESSES, LIT, Lane, open_lane
from tests.headend_client.meters import SHANGHAI
from tests.standins.ami import AmiStandIn, ami_head_end
from tests.standins.ami_signing import KEY_ID, SECRET

HEAD_END = UUID("6a4f6a0e-63b6-4d6c-8b8f-3f6e9b8a5b11")
PATIENT = AmiTiming(connect_s=20, answer_s=20, hold_s=1, verb_s=30, trip_s=30, rest_s=0.02, probe_s=0.05)
IN_HASTE = replace(PATIENT, answer_s=0.2, hold_s=0, verb_s=0.6)


@dataclass(slots=True)
class AmiLane:
    """`lane`: as any driver's. `inner`: the meters as their own head end reaches them."""

    lane: Lane
    inner: Lane
    there: AmiStandIn
    desk: Desk
    book: MemoryBook

    @contextmanager
    def gives_up_soon(self) -> Iterator[None]:
        """Whoever asks within the block waits for no word that does not come."""
        line = self.desk.find(ADDRESS_OF_PEER)
        assert line is not None
        line.timing = IN_HASTE
        try:
            yield
        finally:
            line.timing = PATIENT


def place(url: str, callback_url: str = "") -> HeadEndPlace:
    """How a stand-in at this address is reached."""
    return HeadEndPlace(HEAD_END, url, Secret(KEY_ID, SECRET), callback_url)


@asynccontextmanager
async def open_ami_lane(folder: Path, first: FirstState = LIT, timing: AmiTiming = PATIENT) -> AsyncIterator[AmiLane]:
    """A head end with an ESAM meter and an STS meter behind it, and the driver `ami` before it."""
    async with open_lane(folder, first) as inner:
        behind = {ADDRESSES[profile]: inner.target(profile) for profile in ADDRESSES}
        async with ami_head_end(inner.driver, behind.__getitem__, inner.clock) as there:
            desk, book = Desk(timing, inner.clock), MemoryBook()
            desk.put(place(there.url), [ADDRESS_OF_PEER])
            driver = AmiDriver(desk, book, SHANGHAI, inner.clock)
            try:
                yield AmiLane(replace(inner, driver=driver, trace=[]), inner, there, desk, book)
            finally:
                await desk.aclose()


@asynccontextmanager
async def open_task_lane(folder: Path) -> AsyncIterator[Lane]:
    """The same for those who care for no head end."""
    async with open_ami_lane(folder) as made:
        yield made.lane
