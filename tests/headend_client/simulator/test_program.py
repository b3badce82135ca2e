"""The simulator as a process of its own: told to stop, killed, started again, and told nonsense."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headend_client.simulator.control import ask
from headend_client.simulator.world import World
from meters_io.dlt645.token import TokenResult, parse_token_reply
from meters_io.gdw1376.link import Logout
from meters_io.sts.meter import ResultCode
from tests.headend_client.simulator.bench import STS_ADDRESS, sts_spec, token_for, token_frame
from tests.headend_client.simulator.conftest import world_of
from tests.headend_client.simulator.front_desk import FrontDesk
from tests.headend_client.simulator.standing_time import PATIENCE_S


@asynccontextmanager
async def program(*arguments: str) -> AsyncIterator[Process]:
    command = (sys.executable, "-u", "-m", "headend_client.simulator", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def read_until(process: Process, words: str) -> str:
    """The first line of the log in which all of `words` are."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while line := (await process.stdout.readline()).decode():
            if re.search(words, line):
                return line
    raise AssertionError(f"the log ended without {words}")


def write(world: World, folder: Path) -> str:
    path = folder / "world.json"
    world.save(path)
    return str(path)


async def test_a_token_taken_just_before_sigkill_is_known_as_used_afterwards(desk: FrontDesk, tmp_path: Path) -> None:
    digits = token_for(sts_spec().sts, datetime.now(UTC), 5_000)
    slow = world_of(desk, delay_ms=60_000, silence_ms=90_000)  # so it dies between obeying and answering
    async with program("--world", write(slow, tmp_path)) as process:
        call = await desk.call()
        await call.log_in()
        call.forward(token_frame(digits), 1)
        line = await read_until(process, "forward .*token")
        assert digits not in line
        process.kill()
        assert await call.is_over()

    async with program("--world", write(world_of(desk, control_port=0), tmp_path)) as process:
        port = int(re.findall(r"control of 3201-1 on (\d+)", await read_until(process, "simulating"))[0])
        call = await desk.call()
        await call.log_in()
        answer = parse_token_reply(await call.ask(token_frame(digits), 1), STS_ADDRESS)
        assert isinstance(answer, TokenResult)
        assert answer.result == ResultCode.USED_ERROR
        seen = (await ask(port, {"order": "inspect", "meter": STS_ADDRESS}))["meter"]
        assert isinstance(seen, dict)
        assert len(seen["credits"]) == 1
        assert seen["balance_cents"] == 6_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_logs_out_and_leaves_well(
    desk: FrontDesk, tmp_path: Path, number: signal.Signals
) -> None:
    async with program("--world", write(world_of(desk), tmp_path)) as process:
        call = await desk.call()
        await call.log_in()
        await read_until(process, "logged in")
        process.send_signal(number)
        assert await call.message() == Logout()
        async with asyncio.timeout(PATIENCE_S):
            assert await process.wait() == 0


async def test_it_runs_the_concentrators_that_it_is_told_to(desk: FrontDesk, tmp_path: Path) -> None:
    world = world_of(desk)
    second = replace(world.concentrators[0], terminal=2, meters=())
    path = write(replace(world, concentrators=(*world.concentrators, second)), tmp_path)
    async with program("--world", path, "--concentrator", "3201-2"):
        call = await desk.call()
        await call.log_in()
        assert call.terminal.number == 2


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("{}", (), "front_ends: this is missing"),
        ("nonsense", (), "this is no JSON"),
        (None, (), "No such file"),
        ("", ("--concentrator", "3201-9"), "no concentrator 3201-9"),
    ],
)
async def test_what_it_cannot_begin_with_it_says_in_one_line(
    desk: FrontDesk, tmp_path: Path, text: str | None, more: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "world.json"
    if text is not None:
        path.write_text(text or world_of(desk).to_json())
    async with program("--world", str(path), *more) as process:
        _, error = await process.communicate()
    assert process.returncode == 2
    assert words in error.decode()
    assert error.count(b"\n") == 1
