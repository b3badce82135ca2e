"""Keeps the demo's programs running: one terminal, each line marked with its program, restarts, a clean end."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

_COLOURS = (36, 32, 33, 35, 34, 31, 96, 92, 93)
RELIGHT = (sys.executable, "-m", "app")
_GRACE_S = 8.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One child: `relight` with these arguments."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Child(Protocol):
    """What a supervisor needs of a process that runs."""

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """What it says."""
        ...

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        ...

    async def wait(self) -> int:
        """Return its code once it has ended."""
        ...

    def send_signal(self, number: int, /) -> None:
        """Signal it."""
        ...

    def kill(self) -> None:
        """SIGKILL."""
        ...


def _end_with_parent() -> None:
    """In the child: be told to stop when the supervisor is killed, so that no program outlives it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Starts programs, passes on what they say, starts again what dies, and ends all of them together.

    `restart_s`: how long it waits before it starts again what has died.
    """

    restart_s = 1.0

    def __init__(self, programs: list[Program], say: Callable[[str], None], command: tuple[str, ...] = RELIGHT) -> None:
        self._programs, self._say, self._command = programs, say, command
        self._children: dict[str, Child] = {}

    async def run(self) -> None:
        """Run until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for place, program in enumerate(self._programs):
                    group.create_task(self._keep(program, _COLOURS[place % len(_COLOURS)]))
        finally:
            await self._end()

    def send(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to one program; False if it is not there just now. What is killed is started again."""
        child = self._children.get(name)
        if child is None or child.returncode is not None:
            return False
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)
            return True
        return False

    async def _keep(self, program: Program, colour: int) -> None:
        while True:
            child = await self.start(program)
            self._children[program.name] = child
            await self._pass_on(child, colour)
            code = await child.wait()
            self._say(f"{program.name} ended ({code}); starting it again in {self.restart_s:g} s")
            await asyncio.sleep(self.restart_s)

    async def start(self, program: Program) -> Child:
        """Start a program; whoever starts them otherwise says so here."""
        return await asyncio.create_subprocess_exec(
            *self._command,
            *program.arguments,
            env={**os.environ, **program.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone; we end the children in order
            preexec_fn=_end_with_parent,
        )

    async def _pass_on(self, child: Child, colour: int) -> None:
        if child.stdout is None:
            return
        async for text in _lines(child.stdout):
            self._say(f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() else text)

    async def _end(self) -> None:
        alive = [child for child in self._children.values() if child.returncode is None]
        for child in alive:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        if alive:
            await asyncio.wait([asyncio.ensure_future(child.wait()) for child in alive], timeout=_GRACE_S)
        for child in alive:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()


async def _lines(said: asyncio.StreamReader) -> AsyncIterator[str]:
    """The lines of a program until it ends. One that is longer than anybody reads must not end its supervisor."""
    while True:
        try:
            line = await said.readline()
        except ValueError:  # what there was of it is gone
            line = b"(a line too long to be passed on)\n"
        if not line:
            return
        yield line.decode(errors="replace").rstrip()
