"""The meters' own line behind a serial server: the same meters, and what a bad line does to their answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from headend_client.simulator.control import ask
from headend_client.simulator.local_line import Disturbance, LineFault
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import Behaviour, Script
from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.reader import Reader
from meters_io.dlt645.reads import BALANCE, build_read, parse_register
from meters_io.dlt645.token import TokenResult, parse_token_reply
from tests.clocks import MONDAY_MORNING
from tests.headend_client.simulator.bench import STS_ADDRESS, STS_NUMBER, sts_spec, token_for, token_frame
from tests.headend_client.simulator.conftest import Start, world_of
from tests.headend_client.simulator.front_desk import FrontDesk

NAME = "3201-1"
READ = encode(build_read(STS_ADDRESS, BALANCE.di))


@asynccontextmanager
async def master(simulation: Simulation) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to the line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulation.line_ports[NAME])
    try:
        yield reader, writer
    finally:
        writer.close()


async def heard(reader: asyncio.StreamReader, count: int) -> list[Frame]:
    """The next frames on the line."""
    frames: list[Frame] = []
    stream = Reader()
    async with asyncio.timeout(2):
        while len(frames) < count:
            frames += stream.feed(await reader.read(4096))
    return frames


async def test_a_token_over_the_local_line_is_used_over_the_concentrator_too(desk: FrontDesk, start: Start) -> None:
    digits = token_for(sts_spec().sts, MONDAY_MORNING, 5_000)
    async with start(world_of(desk, line_port=0)) as simulation, master(simulation) as (reader, writer):
        writer.write(encode(token_frame(digits)))
        (first,) = await heard(reader, 1)
        writer.write(encode(token_frame(digits)))
        (second,) = await heard(reader, 1)
        results = [parse_token_reply(frame, STS_ADDRESS) for frame in (first, second)]
        assert [result.result for result in results if isinstance(result, TokenResult)] == [1, 10]
        assert simulation.yard.inspect(STS_NUMBER).balance_cents == 6_000


async def test_bytes_cut_anywhere_and_noise_between_are_no_matter(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, line_port=0)) as simulation, master(simulation) as (reader, writer):
        for byte in b"\x68\x00\x16" + b"\xfe" * 4 + READ:
            writer.write(bytes((byte,)))
            await writer.drain()
        (reply,) = await heard(reader, 1)
        assert parse_register(reply, STS_ADDRESS, BALANCE) == 1_000


@pytest.mark.parametrize(("fault", "frames"), [(LineFault.DUPLICATE, 2), (LineFault.ECHO, 2), (LineFault.NONE, 1)])
async def test_faults_of_the_line_are_switched_from_outside(
    desk: FrontDesk, start: Start, fault: LineFault, frames: int
) -> None:
    async with start(world_of(desk, line_port=0, control_port=0)) as simulation, master(simulation) as (reader, writer):
        order = {"order": "disturb_line", "concentrator": NAME, "disturbance": {"fault": fault.value}}
        assert (await ask(simulation.control_ports[NAME], order))["ok"]
        writer.write(READ)
        assert len(await heard(reader, frames)) == frames
        told = await ask(simulation.control_ports[NAME], {"order": "look_at_line", "concentrator": NAME})
        assert told["disturbance"] == {"fault": fault.value, "times": 1, "seconds": 1.0}


async def test_noise_spoils_as_many_answers_as_it_was_told(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, line_port=0)) as simulation, master(simulation) as (reader, writer):
        simulation.disturb_line(NAME, Disturbance(LineFault.NOISE, times=1))
        writer.write(READ)
        writer.write(READ)
        stream, good = Reader(), list[Frame]()
        async with asyncio.timeout(2):
            while not good:
                good = stream.feed(await reader.read(4096))
        assert len(good) == 1


async def test_a_cut_line_reaches_no_meter(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, line_port=0)) as simulation, master(simulation) as (reader, writer):
        simulation.disturb_line(NAME, Disturbance(LineFault.CUT))
        writer.write(READ)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        assert not simulation.lines[NAME].carried.is_set()
        simulation.disturb_line(NAME, Disturbance())
        writer.write(READ)
        (reply,) = await heard(reader, 1)
        assert parse_register(reply, STS_ADDRESS, BALANCE) == 1_000


async def test_a_dead_meter_is_silent_on_its_own_line_too(desk: FrontDesk, start: Start) -> None:
    behaviour = Behaviour(Script.DEAD)
    async with start(world_of(desk, behaviour, line_port=0)) as simulation, master(simulation) as (reader, writer):
        writer.write(READ)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)


async def test_a_line_that_is_not_there_cannot_be_disturbed(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        order = {"order": "disturb_line", "concentrator": "9999-9", "disturbance": {"fault": "cut"}}
        assert not (await ask(simulation.control_ports[NAME], order))["ok"]
        assert simulation.line_ports == {}
