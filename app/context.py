"""What jobs and routes are given, built once a process; and the arq worker that gives it to them."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from arq import Worker, func
from arq.connections import ArqRedis
from arq.constants import expires_extra_ms, in_progress_key_prefix, job_key_prefix
from arq.jobs import serialize_job
from arq.typing import WorkerCoroutine
from arq.utils import timestamp_ms
from redis.exceptions import RedisError

from app import armful, outbox
from app.db import Begin
from app.domain.importance import Importance
from app.outbox import Handout, Job
from app.ports import CarrierReader, Explain, Gateway, PaymentProvider, Ringer, SecurityModule
from app.redis_pool import Ear, open_pool
from app.services.head_ends.calls import EndReader
from app.settings import Settings

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deps:
    """What a process works with. `name` marks the notes it takes; parts a process does not use are None."""

    begin: Begin
    bell: Ringer
    now: Callable[[], datetime]
    settings: Settings
    name: str = ""
    gateway: Gateway | None = None
    security: SecurityModule | None = None
    providers: Mapping[str, PaymentProvider] | None = None
    carriers: Mapping[str, CarrierReader] | None = None
    explain: Explain | None = None
    ends: EndReader | None = None

    @property
    def head_end(self) -> Gateway:
        """The verbs over the links of this process. Raises RuntimeError where it has none."""
        if self.gateway is None:
            raise RuntimeError("this process has no head end: queue 'frontend:<name>' belongs to `relight frontend`")
        return self.gateway


Ctx = dict[str, Deps]
"""arq's context: `ctx["deps"]`."""

Task = Callable[..., Awaitable[None]]
"""A job: (Ctx, id of a note). Keeps its promise; those of `armful.TOGETHER` take more ids behind it.

Named as its `outbox.Job` reads."""

_AHEAD_MS = 6_000  # ten steps of importance are a minute's wait; whatever lies for longer is handed out anew
_LOOK_S = 0.1  # how long a job may lie in the queue if its call was not heard
_FULL_S = 0.01  # how long a full worker waits for a hand to come free
_HEALTH_S = 5
_AGAIN_S = 0.5
_FINISH_S = 20  # what a stopping worker grants to the jobs in its hands


def to_json(value: dict[str, object]) -> bytes:
    """Write a queue message. arq would pickle it, and whoever writes to Redis could run code here."""
    return json.dumps(value, default=repr).encode()  # repr: the errors of results, which nobody keeps


def from_json(message: bytes) -> dict[str, object]:
    """Read what `to_json` wrote."""
    return cast(dict[str, object], json.loads(message))


def open_queue(redis_url: str) -> ArqRedis:
    """Open arq's connections: with time limits, and with JSON for messages. `aclose()` closes them."""
    queue = ArqRedis(open_pool(redis_url), job_serializer=to_json, job_deserializer=from_json)
    queue.auto_close_connection_pool = True
    return queue


async def hand_out(queue: ArqRedis, handouts: Sequence[Handout]) -> None:
    """Put jobs on their queues and call the workers, in one round trip; arq's own `enqueue_job` takes three a job.

    It looks first whether the id is there. Here a repeat writes the same once more: a job may run twice. arq begins
    what has the lowest score: what is more important has waited for longer, by its score.
    """
    at_ms = timestamp_ms()
    async with queue.pipeline(transaction=True) as pipe:
        for h, note_ids in _calls(handouts):
            job_id = f"{h.queue}:{h.note_id}:{h.attempts}"
            message = serialize_job(h.job.value, note_ids, {}, None, at_ms, serializer=to_json)
            pipe.psetex(job_key_prefix + job_id, expires_extra_ms, message)
            pipe.zadd(h.queue, {job_id: at_ms - _AHEAD_MS * (Importance.CAMPAIGN - h.importance)})
        for queue_name in {h.queue for h in handouts}:
            pipe.publish(_channel(queue_name), b"")
        await pipe.execute()


def _calls(handouts: Sequence[Handout]) -> Iterator[tuple[Handout, tuple[int, ...]]]:
    """What one call of a job is about: one note, or some of those that are kept together; named by the first."""
    together: dict[Job, list[Handout]] = {}
    for handout in handouts:
        if handout.job in armful.TOGETHER:
            together.setdefault(handout.job, []).append(handout)
        else:
            yield handout, (handout.note_id,)
    for found in together.values():
        for start in range(0, len(found), armful.MOST):
            part = found[start : start + armful.MOST]
            yield part[0], tuple(each.note_id for each in part)


def _channel(queue_name: str) -> str:
    return f"{queue_name}:called"


class CalledWorker(Worker):
    """arq's worker, which looks when it is called and not only every so often."""

    ear: Ear

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Claim jobs as arq does, but all in one round trip, and without a question about those in hand.

        arq takes four for each, one job after the other, and at each look three for each job under way: a front-end
        has up to two hundred, waiting for meters.
        """
        fresh = [job_id for job_id in map(bytes.decode, job_ids) if job_id not in self.tasks]
        fresh = fresh[: self.max_jobs - self.job_counter]
        async with self.pool.pipeline(transaction=True) as pipe:
            for job_id in fresh:
                mark = in_progress_key_prefix + job_id
                pipe.set(mark, b"1", nx=True, px=int(self.in_progress_timeout_s * 1000))
                pipe.zscore(self.queue_name, job_id)
            said = await pipe.execute()
        for job_id, mine, score in zip(fresh, said[::2], said[1::2], strict=True):
            if mine and score is None:  # somebody ended it between our look and our claim
                await self.pool.delete(in_progress_key_prefix + job_id)
            elif mine:
                await self._start(job_id, int(score))

    async def _start(self, job_id: str, score: int) -> None:
        await self.sem.acquire()
        self.job_counter += 1
        task = self.loop.create_task(self.run_job(job_id, score))
        task.add_done_callback(lambda _: self._release_sem_dec_counter_on_complete())
        self.tasks[job_id] = task

    async def _poll_iteration(self) -> None:
        await super()._poll_iteration()
        await self.ear.wait(_LOOK_S if self.job_counter < self.max_jobs else _FULL_S)


def make_worker(
    functions: Sequence[Task], queue_name: str, redis_url: str, deps: Deps, *, concurrency: int = 10
) -> CalledWorker:
    """Build the worker of one queue inside a running loop; `run_worker` runs it, the caller owns signals and `deps`."""
    queue = open_queue(redis_url)
    worker = CalledWorker(
        [func(cast(WorkerCoroutine, function), name=function.__name__) for function in functions],
        queue_name=queue_name,
        redis_pool=queue,
        ctx={"deps": deps},
        handle_signals=False,
        max_jobs=concurrency,
        job_timeout=outbox.TIMEOUTS[queue_name.partition(":")[0]],
        keep_result=0,  # a kept result would block the same id for an hour
        poll_delay=0,  # `_poll_iteration` waits
        health_check_interval=_HEALTH_S,
        job_serializer=to_json,
        job_deserializer=from_json,
    )
    worker.ear = Ear(queue, _channel(queue_name))
    return worker


async def run_worker(worker: CalledWorker) -> None:
    """Work until cancelled; a Redis that dies is waited for, with the jobs in hand going on. Then finish and close."""
    try:
        while True:
            try:
                await _free_left_behind(worker)
                await worker.async_run()
            except (RedisError, OSError) as error:
                log.warning("worker %s: queue not reached (%s)", worker.queue_name, type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
    finally:
        # a task of its own: before Python 3.11.3 no time limit works in one that is being cancelled, as Redis needs
        await asyncio.create_task(_finish(worker))


async def _free_left_behind(worker: Worker) -> None:
    """Unmark what a killed worker had begun; arq would leave it for a job's longest time.

    A job that lives in another process may be begun twice by this: `outbox.take` lets one of them through.
    """
    waiting = [job_id.decode() for job_id in await worker.pool.zrange(worker.queue_name, 0, -1)]
    marks = [in_progress_key_prefix + job_id for job_id in waiting if job_id not in worker.tasks]
    if marks:
        await worker.pool.delete(*marks)


async def _finish(worker: CalledWorker) -> None:
    tasks = list(worker.tasks.values())
    if tasks:
        await asyncio.wait(tasks, timeout=_FINISH_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with suppress(RedisError, OSError):
        await worker.ear.aclose()
        await worker.pool.delete(worker.health_check_key)
    await worker.pool.aclose()
