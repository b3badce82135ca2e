"""Finding and ending processes by the directory they were started for.

A pid alone proves nothing: it may have been given to a stranger since. A command line that names our directory does.
"""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

_END_S = 15.0
_POLL_S = 0.005


def bare_environment() -> dict[str, str]:
    """What an engine needs of the environment; settings of the caller (PGDATA, LC_ALL ...) do not reach it."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def processes_in(directory: Path) -> list[psutil.Process]:
    """The running processes whose command line names `directory` or something in it, eldest first."""
    whole, inside = str(directory), f"{directory}/"
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(word == whole or word.startswith(inside) for word in process.info["cmdline"] or ())
    ]
    return sorted(found, key=lambda process: (started(process), process.pid))


def started(process: psutil.Process) -> float:
    """When a process was started (seconds since the epoch); 0 if it has ended."""
    try:
        return process.create_time()
    except psutil.Error:
        return 0.0


def runs(process: psutil.Process | None) -> bool:
    """Whether a process goes on; one that only waits to be reaped does not."""
    if process is None:
        return False
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes and all their descendants at once (SIGKILL) and wait until they are gone."""
    doomed = list(processes)
    for process in tuple(doomed):
        with suppress(psutil.Error):
            doomed += process.children(recursive=True)
    for process in doomed:
        with suppress(psutil.Error):
            process.kill()
    await_end(doomed, _END_S)


def await_end(processes: Iterable[psutil.Process], timeout_s: float) -> None:
    """Return when all have ended, or the time is up.

    Not psutil.wait_procs, which also waits until each is reaped: orphans depend on process 1 for that.
    """
    until = time.monotonic() + timeout_s
    for process in processes:
        while runs(process) and time.monotonic() < until:
            time.sleep(_POLL_S)
