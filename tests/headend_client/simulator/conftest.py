"""A world of one concentrator, the time it lives in, and where it calls."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import Behaviour, ConcentratorSpec, World
from tests.headend_client.simulator.bench import esam_spec, sts_spec
from tests.headend_client.simulator.front_desk import Call, FrontDesk, front_desk
from tests.headend_client.simulator.standing_time import StandingTime

Start = Callable[[World], AbstractAsyncContextManager[Simulation]]
HEARTBEAT_S, CONFIRM_S, RETRY_S, SILENCE_S, BUSY_S = 60.0, 10.0, 0.7, 4.0, 3.0


def world_of(desk: FrontDesk, behaviour: Behaviour = Behaviour(), **changes: object) -> World:  # noqa: B008
    """One concentrator with an ESAM meter and an STS meter."""
    spec = ConcentratorSpec(
        region="3201",
        terminal=1,
        meters=(esam_spec(behaviour=behaviour), sts_spec(behaviour=behaviour)),
        heartbeat_s=HEARTBEAT_S,
        confirm_s=CONFIRM_S,
        retry_s=RETRY_S,
        retry_max_s=2.5,
        silence_ms=int(SILENCE_S * 1000),
        port_wait_ms=int(BUSY_S * 1000),
    )
    return World(front_ends=(desk.address,), concentrators=(replace(spec, **changes),))  # type: ignore[arg-type]


@pytest.fixture
def time() -> StandingTime:
    """Stands still until told to move."""
    return StandingTime()


@pytest.fixture
async def desk() -> AsyncIterator[FrontDesk]:
    """Where concentrators call."""
    async with front_desk() as open_desk:
        yield open_desk


@pytest.fixture
def start(tmp_path: Path, time: StandingTime) -> Start:
    """`async with start(world) as simulation:`; meters remember from one start to the next."""

    @asynccontextmanager
    async def begin(world: World) -> AsyncIterator[Simulation]:
        async with Simulation(world, tmp_path / "meters", time.timing) as simulation:
            yield simulation

    return begin


async def logged_in(desk: FrontDesk, time: StandingTime) -> Call:
    """Take the next call and its login; the caller is now waiting for its first heartbeat."""
    call = await desk.call()
    await call.log_in()
    await time.until_somebody_sleeps(HEARTBEAT_S)
    return call
