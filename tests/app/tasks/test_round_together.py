"""The daily round behind an existing head end: by the hundred in one task, and one by one who was not told of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select

from app.context import Deps
from app.db import Begin
from app.domain.dialling import Way
from app.models import AmiHeadEnd, Concentrator, Exchange, Meter, Note, Reading
from app.outbox import Job
from app.ports import FrameRecord, Place, Readings, Refused, TerminalOrder, Trace, Unknown, Unreachable
from app.services.collection import many
from app.settings import Settings
from app.tasks import readings
from app.terminal_words import CollectFrozen, MeterWord
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.street import Street
from tests.work import Work, front_end, worker

YESTERDAY = date(2026, 3, 1)
Plan = Callable[[], Awaitable[None]]


@dataclass
class House(Street):
    """A street whose meters are told of in one task: `words` by address and days ago. `tells`: so many at a time."""

    words: dict[str, dict[int, MeterWord]] = field(default_factory=dict)
    tells: int = 500
    knows: bool = True
    gone: str = ""
    at_once: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        if not isinstance(order, CollectFrozen) or not self.knows:
            return Refused("not_offered")
        if self.gone:
            raise Unreachable(self.gone)
        asked = tuple(address for address, _ in order.meters)
        self.at_once.append((order.days_ago, asked))
        trace.append(FrameRecord(self.now(), "down", "7b7d", ""))
        told = [self.words[each][order.days_ago] for each in asked if order.days_ago in self.words.get(each, {})]
        stranger = MeterWord("209999999999", {"balance_minor": 1})
        return Readings({}, meters=(*told[: self.tells], stranger))


def word(address: str, **values: int | str | None) -> MeterWord:
    return MeterWord(address, dict(values))


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        made = await build.utility(db, clock())
        head = AmiHeadEnd(name="Old", url="http://127.0.0.1:1", key_id="k", secret_sealed="s")
        db.add(head)
        await db.flush()
        place = await db.get_one(Concentrator, made.concentrator.id)
        place.driver, place.ami_head_end_id = Way.AMI, head.id
        return made


@pytest.fixture
def house(utility: build.Utility, clock: Clock) -> House:
    return House(clock, {utility.esam.address: 4321, utility.sts.address: 900})


@pytest.fixture
def work(begin: Begin, clock: Clock, house: House) -> Work:
    deps = front_end(begin, clock, house)
    return worker(deps, {Job.READ_DAILY: readings.read_daily})


@pytest.fixture
def planned(begin: Begin, clock: Clock) -> Plan:
    async def plan() -> None:
        await readings.plan_daily(Deps(begin, SilentBell(), clock, Settings(), name="office:1"))

    return plan


async def kept(begin: Begin, meter: Meter) -> dict[tuple[date, str], int]:
    async with begin() as db:
        rows = await db.exec(select(Reading).where(Reading.meter_id == meter.id).order_by(col(Reading.day)))
        return {(row.day, row.kind): row.value for row in rows}


async def test_all_meters_are_asked_for_at_once_and_none_alone(
    begin: Begin, utility: build.Utility, house: House, planned: Plan, work: Work
) -> None:
    esam, sts = utility.esam.address, utility.sts.address
    house.words = {
        esam: {1: word(esam, frozen_at="2603020000", balance_minor=4000, overdraft_minor=0, energy_wh=100_500)},
        sts: {1: word(sts, frozen_at="2603020000", balance_minor=900, overdraft_minor=0, energy_wh=7000)},
    }
    await planned()
    await work()
    assert house.at_once == [(1, tuple(sorted((esam, sts), key=lambda each: each != min(esam, sts))))]
    assert (house.asked, house.asked_frozen) == ([], [])
    assert await kept(begin, utility.esam) == {(YESTERDAY, "balance"): 4000, (YESTERDAY, "energy"): 100_500}
    async with begin() as db:
        assert (await db.get_one(Meter, utility.sts.id)).balance_minor == 900
        (frame,) = await db.exec(select(Exchange))
        assert (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).one().done_at is not None
    assert (frame.concentrator_id, frame.meter_id) == (utility.concentrator.id, None)


async def test_who_is_not_told_of_is_asked_for_again_while_anybody_is(
    begin: Begin, utility: build.Utility, house: House, planned: Plan, work: Work
) -> None:
    esam, sts = utility.esam.address, utility.sts.address
    for each in (esam, sts):
        house.words[each] = {1: word(each, frozen_at="2603020000", balance_minor=50, overdraft_minor=0, energy_wh=1)}
    house.tells = 1
    await planned()
    await work()
    assert [len(asked) for _, asked in house.at_once] == [2, 1]
    assert house.asked == []
    assert (YESTERDAY, "balance") in await kept(begin, utility.sts)


async def test_whom_it_never_tells_of_is_asked_alone(
    begin: Begin, utility: build.Utility, house: House, planned: Plan, work: Work
) -> None:
    esam, sts = utility.esam.address, utility.sts.address
    house.words = {esam: {1: word(esam, balance_minor=50, overdraft_minor=0, energy_wh=1)}}
    await planned()
    await work()
    assert [len(asked) for _, asked in house.at_once] == [2, 1]  # the second task told of nobody that was asked for
    assert house.asked == [sts]
    assert (await kept(begin, utility.sts))[(datetime(2026, 3, 2, tzinfo=UTC).date(), "balance")] == 900


async def test_a_meter_that_was_not_reached_is_not_asked_alone_at_once(
    begin: Begin, utility: build.Utility, house: House, planned: Plan, work: Work, clock: Clock
) -> None:
    esam, sts = utility.esam.address, utility.sts.address
    house.words = {
        esam: {1: MeterWord(esam, None, "meter_silent", silent=True)},
        sts: {1: word(sts, balance_minor=900, overdraft_minor=0, energy_wh=7)},
    }
    await planned()
    await work()
    assert house.asked == []
    async with begin() as db:
        assert (await db.get_one(Meter, utility.esam.id)).missed_at is not None
        note = (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).one()
    assert (note.done_at, note.last_error) == (None, f"not read: {utility.esam.number}")
    clock.forward(minutes=21)
    house.words[esam] = {1: word(esam, balance_minor=4321, overdraft_minor=0, energy_wh=9)}
    await work()
    assert (await kept(begin, utility.esam))[(YESTERDAY, "balance")] == 4321


async def test_a_meter_that_froze_nothing_is_asked_what_it_holds_now(
    begin: Begin, utility: build.Utility, house: House, planned: Plan, work: Work
) -> None:
    esam, sts = utility.esam.address, utility.sts.address
    house.words = {
        esam: {1: MeterWord(esam, None, "not_frozen")},
        sts: {1: word(sts, balance_minor=900, overdraft_minor=0, energy_wh=7)},
    }
    await planned()
    await work()
    assert house.asked == [esam]


async def test_a_figure_of_another_midnight_is_no_figure_of_that_day(
    begin: Begin, utility: build.Utility, house: House, planned: Plan, work: Work
) -> None:
    esam = utility.esam.address
    house.words = {esam: {1: word(esam, frozen_at="2602280000", balance_minor=1, overdraft_minor=0, energy_wh=1)}}
    await planned()
    await work()
    assert (YESTERDAY, "balance") not in await kept(begin, utility.esam)


async def test_a_head_end_without_such_a_task_is_asked_meter_by_meter(
    utility: build.Utility, house: House, planned: Plan, work: Work
) -> None:
    house.knows = False
    await planned()
    await work()
    assert set(house.asked) == {utility.esam.address, utility.sts.address}


async def test_without_a_link_the_round_comes_back_unspent(
    begin: Begin, utility: build.Utility, house: House, planned: Plan, work: Work, clock: Clock
) -> None:
    house.gone = "no_link"
    await planned()
    await work()
    assert house.asked == []
    async with begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).one()
    assert (note.attempts, note.due_at) == (0, clock() + timedelta(minutes=1))


async def test_a_task_names_so_many_meters_and_no_more(
    utility: build.Utility, house: House, planned: Plan, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "MOST_METERS", 1)
    for meter in (utility.esam, utility.sts):
        house.words[meter.address] = {1: word(meter.address, balance_minor=5, overdraft_minor=0, energy_wh=1)}
    await planned()
    await work()
    assert [len(asked) for _, asked in house.at_once] == [1, 1]
    assert house.asked == []
