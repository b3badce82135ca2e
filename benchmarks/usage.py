"""Who used the processors while something was measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import psutil

from benchmarks.rig import Rig


class Usage:
    """Cores used on average by each process of a rig, by the load generator and by everybody else on the machine."""

    def __init__(self, rig: Rig) -> None:
        self._processes = {**rig.processes, "load": psutil.Process()}
        self.cores: dict[str, float] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Measure during the block; `cores` holds the answer after it."""
        begun, machine, before = monotonic(), _machine_s(), self._each_s()
        yield
        span, after = monotonic() - begun, self._each_s()
        self.cores = {name: (after[name] - before[name]) / span for name in before}
        self.cores["others"] = max((_machine_s() - machine) / span - sum(self.cores.values()), 0.0)

    def _each_s(self) -> dict[str, float]:
        return {name: _with_children_s(process) for name, process in self._processes.items()}


def _machine_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _with_children_s(process: psutil.Process) -> float:
    """Processor seconds of a process. PostgreSQL works in children, which are kept open as long as their clients."""
    family = [process, *process.children()] if process.name() == "postgres" else [process]
    return float(sum(times.user + times.system for times in (one.cpu_times() for one in family)))
