"""A gateway on loopback whose words are in the test's hand, and the link that the head end opens to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from headend_client.dialer import Dialer, DialPlace
from headend_client.dialled_line import DialTiming
from headend_client.drivers import Dlt645TcpDriver
from headend_client.software import Keys, SoftwareSecurityModule
from headend_client.target import ConcentratorAddress, Priority, Target
from headend_client.timing import PortTiming, Timing
from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.reader import Reader
from meters_io.dlt645.reads import STATUS_3, build_register
from meters_io.dlt645.status import StatusWord3
from tests.clocks import Clock
from tests.headend_client.meters import ADDRESS, CUSTOMER, MASTER, SHANGHAI

PLACE = ConcentratorAddress("9001", 1)
DIAL = DialTiming(connect_s=1.0, answer_s=0.3, hush_s=0.05, gap_s=0.1, retry_s=0.01, retry_most_s=0.05)
TIMING = Timing(carrier=PortTiming(300, 1.0), wired=PortTiming(300, 1.0), turn_s=5.0, verb_s=10.0)
SHUT = StatusWord3(relay_open=False)
LIMIT_S = 5.0


def says(address: str = ADDRESS, status: StatusWord3 = SHUT) -> Frame:
    """A meter's answer to the question for status word 3."""
    return build_register(address, STATUS_3, status)


@dataclass
class Watched:
    """Remembers what it is told."""

    told: list[str] = field(default_factory=list)

    async def linked(self, address: ConcentratorAddress) -> None:
        self.told.append("linked")

    async def unlinked(self, address: ConcentratorAddress) -> None:
        self.told.append("unlinked")


class Master:
    """A connection that the head end has opened, seen from the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._codec = reader, writer, Reader()
        self.raw = b""
        self._frames: list[Frame] = []

    async def asked(self) -> Frame:
        """The next frame from the head end."""
        async with asyncio.timeout(LIMIT_S):
            while not self._frames:
                chunk = await self._reader.read(4096)
                assert chunk, "the head end hung up"
                self.raw += chunk
                self._frames += self._codec.feed(chunk)
        return self._frames.pop(0)

    async def send(self, *frames: Frame) -> None:
        """Let frames come, as they are."""
        await self.send_bytes(b"".join(encode(frame) for frame in frames))

    async def send_bytes(self, raw: bytes) -> None:
        """Let bytes come."""
        self._writer.write(raw)
        await self._writer.drain()

    async def is_hung_up_on(self) -> bool:
        """Does the head end end it?"""
        async with asyncio.timeout(LIMIT_S):
            try:
                while await self._reader.read(4096):
                    pass
            except OSError:
                return True
        return True

    def hang_up(self) -> None:
        """End it."""
        self._writer.transport.abort()


@dataclass
class Site:
    """What a test has in its hands. `masters`: the connections that the head end has opened, in their order."""

    dialer: Dialer
    driver: Dlt645TcpDriver
    watched: Watched
    port: int
    masters: "asyncio.Queue[Master]"

    async def master(self) -> Master:
        """The next connection, once the head end uses it."""
        async with asyncio.timeout(LIMIT_S):
            found = await self.masters.get()
            while self.dialer.find(PLACE) is None:  # noqa: ASYNC110  (the fact is in the dialer)
                await asyncio.sleep(0.002)
        return found

    def reads(self, address: str = ADDRESS, priority: Priority = Priority.ROUTINE) -> "asyncio.Task[object]":
        """Somebody reads a relay."""
        target = Target(address, "esam", PLACE, 1, CUSTOMER, priority=priority, driver="dlt645_tcp")
        return asyncio.ensure_future(self.driver.read_relay(target, []))

    def dropped(self) -> dict[str, int]:
        """What was dropped of the link."""
        (link, _) = self.dialer._links[PLACE]
        return link.counts()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.dialer.close()


@asynccontextmanager
async def open_site(folder: Path, dial: DialTiming = DIAL) -> AsyncIterator[Site]:
    """A gateway that takes connections, and a head end that dials it."""
    masters: asyncio.Queue[Master] = asyncio.Queue()
    everyone: list[Master] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        everyone.append(Master(reader, writer))
        masters.put_nowait(everyone[-1])

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    clock, watched = Clock(), Watched()
    dialer = Dialer(watched, TIMING, dial, clock)
    security = SoftwareSecurityModule(Keys(MASTER, bytes.fromhex("02aabbcc")), folder / "tokens")
    async with Site(dialer, Dlt645TcpDriver(dialer, security, SHANGHAI, clock), watched, port, masters) as site:
        dialer.hold([DialPlace(PLACE, "127.0.0.1", port)])
        try:
            yield site
        finally:
            await dialer.close()
            server.close()
            for master in everyone:
                master.hang_up()
            await asyncio.sleep(0)  # the loop lets go of their sockets
