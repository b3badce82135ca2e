"""The directory of one pair of engines, and who is responsible for it.

Whoever holds the lock on a home runs its engines. The kernel lets go of the lock when the holder ends, however it
ends, so a home that can be locked has been left.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.engines.places import own_directory, seat
from app.engines.processes import kill, processes_in
from app.engines.server import OwnServer


@dataclass(frozen=True, slots=True)
class Home:
    """`ours`: we hold the lock. `kept`: the engines find their data here again."""

    path: Path
    ours: bool
    kept: bool

    @contextmanager
    def run(self, server: OwnServer) -> Iterator[OwnServer]:
        """Have a server for the length of the block: our own, or that of the run which holds this home."""
        if not self.ours:
            server.join()
            yield server
            return
        try:
            server.start()
            yield server
        finally:
            if self.kept:
                server.stop()
            else:
                server.kill()


@contextmanager
def kept_home(state_dir: Path | None) -> Iterator[Home]:
    """The one home of `state_dir` whose data survive."""
    path = own_directory(seat(state_dir) / "kept", _mode())
    with _lock(path, wait=False) as ours:
        yield Home(path, ours=ours, kept=True)


@contextmanager
def thrown_away_home() -> Iterator[Home]:
    """A fresh home that is removed at the end. Those that killed runs left behind are removed first.

    All of a clone lie in one place, so that the next run finds them, whatever it is.
    """
    parent = own_directory(seat(None) / "throwaway", _mode())
    with ExitStack() as stack:
        with _lock(parent, wait=True):  # from its making to its locking a home looks abandoned: nobody may look then
            _remove_abandoned(parent)
            path = Path(tempfile.mkdtemp(dir=parent))
            stack.enter_context(_lock(path, wait=False))
        path.chmod(_mode())
        stack.callback(remove, path)
        yield Home(path, ours=True, kept=False)


def remove(home: Path) -> None:
    """End whatever runs in a home and delete it."""
    kill(processes_in(home))
    shutil.rmtree(home, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for home in sorted(parent.iterdir()):
        if not home.is_dir():
            continue
        with _lock(home, wait=False) as abandoned:
            if abandoned:
                remove(home)


def _mode() -> int:
    """Root's engines run as another account, which must pass through."""
    return 0o711 if os.geteuid() == 0 else 0o700


@contextmanager
def _lock(directory: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock on a directory; False if another process holds it and we do not wait."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
