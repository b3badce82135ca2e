"""A world in this process: time passes in it, it remembers, it says no secrets."""

import logging
from pathlib import Path

import pytest

from headend_client.simulator.errors import NotThere, WorldError
from headend_client.simulator.simulation import TICK_S, Simulation
from headend_client.simulator.world import Behaviour, FirstState, Script
from meters_io.dlt645.relay import RelayAction, RelayOrder, build_relay
from tests.headend_client.simulator.bench import (
    ESAM_ADDRESS,
    PASSWORD,
    STS_ADDRESS,
    ZONE,
    esam_spec,
    sts_spec,
    token_for,
    token_frame,
)
from tests.headend_client.simulator.conftest import Start, world_of
from tests.headend_client.simulator.front_desk import FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime


async def test_money_runs_down_while_nobody_asks_and_is_remembered(
    desk: FrontDesk, start: Start, time: StandingTime, tmp_path: Path
) -> None:
    hungry = esam_spec(load_w=10_000, price_e4=5_000, first=FirstState(balance_cents=500))
    world = world_of(desk, meters=(hungry,))
    async with start(world):
        await time.until_somebody_sleeps(TICK_S)
        time.forward(minutes=30)
        await time.until_somebody_sleeps(TICK_S)
        assert '"money_e5": 250000' in (tmp_path / "meters" / f"{ESAM_ADDRESS}.json").read_text()
        time.forward(hours=1)
        await time.until_somebody_sleeps(TICK_S)
    time.forward(days=1)
    async with start(world) as simulation:
        seen = simulation.yard.inspect(ESAM_ADDRESS)
        assert (seen.balance_cents, seen.overdraft_cents, seen.relay_open, seen.level) == (0, 0, True, "off")
        assert seen.energy_wh == 10_000


async def test_a_name_that_is_not_there_is_said_so(desk: FrontDesk, start: Start, tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        Simulation(world_of(desk), tmp_path, only=["3201-1", "3201-2"])
    async with start(world_of(desk)) as simulation:
        with pytest.raises(NotThere):
            simulation.yard.inspect("000000000099")
        with pytest.raises(NotThere):
            simulation.kill_link("3201-2")


async def test_a_number_that_is_another_meters_address_is_refused(desk: FrontDesk, tmp_path: Path) -> None:
    world = world_of(desk, meters=(esam_spec(number=STS_ADDRESS), sts_spec()))
    with pytest.raises(WorldError, match=STS_ADDRESS):
        Simulation(world, tmp_path)


async def test_a_control_port_that_is_taken_is_an_error_at_the_start(desk: FrontDesk, start: Start) -> None:
    world = world_of(desk, control_port=desk.address.port)
    with pytest.raises(OSError, match="in use"):
        async with start(world):
            pass


async def test_the_log_tells_what_happened_and_no_secret(
    desk: FrontDesk, start: Start, time: StandingTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    digits = token_for(sts_spec().sts, time(), 5_000)
    world = world_of(desk, Behaviour(Script.DROPS_LINK))
    order = build_relay(STS_ADDRESS, PASSWORD, RelayOrder(RelayAction.CLOSE), ZONE)
    async with start(world):
        call = await desk.call()
        await call.log_in()
        await call.ask(order, 1)
        call.forward(token_frame(digits), 2)
        assert await call.is_over()
    for words in ("3201-1 logged in", "relay, answered 9C", "token, cut 83", "link cut"):
        assert words in caplog.text
    packed = token_frame(digits).data[8:].hex()
    for secret in (digits, packed, packed.upper(), "02123456", "563412"):
        assert secret not in caplog.text
