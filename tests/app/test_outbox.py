"""Promises: handed out once, taken once, fenced, never lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from app import outbox
from app.bell import Bell
from app.context import open_queue
from app.db import Begin
from app.domain.importance import Importance
from app.models import Note
from app.outbox import QUEUES, Job
from app.worker import JOBS
from notifier import worker as notifier_worker
from tests import build
from tests.clocks import Clock


async def promised(begin: Begin, clock: Clock, job: Job = Job.RENDER_RECEIPT) -> int:
    async with begin() as db:
        await outbox.promise(db, job, uuid4(), clock())
    async with begin() as db:
        note_id = (await db.exec(select(Note.id))).one()
    assert note_id is not None
    return note_id


async def note_of(begin: Begin, note_id: int) -> Note:
    async with begin() as db:
        return await db.get_one(Note, note_id)


async def test_two_bells_hand_a_promise_out_once(begin: Begin, clock: Clock) -> None:
    for _ in range(30):
        async with begin() as db:
            await outbox.promise(db, Job.RENDER_RECEIPT, uuid4(), clock())

    async def ring() -> list[int]:
        async with begin() as db:
            return [h.note_id for h in await outbox.lease(db, clock())]

    rings = await asyncio.gather(*(ring() for _ in range(4)))
    handed = [note_id for one in rings for note_id in one]
    assert len(handed) == len(set(handed)) == 30


async def test_a_lease_that_nobody_used_ends(begin: Begin, clock: Clock) -> None:
    await promised(begin, clock)
    async with begin() as db:
        assert len(await outbox.lease(db, clock())) == 1
        assert await outbox.lease(db, clock()) == []
        clock.forward(seconds=11)
        assert len(await outbox.lease(db, clock())) == 1


async def test_one_of_many_workers_takes_a_note(begin: Begin, clock: Clock) -> None:
    note_id = await promised(begin, clock)

    async def take() -> outbox.Taken | None:
        async with begin() as db:
            return await outbox.take(db, note_id, clock(), "one")

    taken = [t for t in await asyncio.gather(*(take() for _ in range(8))) if t]
    assert [t.attempts for t in taken] == [1]


async def test_who_took_it_too_long_ago_cannot_conclude_it(begin: Begin, clock: Clock) -> None:
    note_id = await promised(begin, clock)
    async with begin() as db:
        first = await outbox.take(db, note_id, clock(), "slow")
        clock.forward(minutes=10)
        second = await outbox.take(db, note_id, clock(), "quick")
    assert first is not None
    assert second is not None
    async with begin() as db:
        assert not await outbox.keep(db, first, clock())
        assert not await outbox.postpone(db, first, clock(), "late")
        assert await outbox.keep(db, second, clock())
        assert not await outbox.keep(db, second, clock())


async def test_a_postponed_note_comes_back_with_its_reason_and_one_try_more(begin: Begin, clock: Clock) -> None:
    note_id = await promised(begin, clock)
    async with begin() as db:
        taken = await outbox.take(db, note_id, clock(), "a")
        assert taken is not None
        await outbox.postpone(db, taken, clock() + timedelta(minutes=1), "no answer")
        assert await outbox.take(db, note_id, clock(), "a") is None
        clock.forward(minutes=2)
        again = await outbox.take(db, note_id, clock(), "a")
    assert (await note_of(begin, note_id)).last_error == "no answer"
    assert again is not None
    assert again.attempts == 2


async def test_what_a_dead_process_held_is_free_when_its_name_starts_again(begin: Begin, clock: Clock) -> None:
    note_id = await promised(begin, clock)
    async with begin() as db:
        await outbox.take(db, note_id, clock(), "frontend:north")
        await outbox.release(db, "frontend:south")
        assert await outbox.take(db, note_id, clock(), "x") is None
        await outbox.release(db, "frontend:north")
        assert await outbox.take(db, note_id, clock(), "x") is not None


async def test_a_subject_has_one_open_promise_of_a_kind(begin: Begin, clock: Clock) -> None:
    subject = uuid4()
    async with begin() as db:
        for _ in range(3):
            await outbox.promise(db, Job.RENDER_RECEIPT, subject, clock())
        assert len((await db.exec(select(Note))).all()) == 1


async def test_a_front_end_job_names_its_concentrator_and_no_other_does(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        with pytest.raises(ValueError, match="concentrator"):
            await outbox.promise(db, Job.DOWNLOAD_PURCHASE, uuid4(), clock())
        with pytest.raises(ValueError, match="concentrator"):
            await outbox.promise(db, Job.RENDER_RECEIPT, uuid4(), clock(), concentrator_id=UUID(int=1))


async def test_without_a_link_a_promise_waits_unspent(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        street = await build.utility(db, clock(), linked=False)
        await outbox.promise(
            db, Job.READ_DAILY, street.concentrator.id, clock(), concentrator_id=street.concentrator.id
        )
    async with begin() as db:
        assert await outbox.lease(db, clock()) == []
        street.concentrator.front_end = build.FRONT_END
        db.add(street.concentrator)
    async with begin() as db:
        (handout,) = await outbox.lease(db, clock())
    assert handout.queue == "frontend-routine:north"


@pytest.mark.parametrize("put_off", [outbox.postpone, outbox.put_back])
async def test_what_a_login_woke_in_the_middle_of_a_try_is_due_since_then_though_the_try_failed(
    begin: Begin, clock: Clock, put_off: Callable[..., Awaitable[bool]]
) -> None:
    async with begin() as db:
        place = (await build.utility(db, clock())).concentrator.id
        await outbox.promise(db, Job.READ_DAILY, place, clock(), concentrator_id=place)
        note_id = (await db.exec(select(Note.id))).one()
    assert note_id is not None
    clock.forward(seconds=1)
    async with begin() as db:
        taken = await outbox.take(db, note_id, clock(), "frontend:north")
    assert taken is not None
    back = clock.forward(seconds=1)  # the old link breaks because a new one is there
    async with begin() as db:
        await outbox.wake(db, place, back)
    clock.forward(seconds=1)
    async with begin() as db:
        assert await put_off(db, taken, clock() + timedelta(minutes=30), "link_lost")
    assert (await note_of(begin, note_id)).due_at == back
    async with begin() as db:
        again = await outbox.take(db, note_id, clock(), "frontend:north")
        assert again is not None
        assert await put_off(db, again, clock() + timedelta(minutes=30), "no answer")
    assert (await note_of(begin, note_id)).due_at == clock() + timedelta(minutes=30)


async def test_a_flushed_queue_loses_nothing(begin: Begin, clock: Clock, redis_url: str) -> None:
    await promised(begin, clock)
    queue = open_queue(redis_url)
    bell = Bell(begin, queue, clock)
    assert await bell.ring() == 1
    await queue.flushdb()
    clock.forward(seconds=11)
    assert await bell.ring() == 1
    assert await queue.zcard(outbox.OFFICE) == 1
    await queue.aclose()


async def test_a_dead_queue_does_not_trouble_who_rings_quietly(begin: Begin, clock: Clock) -> None:
    note_id = await promised(begin, clock)
    queue = open_queue("redis://127.0.0.1:1/0")
    await Bell(begin, queue, clock).ring_quietly()
    await queue.aclose()
    assert (await note_of(begin, note_id)).done_at is None


def test_every_job_has_a_queue_a_function_and_a_worker() -> None:
    assert set(QUEUES) == set(Job)
    kept = {function.__name__ for function in (*JOBS, notifier_worker.sender({}), notifier_worker.bulk_sender({}))}
    assert kept == {job.value for job in Job}


async def wait_in_bulk(begin: Begin, due: datetime, count: int = 5000) -> None:
    """So many messages of a bulk send wait to go out from `due` on."""
    rows = text(
        "insert into outbox (job, subject_id, due_at, created_at, attempts, importance)"
        " select 'send_bulk', gen_random_uuid(), :due, :due, 0, :importance from generate_series(1, :count)"
    )
    async with begin() as db:
        await db.execute(rows, {"due": due, "count": count, "importance": Importance.CAMPAIGN.value})


async def test_a_result_is_handed_out_before_five_thousand_that_wait_for_longer(begin: Begin, clock: Clock) -> None:
    await wait_in_bulk(begin, clock())
    result = uuid4()
    async with begin() as db:
        await outbox.promise_sending(db, result, clock.forward(minutes=1), Importance.RESULT)
        first, *others = await outbox.lease(db, clock())
    assert (first.job, first.queue, first.importance) == (Job.SEND_MESSAGE, "messages", Importance.RESULT)
    assert {each.queue for each in others} == {"bulk"}


async def test_those_that_wait_for_the_morning_hide_nothing_that_is_due(begin: Begin, clock: Clock) -> None:
    await wait_in_bulk(begin, clock() + timedelta(hours=9))
    async with begin() as db:
        await outbox.promise_sending(db, uuid4(), clock(), Importance.OUTAGE)
        (only,) = await outbox.lease(db, clock())
    assert only.importance == Importance.OUTAGE
