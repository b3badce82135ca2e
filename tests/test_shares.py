"""Workers share the tests out so that each is run once, and one without a processor of its own hurries nobody."""

from collections import deque
from types import SimpleNamespace

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]

from tests.shares import Shares, turn

_FILES = (
    "tests/journeys/test_power_cut.py", "tests/browser/test_buying.py", "tests/journeys/test_on_the_wire.py",
    "tests/fuzz/test_effort.py", "tests/architecture/test_jobs.py", "tests/app/test_db.py", "tests/app/test_outbox.py",
    "tests/app/domain/test_wallet.py", "tests/meters_io/test_layout.py",
)  # fmt: skip
_QUIET = Producer("shares", enabled=False)
_PATIENT = ("tests/fuzz/", "tests/architecture/", "tests/app/domain/", "tests/meters_io/")


class Worker:
    """A worker as xdist's controller sees it: it runs what it is told to when the test says so."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name, spec=name)
        self.waiting: deque[int] = deque()
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.waiting.extend(indices)

    def shutdown(self) -> None:
        self.shutting_down = True


class Day:
    """A run of all files by workers that do one test each in turn. `ran`: which tests each has run."""

    def __init__(self, workers: int, processors: int = 2, tests_a_file: int = 5) -> None:
        option = SimpleNamespace(tx=[f"{workers}*popen"], loadscopereorder=False)
        self.plan = Shares(SimpleNamespace(option=option, getvalue=lambda _: option.tx), _QUIET)
        self.plan.processors = processors
        self.ids = [f"{file}::test_{number}" for file in sorted(_FILES, key=turn) for number in range(tests_a_file)]
        self.workers: list[Worker] = []
        self.ran: dict[str, list[str]] = {}
        for _ in range(workers):
            self.comes()
        self.plan.schedule()

    def comes(self) -> None:
        """A worker has collected the tests."""
        worker = Worker(f"gw{len(self.ran)}")
        self.workers.append(worker)
        self.ran[worker.gateway.id] = []
        self.plan.add_node(worker)
        self.plan.add_node_collection(worker, self.ids)

    def crashes(self, worker: Worker) -> str:
        """A worker dies in the test that it has in hand, and another comes in its place; return that test."""
        self.workers.remove(worker)
        fatal: str = self.plan.remove_node(worker)
        self.comes()
        self.plan.schedule()
        return fatal

    def goes_on(self, rounds: int = 1_000) -> None:
        """Have each worker run its next test, so many times or until nobody has one."""
        for _ in range(rounds):
            for worker in self.workers:
                if worker.waiting:
                    index = worker.waiting.popleft()
                    self.ran[worker.gateway.id].append(self.ids[index])
                    self.plan.mark_test_complete(worker, index)

    def files(self, worker: str) -> list[str]:
        """The files that a worker had, in their order."""
        return list(dict.fromkeys(each.partition("::")[0] for each in self.ran[worker]))

    def tests(self) -> list[str]:
        """All tests that were run, as often as they were."""
        return sorted(each for mine in self.ran.values() for each in mine)


@pytest.mark.parametrize("tests_a_file", [1, 2, 3, 7])
@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_every_test_is_run_once_whoever_shares_them(workers: int, tests_a_file: int) -> None:
    day = Day(workers, tests_a_file=tests_a_file)
    day.goes_on()
    assert day.plan.tests_finished
    assert day.tests() == sorted(day.ids)


def test_a_worker_beyond_the_processors_takes_only_what_waits_for_no_clock() -> None:
    day = Day(3)
    day.goes_on()
    assert day.files("gw2")
    assert all(file.startswith(_PATIENT) for file in day.files("gw2"))


def test_where_there_are_processors_for_all_of_them_workers_are_alike() -> None:
    day = Day(3, processors=4)
    day.goes_on()
    assert day.files("gw2")[0] == "tests/journeys/test_on_the_wire.py"


def test_two_workers_work_where_there_is_one_processor() -> None:
    day = Day(2, processors=1)
    day.goes_on()
    assert not all(file.startswith(_PATIENT) for file in day.files("gw1"))


def test_the_living_utility_and_the_browser_are_begun_first_and_beside_each_other() -> None:
    day = Day(2)
    day.goes_on()
    assert (day.files("gw0")[0], day.files("gw1")[0]) == (
        "tests/journeys/test_power_cut.py", "tests/browser/test_buying.py",
    )  # fmt: skip


def test_what_workers_leave_that_crash_is_run_by_those_that_come_for_them() -> None:
    day = Day(3)
    fatal = []
    for _ in range(2):
        day.goes_on(2)
        fatal.append(day.crashes(day.workers[0]))
    day.goes_on()
    assert day.plan.tests_finished
    assert set(day.tests()) | set(fatal) == set(day.ids)
