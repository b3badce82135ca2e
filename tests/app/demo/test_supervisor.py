"""The demo's supervisor: passes on, starts again, ends everything, and takes its programs with it when killed."""

import asyncio
import contextlib
import signal
import sys

import psutil

from app.demo.supervisor import Program, Supervisor

PYTHON = (sys.executable, "-u", "-c")
SLEEPER = "import time; print('up'); time.sleep(60)"
_PARENT = """
import asyncio, sys
from app.demo.supervisor import Program, Supervisor
sleeper = "import os, time; print(os.getpid()); time.sleep(60)"
python = (sys.executable, "-u", "-c")
asyncio.run(Supervisor([Program("one", (sleeper,))], lambda line: print(line, flush=True), python).run())
"""


class Listener:
    """Collects lines; `heard(n)` waits for the n-th."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._news = asyncio.Condition()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def heard(self, count: int) -> None:
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: len(self.lines) >= count)


async def test_a_program_that_is_killed_is_started_again_and_all_end_together() -> None:
    listener = Listener()
    supervisor = Supervisor([Program("one", (SLEEPER,))], listener, PYTHON)
    running = asyncio.create_task(supervisor.run())
    await listener.heard(1)
    supervisor.send("one", signal.SIGKILL)
    await listener.heard(3)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert listener.lines[0] == "up"
    assert listener.lines[1].startswith("one ended (-9)")
    assert listener.lines[2] == "up"
    assert not supervisor.send("one", signal.SIGTERM)


async def test_a_line_beyond_all_measure_ends_nobody() -> None:
    listener = Listener()
    chatter = "import time; print('x' * 300_000); print('up', flush=True); time.sleep(60)"
    supervisor = Supervisor([Program("one", (chatter,))], listener, PYTHON)
    running = asyncio.create_task(supervisor.run())
    while "up" not in listener.lines:
        await listener.heard(len(listener.lines) + 1)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert len(listener.lines) < 10


async def test_no_program_outlives_a_supervisor_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(*PYTHON, _PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    gone, _ = await asyncio.to_thread(psutil.wait_procs, [child], 10)
    assert gone == [child]
