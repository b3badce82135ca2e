"""Existing head ends in the database: joined by staff, looked after by front-ends, and one task a meter under way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app import outbox
from app.db import Begin
from app.domain.head_end import CannotJoin, TaskEnd
from app.models import AmiHeadEnd, AmiTask, Audit, Concentrator, Meter, MeterGroup, Note, Staff
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.services import frontends
from app.services.head_ends import calls, joining, tasks, watch
from app.services.head_ends.joining import Act, PlaceOf, Wish
from app.services.head_ends.tasks import Begun, Ended
from tests import build
from tests.clocks import Clock

KEY = "k" * 32
SECRET = "a secret that both sides know, 40 letters"
WISH = Wish("Old Town", "https://ami.example/api/", "relight", SECRET)
WELL = watch.Standing("Old Town AMI", "4.2", 3, 1)


@dataclass
class Town:
    begin: Begin
    clock: Clock
    rows: build.Utility
    act: Act
    head_end: UUID
    place: UUID

    async def head(self) -> AmiHeadEnd:
        async with self.begin() as db:
            return await db.get_one(AmiHeadEnd, self.head_end)

    async def answers(self, front_end: str) -> list[ConcentratorAddress]:
        async with self.begin() as db:
            await frontends.beat(db, front_end, self.clock())
            return await watch.answered(db, self.head_end, WELL, front_end, self.clock())

    def task(self, address: str = "") -> Begun:
        until = self.clock() + timedelta(seconds=80)
        return Begun(uuid4(), self.head_end, address or self.rows.esam.address, "recharge", until)

    async def begins(self, task: Begun) -> bool:
        async with self.begin() as db:
            return await tasks.begin(db, task, self.clock())

    async def ends(self, end: Ended, head_end: UUID | None = None) -> bool:
        async with self.begin() as db:
            return await tasks.record_call(db, head_end or self.head_end, end, self.clock())

    async def moves(self, *numbers: str) -> int:
        async with self.begin() as db:
            return await joining.put_behind(db, PlaceOf(self.head_end, self.place), numbers, self.act)

    async def refuses(self, *numbers: str) -> str:
        with pytest.raises(CannotJoin) as refused:
            await self.moves(*numbers)
        return refused.value.code


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> AsyncIterator[Town]:
    async with begin() as db:
        rows = await build.utility(db, clock(), linked=False)
        lin = Staff(login="lin", name="Lin", password_hash="never used here")
        db.add(lin)
        await db.flush()
        act = Act(lin.id, clock())
        head_end = await joining.add(db, WISH, KEY, act)
        place = await joining.add_place(db, head_end.id, "Old Town 1", rows.concentrator.node_id, act)
        await frontends.started(db, "south", clock())
    yield Town(begin, clock, rows, act, head_end.id, place)


async def test_a_secret_lies_sealed_and_opens_for_its_head_end_only(town: Town) -> None:
    row = await town.head()
    assert SECRET not in row.model_dump_json()
    async with town.begin() as db:
        assert await calls.secret_of(db, row.id, KEY) == ("relight", SECRET)
        assert await calls.secret_of(db, row.id, "another" * 8) is None
        other = await joining.add(db, replace(WISH, name="New Town"), KEY, town.act)
        other.secret_sealed = row.secret_sealed
        assert await calls.secret_of(db, other.id, KEY) is None


async def test_what_staff_do_is_on_record_without_the_secret(town: Town) -> None:
    async with town.begin() as db:
        wish = replace(WISH, url="https://ami.example/v2", secret="", enabled=False)
        await joining.change(db, town.head_end, wish, KEY, town.act)
        acts = (await db.exec(select(Audit).order_by(col(Audit.at), col(Audit.act)))).all()
    assert {act.act for act in acts} == {"head_end_added", "head_end_changed", "head_end_place_added"}
    assert SECRET not in "".join(act.model_dump_json() for act in acts)
    async with town.begin() as db:
        assert await calls.secret_of(db, town.head_end, KEY) is None  # it is off: nobody calls back
        assert await watch.enabled(db, "north") == []


async def test_two_head_ends_have_two_names(town: Town) -> None:
    with pytest.raises(CannotJoin, match="name_taken"):
        async with town.begin() as db:
            await joining.add(db, WISH, KEY, town.act)


async def test_places_are_worked_for_while_their_head_end_answers(town: Town) -> None:
    async with town.begin() as db:
        place = await db.get_one(Concentrator, town.place)
        await outbox.promise(db, Job.READ_DAILY, place.id, town.clock(), concentrator_id=place.id)
        assert await outbox.lease(db, town.clock()) == []
    assert await town.answers("north") == [ConcentratorAddress(joining.REGION, 1)]
    async with town.begin() as db:
        assert [handout.queue for handout in await outbox.lease(db, town.clock())] == ["frontend-routine:north"]
    async with town.begin() as db:
        await watch.in_trouble(db, town.head_end, "head_end_silent", town.clock())
        await watch.let_go(db, town.head_end, "north")
        place = await db.get_one(Concentrator, town.place)
        assert place.front_end is None
    head = await town.head()
    assert (head.trouble, head.queued, head.last_trouble) == ("head_end_silent", None, "head_end_silent")
    await town.answers("north")
    head = await town.head()
    assert (head.trouble, head.trouble_at, head.queued, head.last_trouble) == ("", None, 3, "head_end_silent")


async def test_places_are_shared_out_and_a_death_frees_them(town: Town) -> None:
    async with town.begin() as db:
        for number in range(2, 5):
            await joining.add_place(db, town.head_end, f"Old Town {number}", town.rows.concentrator.node_id, town.act)
    assert [len(await town.answers(name)) for name in ("north", "south", "north")] == [2, 2, 2]
    town.clock.forward(seconds=20)
    async with town.begin() as db:
        await frontends.beat(db, "south", town.clock())
        assert await frontends.sweep_dead(db, town.clock()) == ["north"]
    assert len(await town.answers("south")) == 4
    town.clock.forward(seconds=1)
    assert [len(await town.answers(name)) for name in ("north", "south", "north")] == [0, 2, 2]


async def test_two_front_ends_at_once_never_get_the_same_place(town: Town) -> None:
    async with town.begin() as db:
        for number in range(2, 12):
            await joining.add_place(db, town.head_end, f"Old Town {number}", town.rows.concentrator.node_id, town.act)
    north, south = await asyncio.gather(town.answers("north"), town.answers("south"))
    assert not set(north) & set(south)


async def test_nobody_logs_in_under_the_address_of_a_place(town: Town) -> None:
    async with town.begin() as db:
        address = ConcentratorAddress(joining.REGION, 1)
        assert not await frontends.logged_in(db, address, "north", town.clock())
        await frontends.reconcile(db, [], "north", town.clock())
    await town.answers("north")
    town.clock.forward(minutes=5)
    async with town.begin() as db:
        await frontends.reconcile(db, [], "north", town.clock())
        assert (await db.get_one(Concentrator, town.place)).front_end == "north"


async def test_one_task_about_a_meter_is_under_way_whoever_begins_it(town: Town) -> None:
    both = await asyncio.gather(town.begins(town.task()), town.begins(town.task()))
    assert sorted(both) == [False, True]
    assert await town.begins(town.task(town.rows.sts.address))
    again = town.task()
    async with town.begin() as db:
        (open_id, _) = await tasks.unsettled(db, town.head_end, town.rows.esam.address) or (uuid4(), None)
        await tasks.settle(db, Ended(open_id, TaskEnd.LOST), town.clock())
    assert await town.begins(again)
    assert await town.begins(again)  # its answer was lost with the database


async def test_an_end_that_is_told_twice_is_written_down_once_and_never_changes(town: Town) -> None:
    task = town.task()
    await town.begins(task)
    end = Ended(task.id, TaskEnd.DONE, result={})
    assert await town.ends(end)
    assert await town.ends(replace(end, state=TaskEnd.REFUSED, code="other"))
    async with town.begin() as db:
        row = await db.get_one(AmiTask, task.id)
        assert (row.state, row.code, row.repeats) == ("done", "", 1)
        assert await tasks.called_back(db, task.id) == end


async def test_an_end_of_a_task_of_another_head_end_is_not_believed(town: Town) -> None:
    task = town.task()
    await town.begins(task)
    async with town.begin() as db:
        other = await joining.add(db, replace(WISH, name="New Town"), KEY, town.act)
    assert not await town.ends(Ended(task.id, TaskEnd.DONE), other.id)
    assert not await town.ends(Ended(uuid4(), TaskEnd.DONE))


async def test_meters_are_put_behind_a_place_with_what_waits_for_them(town: Town) -> None:
    esam = town.rows.esam
    async with town.begin() as db:
        await outbox.promise(db, Job.READ_BALANCE, esam.id, town.clock(), concentrator_id=esam.concentrator_id)
    assert await town.moves(esam.number, f" {town.rows.sts.address} ", "") == 2
    async with town.begin() as db:
        assert {meter.concentrator_id for meter in await db.exec(select(Meter))} == {town.place}
        assert [note.concentrator_id for note in await db.exec(select(Note))] == [town.place]


async def test_meters_are_put_behind_a_place_all_or_none(town: Town) -> None:
    assert await town.refuses(town.rows.sts.number, "99999999999") == "unknown_meters"
    assert await town.refuses() == "no_meters"
    await town.begins(town.task())
    assert await town.refuses(town.rows.sts.number, town.rows.esam.number) == "meter_busy"
    async with town.begin() as db:
        meters = await db.exec(select(Meter))
        assert {meter.concentrator_id for meter in meters} == {town.rows.concentrator.id}


async def test_a_meter_that_somebody_speaks_with_now_is_not_moved(town: Town) -> None:
    esam = town.rows.esam
    async with town.begin() as db:
        await outbox.promise(db, Job.READ_BALANCE, esam.id, town.clock(), concentrator_id=esam.concentrator_id)
        note = (await db.exec(select(Note))).one()
        assert note.id is not None
        await outbox.take(db, note.id, town.clock(), "frontend:north")
    assert await town.refuses(esam.number) == "meter_busy"


async def test_only_places_of_a_head_end_name_one(town: Town) -> None:
    for driver, head_end in (("ami", None), ("gdw1376", town.head_end)):
        with pytest.raises(IntegrityError, match="ami_names_its_head_end"):
            async with town.begin() as db:
                row = await db.get_one(Concentrator, town.place)
                row.driver, row.ami_head_end_id = driver, head_end
                await db.flush()


async def test_a_meter_whose_terminal_keeps_what_it_buys_is_not_moved_away_from_it(town: Town) -> None:
    esam = town.rows.esam
    async with town.begin() as db:
        db.add(MeterGroup(meter_id=esam.id, concentrator_id=esam.concentrator_id, number=1, rounds=1))
    assert await town.refuses(town.rows.sts.number, esam.number) == "meters_kept"
    async with town.begin() as db:
        await db.delete(await db.get_one(MeterGroup, esam.id))
    assert await town.moves(esam.number) == 1
