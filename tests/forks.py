"""Our programs as forks of one process that has imported them all: processes of their own, there in milliseconds.

What is started is `relight` with its arguments, in a session and an environment of its own; who kills it kills it.
Left out is only what Python does before our first line runs, which takes seconds at each of a journey's many restarts.
`python -m app` itself is started by the tests of the supervisor, of the terminal, of the simulator and of the bank.
"""

import asyncio
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from app.demo.supervisor import Program, Supervisor

_PROGRAMS = ("app.cli", "app.main", "app.worker", "notifier.worker", "kiosk.main", "headend_client.simulator.main")
_MESSAGE = 1 << 18
_PR_SET_PDEATHSIG = 1


class Fork:
    """A program that runs, as its supervisor sees one."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.stdout: asyncio.StreamReader | None = None
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def end(self, status: int) -> None:
        """It ended, says the process that forked it."""
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set()

    async def wait(self) -> int:
        """Its exit code, or minus the signal that killed it."""
        await self._ended.wait()
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        """Signal it, unless it is known to have ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """Has programs forked, one at a time, so that each answer belongs to its question."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._running: dict[int, Fork] = {}
        self._started: asyncio.Queue[Fork] = asyncio.Queue()
        self._one = asyncio.Lock()

    async def start(self, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Fork:
        """Run `relight` with these arguments in this environment."""
        said, says = os.pipe()
        order = json.dumps([arguments, dict(environment)]).encode()
        async with self._one:
            try:
                socket.send_fds(self._line, [order], [says])
            finally:
                os.close(says)
            fork = await self._started.get()
        fork.stdout = reader = asyncio.StreamReader()
        lines = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: lines, os.fdopen(said, "rb"))
        return fork

    async def listen(self) -> None:
        """Hear of forks that began and of forks that ended, until the line is closed."""
        while heard := await asyncio.get_running_loop().sock_recv(self._line, _MESSAGE):
            pid, status = json.loads(heard)
            if status is None:
                self._running[pid] = Fork(pid)
                self._started.put_nowait(self._running[pid])
            else:
                self._running.pop(pid).end(status)


class ForkingSupervisor(Supervisor):
    """The demo's supervisor; its programs are forks, which are back as soon as their ports are free."""

    restart_s = 0.1

    def __init__(self, programs: list[Program], say: Callable[[str], None], nursery: Nursery) -> None:
        super().__init__(programs, say)
        self._nursery = nursery

    async def start(self, program: Program) -> Fork:
        """Fork a program."""
        return await self._nursery.start(program.arguments, {**os.environ, **program.environment})


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """A process with every program imported, for the length of the block; who still runs then is told to stop."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with ours:
        with theirs:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.forks", str(theirs.fileno()), pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        made = Nursery(ours)
        listening = asyncio.ensure_future(made.listen())
        try:
            yield made
        finally:
            ours.shutdown(socket.SHUT_WR)
            await child.wait()
            await listening


def _serve(line: socket.socket) -> None:
    """Fork what is asked for and tell who ended, until nobody asks any more."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    while True:
        ready, _, _ = select.select([line.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 1 << 16)
            _tell_who_ended(line)
        if line.fileno() in ready:
            order, handed, _, _ = socket.recv_fds(line, _MESSAGE, 1)
            if not order:
                return
            pid = os.fork()
            if pid == 0:
                line.close()
                _become(json.loads(order), handed[0])
            os.close(handed[0])
            line.send(json.dumps([pid, None]).encode())


def _tell_who_ended(line: socket.socket) -> None:
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            line.send(json.dumps(ended).encode())
    except ChildProcessError:
        return


def _become(order: tuple[list[str], dict[str, str]], says: int) -> None:
    """Be the program that was asked for; never returns."""
    arguments, environment = order
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        os.dup2(says, 1)
        os.dup2(says, 2)
        os.close(says)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["relight", *arguments]
        from app.cli import main  # noqa: PLC0415  (imported long ago; only its name is wanted)

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # whatever it was, this process must not go on as the one that forks
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    gc.disable()  # nothing that is imported is garbage
    for each in _PROGRAMS:
        importlib.import_module(each)
    assert threading.active_count() == 1, "a fork has one thread only"
    gc.freeze()
    gc.enable()
    _serve(socket.socket(fileno=int(sys.argv[1])))
