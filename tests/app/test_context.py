"""The worker loop on a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from arq.connections import ArqRedis

from app import context
from app import engines as embedded
from app.context import Ctx, Deps, hand_out, make_worker, open_queue, run_worker
from app.db import Begin
from app.domain.importance import Importance
from app.outbox import MESSAGES, Handout, Job
from app.settings import Settings
from tests.clocks import Clock

QUEUE = MESSAGES
PATIENCE_S = 20


class Seen:
    """A job that says which notes it was given."""

    def __init__(self) -> None:
        self.notes: asyncio.Queue[int] = asyncio.Queue()

    async def job(self, ctx: Ctx, note_id: int) -> None:
        assert ctx["deps"].name == "here"
        await self.notes.put(note_id)

    async def next(self) -> int:
        async with asyncio.timeout(PATIENCE_S):
            return await self.notes.get()


class SilentBell:
    async def ring_quietly(self) -> None: ...


@pytest.fixture
def deps(begin: Begin, clock: Clock) -> Deps:
    return Deps(begin, SilentBell(), clock, Settings(), name="here")


@asynccontextmanager
async def working(redis_url: str, deps: Deps, seen: Seen) -> AsyncIterator[None]:
    async def read_balance(ctx: Ctx, note_id: int) -> None:
        await seen.job(ctx, note_id)

    running = asyncio.create_task(run_worker(make_worker([read_balance], QUEUE, redis_url, deps)))
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def put(queue: ArqRedis, note_id: int) -> None:
    await hand_out(queue, [Handout(note_id, Job.READ_BALANCE, QUEUE, 0)])


async def test_a_worker_gives_its_jobs_what_they_need(redis_url: str, deps: Deps) -> None:
    seen, queue = Seen(), open_queue(redis_url)
    async with working(redis_url, deps, seen):
        await put(queue, 7)
        assert await seen.next() == 7
    await queue.aclose()


async def test_messages_on_the_queue_are_plain_json(redis_url: str) -> None:
    queue = open_queue(redis_url)
    await put(queue, 7)
    assert b'"f": "read_balance", "a": [7]' in await queue.get(f"arq:job:{QUEUE}:7:0")
    await queue.aclose()


async def test_what_a_killed_worker_had_begun_is_begun_again_at_once(redis_url: str, deps: Deps) -> None:
    seen, queue = Seen(), open_queue(redis_url)
    await put(queue, 7)
    await queue.set(f"arq:in-progress:{QUEUE}:7:0", b"1", ex=310)  # what a SIGKILL leaves
    async with working(redis_url, deps, seen):
        assert await seen.next() == 7
    await queue.aclose()


@pytest.mark.slow
async def test_a_worker_outlives_its_redis(redis_url: str, deps: Deps, engines: embedded.Engines) -> None:
    seen, queue = Seen(), open_queue(redis_url)
    async with working(redis_url, deps, seen):
        await put(queue, 1)
        assert await seen.next() == 1
        await queue.aclose()
        engines.valkey.kill()
        engines.valkey.start()
        queue = open_queue(redis_url)
        await put(queue, 2)
        while await seen.next() != 2:  # the first is begun again if its end was not written down
            continue
    await queue.aclose()


async def test_a_worker_stops_whenever_it_is_told_to(redis_url: str, deps: Deps) -> None:
    seen, queue = Seen(), open_queue(redis_url)
    for note_id in range(30):  # asyncio.wait_for of Python 3.11 would swallow one of these cancellations
        async with asyncio.timeout(PATIENCE_S), working(redis_url, deps, seen):
            await put(queue, note_id)
            assert await seen.next() == note_id
    await queue.aclose()


async def test_a_called_worker_looks_at_once(redis_url: str, deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_LOOK_S", 10 * PATIENCE_S)
    seen, queue = Seen(), open_queue(redis_url)
    async with working(redis_url, deps, seen):
        await until_heard(queue)
        await put(queue, 7)
        assert await seen.next() == 7
    await queue.aclose()


async def test_a_worker_does_not_ask_about_what_it_has_in_hand(
    redis_url: str, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_LOOK_S", 0.001)
    seen, queue, finish = Seen(), open_queue(redis_url), asyncio.Event()

    async def read_balance(ctx: Ctx, note_id: int) -> None:
        await seen.job(ctx, note_id)
        await finish.wait()

    worker = make_worker([read_balance], QUEUE, redis_url, deps)
    running = asyncio.create_task(run_worker(worker))
    await put(queue, 7)
    assert await seen.next() == 7
    looked, asked = await times(queue, "zrangebyscore"), await times(queue, "zscore")
    while await times(queue, "zrangebyscore") < looked + 5:
        continue
    assert await times(queue, "zscore") == asked
    finish.set()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await queue.aclose()


async def until_heard(queue: ArqRedis) -> None:
    """Return when the worker listens."""
    async with asyncio.timeout(PATIENCE_S):
        while not (await queue.pubsub_numsub(f"{QUEUE}:called"))[0][1]:
            continue


async def times(queue: ArqRedis, command: str) -> int:
    """How often the server was given a command."""
    found = (await queue.info("commandstats")).get(f"cmdstat_{command}", {"calls": 0})
    return int(found["calls"])


async def test_what_is_handed_out_twice_or_lies_with_others_is_begun_once(redis_url: str, deps: Deps) -> None:
    seen, queue = Seen(), open_queue(redis_url)
    async with working(redis_url, deps, seen), working(redis_url, deps, seen):
        for note_id in range(20):
            await hand_out(queue, 2 * [Handout(note_id, Job.READ_BALANCE, QUEUE, 0)])
        assert sorted([await seen.next() for _ in range(20)]) == list(range(20))
        assert seen.notes.empty()
    await queue.aclose()


async def test_a_full_worker_takes_the_rest_as_its_hands_come_free(redis_url: str, deps: Deps) -> None:
    seen, queue = Seen(), open_queue(redis_url)
    await hand_out(queue, [Handout(note_id, Job.READ_BALANCE, QUEUE, 0) for note_id in range(50)])
    async with working(redis_url, deps, seen):
        assert sorted([await seen.next() for _ in range(50)]) == list(range(50))
    await queue.aclose()


async def test_in_the_queue_the_more_important_lies_first_though_it_came_last(redis_url: str) -> None:
    queue = open_queue(redis_url)
    for note_id, importance in ((1, Importance.CAMPAIGN), (2, Importance.LOW_BALANCE), (3, Importance.RESULT)):
        await hand_out(queue, [Handout(note_id, Job.READ_BALANCE, QUEUE, 0, importance)])
    assert await queue.zrange(QUEUE, 0, -1) == [f"{QUEUE}:{note_id}:0".encode() for note_id in (3, 2, 1)]
    await queue.aclose()
