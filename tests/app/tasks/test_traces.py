"""Frames, kept promises and ended tasks go when their time is over; what money hangs on stays until it has an end."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.db import Begin
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.domain.rules import RetentionRules
from app.models import AmiHeadEnd, AmiTask, Exchange, Meter, Note, Purchase, Review
from app.outbox import Job
from app.services import rulebook, traces
from app.tasks.retention import forget
from tests import build
from tests.clocks import Clock


async def _purchase(db: AsyncSession, meter: Meter, state: PurchaseState, now: datetime) -> UUID:
    row = Purchase(
        ref=uuid4().hex, meter_id=meter.id, amount_minor=100, credit_minor=100, created_at=now, arrears_minor=0
    )
    row.state = state
    db.add(row)
    await db.flush()
    db.add(Exchange(meter_id=meter.id, purchase_id=row.id, verb=state, direction="down", outer_hex="68", at=now))
    db.add(Note(job=Job.DOWNLOAD_PURCHASE, subject_id=row.id, due_at=now, created_at=now, done_at=now))
    return row.id


async def _frames(begin: Begin) -> set[str]:
    async with begin() as db:
        return set(await db.exec(select(Exchange.verb)))


async def _subjects(begin: Begin) -> set[UUID]:
    async with begin() as db:
        return set(await db.exec(select(Note.subject_id)))


async def test_frames_of_readings_go_long_before_those_of_purchases(begin: Begin, clock: Clock, deps: Deps) -> None:
    async with begin() as db:
        town = await build.utility(db, clock())
        await _purchase(db, town.esam, PurchaseState.CREDITED, clock())
        read = Exchange(meter_id=town.esam.id, verb="read", direction="up", outer_hex="68", at=clock())
        db.add(read)
    clock.forward(days=89)
    await forget(deps)
    assert await _frames(begin) == {"read", "credited"}
    clock.forward(days=2)
    await forget(deps)
    assert await _frames(begin) == {"credited"}
    clock.forward(days=1095 - 91)
    await forget(deps)
    assert await _frames(begin) == {"credited"}
    clock.forward(days=1)
    await forget(deps)
    assert (await _frames(begin), await _subjects(begin)) == (set(), set())


@pytest.mark.parametrize("state", PurchaseState)
async def test_the_story_of_a_purchase_without_an_end_is_kept_for_ever(
    begin: Begin, clock: Clock, deps: Deps, state: PurchaseState
) -> None:
    undecided = state in (PurchaseState.PAID, PurchaseState.SENDING, PurchaseState.REVIEW)
    async with begin() as db:
        town = await build.utility(db, clock())
        purchase = await _purchase(db, town.esam, state, clock())
    clock.forward(days=4000)
    await forget(deps)
    assert (await _frames(begin), await _subjects(begin)) == (
        ({state.value}, {purchase}) if undecided else (set(), set())
    )
    async with begin() as db:
        assert (await db.exec(select(Purchase.id))).one() == purchase


async def test_frames_stay_while_a_person_is_asked_about_their_purchase(begin: Begin, clock: Clock, deps: Deps) -> None:
    async with begin() as db:
        town = await build.utility(db, clock())
        purchase = await _purchase(db, town.esam, PurchaseState.CREDITED, clock())
        asked = Review(
            kind=ReviewKind.WORK_ORDER, subject_id=purchase, purchase_id=purchase, opened_at=clock(), evidence={}
        )
        db.add(asked)
    clock.forward(days=1200)
    await forget(deps)
    assert await _frames(begin) == {"credited"}
    async with begin() as db:
        row = (await db.exec(select(Review))).one()
        row.settled_at = clock()
    await forget(deps)
    assert await _frames(begin) == set()


async def test_kept_promises_go_and_open_ones_stay(begin: Begin, clock: Clock, deps: Deps) -> None:
    kept, open_ = uuid4(), uuid4()
    async with begin() as db:
        for subject, done in ((kept, clock()), (open_, None)):
            note = Note(job=Job.SEND_MESSAGE, subject_id=subject, due_at=clock(), created_at=clock(), done_at=done)
            db.add(note)
    clock.forward(days=59)
    await forget(deps)
    assert await _subjects(begin) == {kept, open_}
    clock.forward(days=2)
    await forget(deps)
    assert await _subjects(begin) == {open_}


async def test_ended_tasks_go_and_one_whose_end_nobody_knows_still_bars_its_meter(
    begin: Begin, clock: Clock, deps: Deps
) -> None:
    async with begin() as db:
        town = await build.utility(db, clock())
        place = AmiHeadEnd(name="Old", url="http://127.0.0.1:1", key_id="k", secret_sealed="s")
        db.add(place)
        await db.flush()
        for meter, ended in ((town.esam, clock()), (town.sts, None)):
            task = AmiTask(head_end_id=place.id, meter_id=meter.id, kind="trip", begun_at=clock(), expires_at=clock())
            task.ended_at, task.state = ended, "done" if ended else None
            db.add(task)
    clock.forward(days=366)
    await forget(deps)
    async with begin() as db:
        assert (await db.exec(select(AmiTask.meter_id))).all() == [town.sts.id]


async def test_how_long_is_a_rule_and_more_than_a_slice_goes_slice_by_slice(
    begin: Begin, clock: Clock, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.retention.SLICE", 2)
    monkeypatch.setattr(traces, "SLICE", 2)
    async with begin() as db:
        await rulebook.save(db, RetentionRules(frame_days=7), None, clock())
        db.add_all([Exchange(verb="read", direction="up", outer_hex="68", at=clock()) for _ in range(5)])
    clock.forward(days=8)
    await forget(deps)
    assert await _frames(begin) == set()


def test_each_job_is_one_of_money_or_one_of_the_others() -> None:
    about_money = {job for job in Job if "purchase" in job or "payment" in job or "token" in job or "receipt" in job}
    assert about_money <= set(traces.OF_MONEY)


async def test_frames_of_no_purchase_are_found_without_a_walk_over_those_of_purchases(
    begin: Begin, clock: Clock
) -> None:
    async with begin() as db:
        town = await build.utility(db, clock())
        purchase_id = await _purchase(db, town.esam, PurchaseState.CREDITED, clock())
        connection = await db.connection()
        await connection.execute(_MANY_FRAMES, {"purchase": purchase_id, "at": clock()})
        await connection.exec_driver_sql("analyze exchange")
        of_no_purchase = "explain select id from exchange where purchase_id is null and at < now() limit 5000"
        lines = "\n".join(str(row[0]) for row in await connection.exec_driver_sql(of_no_purchase))
    assert "frames_of_a_purchase" in lines


_MANY_FRAMES = text(
    """
    insert into exchange (id, purchase_id, verb, direction, outer_hex, inner_hex, at)
    select gen_random_uuid(), case when n % 100 > 0 then cast(:purchase as uuid) end, 'read', 'up', '68', '', :at
    from generate_series(1, 3000) as n
    """
)
