"""One front-end process: the door, the drivers, and who tells the database."""

import asyncio
import logging
from zoneinfo import ZoneInfo

from app.context import Deps
from app.headend.ami import RowBook, RowRegistry
from app.headend.archive import Archive
from app.headend.gateways import Gateways
from app.ports import Gateway, SecurityModule
from headend_client.ami.desk import Desk
from headend_client.ami.shapes import USUAL, AmiTiming
from headend_client.drivers import DRIVERS, Driver, Means
from headend_client.errors import HeadEndError
from headend_client.group_driver import GroupDriver
from headend_client.listener import Listener
from headend_client.pool import Pool
from headend_client.switchboard import Switchboard
from headend_client.target import GDW1376, GROUPS
from headend_client.timing import Timing

log = logging.getLogger(__name__)


def build_gateway(means: Means) -> Gateway:
    """Return the verbs over the links of this process."""
    drivers: dict[str, Driver] = {name: make(means) for name, make in DRIVERS.items()}
    groups = GroupDriver(means.pool, drivers[GDW1376], means.zone, means.now)
    return Switchboard(drivers | {GROUPS: groups})


class FrontEndServer:
    """One front-end: the links of its concentrators, and what the database says of them."""

    def __init__(
        self, deps: Deps, name: str, security: SecurityModule, timing: Timing | None = None, ami: AmiTiming = USUAL
    ) -> None:
        settings = deps.settings
        self._where = settings.frontend_host, settings.frontend_port
        self._name, pool = name, Pool()
        self._archive = Archive(deps, name, pool)
        timing = timing or Timing(heartbeat_s=settings.heartbeat_s)
        self._listener = self._archive.listener = Listener(pool, self._archive, timing, now=deps.now)
        self.gateways = Gateways(deps, name, timing)
        zone = ZoneInfo(settings.timezone)
        self.head_ends, self._registry = Desk(ami, deps.now), RowRegistry(deps, name)
        means = Means(pool, self.gateways.dialer, self.head_ends, RowBook(deps), security, zone, deps.now)
        self.gateway = build_gateway(means)
        self.port = 0
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Listen and beat until cancelled; then end every link and say so. `ready` is set once `port` listens.

        Raises HeadEndError if the port is taken, or the database's errors if it cannot be told of the start.
        """
        await self._archive.open()
        self.port = await self._listen()
        log.info("front-end %s listens on %s:%d", self._name, self._where[0], self.port)
        self.ready.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._archive.beat_for_ever())
                group.create_task(self.gateways.run())
                group.create_task(self.head_ends.run(self._registry))
                group.create_task(self._archive.write_for_ever())
                group.create_task(self._archive.ring_for_ever())
                group.create_task(self._archive.prove_for_ever())
        finally:
            self._archive.closing = True
            await self.gateways.close()
            await self._listener.close()
            await self._archive.close()

    async def _listen(self) -> int:
        host, port = self._where
        try:
            return await self._listener.open(host, port)
        except OSError as error:
            advice = "check RELIGHT_FRONTEND_HOST and RELIGHT_FRONTEND_PORT"
            raise HeadEndError(f"concentrators cannot dial into {host}:{port} ({error.strerror}): {advice}") from error
