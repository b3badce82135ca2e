"""A whole world, or some concentrators of it, running in this event loop."""

import asyncio
import logging
import secrets
from collections.abc import Collection
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from headend_client.simulator.concentrator import Concentrator
from headend_client.simulator.control import Control
from headend_client.simulator.errors import NotThere
from headend_client.simulator.gateway import GatewayLine
from headend_client.simulator.head_end.desk import Desk
from headend_client.simulator.lab.weather import Weather, cast
from headend_client.simulator.link import Post
from headend_client.simulator.local_line import Disturbance, LocalLine
from headend_client.simulator.memory import Memory, NoMemory
from headend_client.simulator.meter import Surroundings
from headend_client.simulator.ports import Port, SettledLine
from headend_client.simulator.terminal.group_memory import kept, recall
from headend_client.simulator.terminal.groups import Groups
from headend_client.simulator.terminal.state import archive_of, first_terminal
from headend_client.simulator.timing import REAL, Timing
from headend_client.simulator.townsfolk import TownLine, archive_in, concentrators_of
from headend_client.simulator.world import ConcentratorSpec, HeadEndSpec, World
from headend_client.simulator.yard import Yard
from meters_io.gdw1376.events import TerminalEvent
from meters_io.gdw1376.passage import CARRIER_PORT

TICK_S = 1.0
GOODBYE_S = 1.0

log = logging.getLogger(__name__)


class Simulation:
    """`async with Simulation(world, home) as simulation:` has concentrators dialling until the block ends.

    `home`: the folder of the meters' memories, None keeps none. `only`: names of concentrators (3201-1), None for all;
    NotThere for one that the world has not. `yard` is the truth about the meters and the hand that changes them;
    `lines` are the meters' own lines by concentrator.
    """

    def __init__(
        self, world: World, home: Path | None, timing: Timing = REAL, only: Collection[str] | None = None
    ) -> None:
        zone = ZoneInfo(world.zone)
        self._memory = memory = NoMemory() if home is None else Memory(home)
        self.yard = Yard(memory, Surroundings(zone, world.speed, secrets.token_bytes), timing.now)
        self.control_ports: dict[str, int] = {}
        self.line_ports: dict[str, int] = {}
        self.head_end_ports: dict[str, int] = {}
        self.lines: dict[str, LocalLine] = {}
        self._world, self._timing, self.zone = world, timing, zone
        self._concentrators: dict[str, Concentrator] = {}
        self._gateways: dict[str, GatewayLine] = {}
        self._desks: dict[str, Desk] = {}
        self._doors = AsyncExitStack()
        for spec, town_place in _chosen(world, only):
            self._settle(spec, town_place)
        self._tasks: list[asyncio.Task[None]] = []
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        try:
            await self._take_orders()
        except OSError:
            self._stop_taking_orders()
            await self._doors.aclose()
            raise
        waiting = {*self._gateways, *self._desks}
        dialling = [one for name, one in self._concentrators.items() if name not in waiting]
        lives = [concentrator.run() for concentrator in dialling]
        self._tasks = [asyncio.create_task(life) for life in (*lives, self._live())]
        ports = "".join(f", control of {name} on {port}" for name, port in self.control_ports.items())
        log.info("simulating %d meters on %d concentrators%s", len(list(self.yard)), len(lives), ports)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_taking_orders()
        await self._log_out()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._doors.aclose()
        self.yard.live()
        self.yard.save_all()
        for concentrator in self._concentrators.values():
            concentrator.post.state.groups.keep()

    async def wait(self) -> None:
        """Return never; raise what broke us, if anything does."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    def is_online(self, name: str) -> bool:
        """Tell whether a concentrator has a link on which it is logged in, or a gateway a master."""
        link = self._concentrator(name).link
        if name in self._gateways:
            return self._gateways[name].has_master
        return link is not None and link.logged_in

    def kill_link(self, name: str) -> None:
        """Tear a concentrator's connection down; it will dial again, or be dialled. NotThere."""
        link = self._concentrator(name).link
        if name in self._gateways:
            self._gateways[name].break_off()
        if link is not None:
            link.break_off()

    def meet(self, address: str) -> None:
        """Make a meter of the town as if it had been asked; do nothing for any other name."""
        for concentrator in self._concentrators.values():
            if concentrator.meet(address):
                return

    def storm(self) -> None:
        """Tear all connections down at once: everybody dials and logs in again."""
        for concentrator in self._concentrators.values():
            if concentrator.link is not None:
                concentrator.link.break_off()
        for gateway in self._gateways.values():
            gateway.break_off()

    def happen(self, name: str, event: TerminalEvent) -> None:
        """Let something happen to a concentrator: it records it, and reports what is important. NotThere."""
        self._concentrator(name).happen(event)

    def groups(self, name: str) -> Groups:
        """The truth about a terminal's total groups. NotThere."""
        return self._concentrator(name).post.state.groups

    def look_at_line(self, name: str) -> Disturbance:
        """How the line is on which a terminal reaches a concentrator's meters. NotThere."""
        self._concentrator(name)
        return self.lines[name].disturbance

    def disturb_line(self, name: str, disturbance: Disturbance) -> None:
        """Let the line be bad on which a terminal reaches a concentrator's meters. NotThere."""
        self._concentrator(name)
        self.lines[name].disturb(disturbance)

    def _concentrator(self, name: str) -> Concentrator:
        concentrator = self._concentrators.get(name)
        if concentrator is None:
            raise NotThere(f"no concentrator {name} here")
        return concentrator

    def _settle(self, spec: ConcentratorSpec, town_place: int | None) -> None:
        """Set a concentrator up. `town_place`: which of the town's it is, if it is one of them."""
        town = self._world.town
        if town is None or town_place is None:
            ports, entries = self._ports(spec), iter(archive_of(spec))
        else:
            line = TownLine(self._world, town, town_place, self.yard)
            ports, entries = {CARRIER_PORT: Port(line, self._timing)}, archive_in(town, town_place)
        weather = Weather(self._world.lab, spec.name)
        state = first_terminal(spec, entries, weather.clock_ahead_s(spec.clock_ahead_s))
        state.groups.speed = self._world.speed
        if spec.groups:
            self._remember(spec.name, state.groups)
        post = Post(spec, self.zone, self._timing, state, weather)
        self._concentrators[spec.name] = Concentrator(post, ports, self._world.front_ends)
        if spec.is_gateway:
            self.lines[spec.name] = self._gateways[spec.name] = GatewayLine(post, ports, self._timing)
        else:
            self.lines[spec.name] = LocalLine(ports.values(), self._timing)
        if spec.head_end is not None:
            self._desks[spec.name] = Desk(self.yard, self._timing, spec.delay_ms / 1000)

    def _remember(self, name: str, groups: Groups) -> None:
        """Let a terminal's groups go on where they ended, and write down what becomes of them."""
        before = self._memory.load_groups(name)
        if before is not None:
            recall(groups, before)
        groups.keep = lambda: self._memory.save(name, kept(groups))

    def _ports(self, spec: ConcentratorSpec) -> dict[int, Port]:
        meters = [cast(self._world.lab, meter) for meter in spec.meters]
        return {
            number: Port(
                SettledLine(self.yard.settle_in([meter for meter in meters if meter.port == number])), self._timing
            )
            for number in spec.ports
        }

    async def _take_orders(self) -> None:
        control = Control(self)
        for name, concentrator in self._concentrators.items():
            spec = concentrator.post.spec
            if spec.control_port is not None:
                self.control_ports[name] = self._keep(await control.listen(spec.control_port))
            if spec.line_port is not None:
                self.line_ports[name] = self._keep(await self.lines[name].listen(spec.line_port))
            if spec.head_end is not None:
                self.head_end_ports[name] = await self._open_head_end(spec.head_end, self._desks[name])

    async def _open_head_end(self, spec: HeadEndSpec, desk: Desk) -> int:
        """Let a head end take tasks; only worlds that have one pay for a web server."""
        from headend_client.simulator.head_end.door import Door  # noqa: PLC0415

        self._doors.push_async_callback(desk.stop)
        return await self._doors.enter_async_context(Door(spec, desk, self._timing).open())

    def _keep(self, server: asyncio.Server) -> int:
        """Remember a server that is to be closed; return its port."""
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def _stop_taking_orders(self) -> None:
        for server in self._servers:
            server.close()

    async def _live(self) -> None:
        while True:
            await self._timing.sleep(TICK_S)
            self.yard.live()

    async def _log_out(self) -> None:
        links = [one.link for one in self._concentrators.values() if one.link is not None and one.link.logged_in]
        try:
            async with asyncio.timeout(GOODBYE_S):
                await asyncio.gather(*(link.log_out() for link in links))
        except TimeoutError:
            log.info("left without goodbye")


def _chosen(world: World, only: Collection[str] | None) -> list[tuple[ConcentratorSpec, int | None]]:
    """Return the concentrators to run; those of the town with their place there."""
    folk = concentrators_of(world.town) if world.town is not None else ()
    everyone = [*((spec, None) for spec in world.concentrators), *((spec, place) for place, spec in enumerate(folk))]
    if only is None:
        return everyone
    unknown = sorted(set(only) - {spec.name for spec, _ in everyone})
    if unknown:
        raise NotThere(f"no concentrator {unknown[0]} in this world")
    return [(spec, place) for spec, place in everyone if spec.name in only]
