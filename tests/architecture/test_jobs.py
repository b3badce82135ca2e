"""Every promise that can be made has a queue, a function and a worker that keeps it in time."""

import pytest

from app.outbox import BULK, FRONT_END, MESSAGES, OFFICE, OFFICE_BULK, QUEUES, ROUTINE, TIMEOUTS, WIRE_DEADLINE, Job
from app.worker import JOBS, jobs_of
from notifier.worker import bulk_sender, sender

WORKERS = (OFFICE, OFFICE_BULK, FRONT_END, ROUTINE, MESSAGES, BULK)


@pytest.mark.parametrize("job", Job)
def test_a_job_is_kept_by_one_function_of_the_worker_on_its_queue(job: Job) -> None:
    assert kept_by(QUEUES[job]).count(job.value) == 1
    assert sum(kept_by(queue).count(job.value) for queue in WORKERS) == 1


def test_no_worker_keeps_what_nobody_promises() -> None:
    kept = [name for queue in WORKERS for name in kept_by(queue)]
    assert set(kept) == set(Job)
    assert {function.__name__ for function in JOBS} <= set(kept)


def test_each_queue_grants_its_jobs_a_time() -> None:
    assert set(TIMEOUTS) == set(WORKERS)


def test_a_job_on_the_wire_outlives_the_wires_own_deadline() -> None:
    assert min(TIMEOUTS[FRONT_END], TIMEOUTS[ROUTINE]) > WIRE_DEADLINE


def kept_by(queue: str) -> list[str]:
    """The names of the jobs that the worker on a queue knows."""
    senders = {MESSAGES: [sender({})], BULK: [bulk_sender({})]}
    functions = senders.get(queue) or jobs_of(queue)
    return [function.__name__ for function in functions]
