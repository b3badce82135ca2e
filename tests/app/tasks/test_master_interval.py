"""The interval of master meters that a scheme says reaches its concentrators by itself, and is read back."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.collection import Terms
from app.models import CollectionScheme, Concentrator, Exchange, MasterInterval, MasterMeter, Note
from app.outbox import Job
from app.ports import FrameRecord, Place, Readings, Refused, TerminalOrder, Trace, Unknown, Unreachable
from app.services.collection import intervals
from app.services.collection.schemes import Wish, save_scheme
from app.tasks import collection
from app.terminal_words import ReadParameters, SetParameters
from tests import build
from tests.clocks import Clock
from tests.street import Street
from tests.work import Work, front_end, worker


@dataclass
class Terminal(Street):
    """A concentrator with an interval. `says`: how it answers when it is set; None: it does as it is told."""

    minutes: int | None = 60
    says: Refused | Unknown | None = None
    gone: str = ""
    orders: list[TerminalOrder] = field(default_factory=list)

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        if self.gone:
            raise Unreachable(self.gone)
        self.orders.append(order)
        trace.append(FrameRecord(self.now(), "down", "68", ""))
        match order:
            case SetParameters(values=((24, int(minutes)),)):
                if self.says is None:
                    self.minutes = minutes
                return self.says or Readings({"F24": minutes})
            case ReadParameters(functions=(24,)):
                return Refused("denied") if self.minutes is None else Readings({"F24": self.minutes})
        return Refused("not_offered")


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        made = await build.utility(db, clock())
        db.add(MasterMeter(concentrator_id=made.concentrator.id, name="Area", address="300000000001", point=9))
        await save_scheme(db, None, Wish("All", Terms(master_interval_min=15), usual=True), None, clock())
        return made


@pytest.fixture
def terminal(utility: build.Utility, clock: Clock) -> Terminal:
    return Terminal(clock)


@pytest.fixture
def deps(begin: Begin, clock: Clock, terminal: Terminal) -> Deps:
    return front_end(begin, clock, terminal)


@pytest.fixture
def work(deps: Deps) -> Work:
    return worker(deps, {Job.SET_MASTER_INTERVAL: collection.set_master_interval})


async def follow(deps: Deps, work: Work) -> None:
    await collection.follow_schemes(deps)
    await work()


async def held(begin: Begin) -> tuple[int, bool, str]:
    async with begin() as db:
        row = (await db.exec(select(MasterInterval))).one()
        return row.minutes, row.proved_at is not None, row.trouble


async def test_a_concentrator_is_told_and_read_back_once(
    begin: Begin, terminal: Terminal, deps: Deps, work: Work
) -> None:
    await follow(deps, work)
    await follow(deps, work)
    assert terminal.orders == [ReadParameters((24,)), SetParameters(((24, 15),))]
    assert (terminal.minutes, await held(begin)) == (15, (15, True, ""))
    async with begin() as db:
        frames = (await db.exec(select(Exchange))).all()
    assert {(frame.verb, frame.concentrator_id is not None) for frame in frames} == {(intervals.VERB, True)}


async def test_what_is_so_already_is_not_written(begin: Begin, terminal: Terminal, deps: Deps, work: Work) -> None:
    terminal.minutes = 15
    await follow(deps, work)
    assert terminal.orders == [ReadParameters((24,))]
    assert await held(begin) == (15, True, "")


async def test_a_new_interval_goes_out_at_once_and_one_that_was_lost_within_a_week(
    begin: Begin, terminal: Terminal, deps: Deps, work: Work, clock: Clock
) -> None:
    await follow(deps, work)
    async with begin() as db:
        (await db.exec(select(CollectionScheme))).one().master_interval_min = 30
    await follow(deps, work)
    assert (terminal.minutes, await held(begin)) == (30, (30, True, ""))
    terminal.minutes = 60
    clock.forward(days=6)
    await follow(deps, work)
    assert terminal.minutes == 60
    clock.forward(days=2)
    await follow(deps, work)
    assert terminal.minutes == 30


async def test_one_that_refuses_is_not_asked_again_before_tomorrow(
    begin: Begin, terminal: Terminal, deps: Deps, work: Work, clock: Clock
) -> None:
    terminal.minutes, terminal.says = None, Refused("denied")
    await follow(deps, work)
    await follow(deps, work)
    assert (len(terminal.orders), await held(begin)) == (2, (15, False, "denied"))
    clock.forward(hours=25)
    terminal.says = None
    await follow(deps, work)
    assert await held(begin) == (15, True, "")


async def test_one_that_falls_silent_is_asked_again_and_after_some_tries_tomorrow(
    begin: Begin, terminal: Terminal, deps: Deps, work: Work, clock: Clock
) -> None:
    terminal.gone = "no_reply"
    for _ in range(intervals.MOST_TRIES):
        await follow(deps, work)
        clock.forward(minutes=21)
    assert await held(begin) == (15, False, "no_reply")
    async with begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.SET_MASTER_INTERVAL))).one()
    assert (note.attempts, note.done_at is not None) == (intervals.MOST_TRIES, True)


def _as_gateway(place: Concentrator) -> None:
    place.host, place.port, place.driver = "10.0.0.7", 8000, "dlt645_tcp"


CHANGES: dict[str, Callable[[Concentrator, CollectionScheme], None]] = {
    "another way than a concentrator of ours": lambda place, scheme: _as_gateway(place),
    "no link": lambda place, scheme: setattr(place, "front_end", None),
    "a scheme that is off": lambda place, scheme: setattr(scheme, "on", False),
    "a scheme that leaves it as it is": lambda place, scheme: setattr(scheme, "master_interval_min", None),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_nothing_is_told_over(begin: Begin, terminal: Terminal, deps: Deps, work: Work, change: str) -> None:
    async with begin() as db:
        place, scheme = (await db.exec(select(Concentrator))).one(), (await db.exec(select(CollectionScheme))).one()
        CHANGES[change](place, scheme)
    await follow(deps, work)
    assert terminal.orders == []


async def test_a_concentrator_without_master_meters_is_left_alone(
    begin: Begin, terminal: Terminal, deps: Deps, work: Work
) -> None:
    async with begin() as db:
        await db.delete((await db.exec(select(MasterMeter))).one())
    await follow(deps, work)
    assert terminal.orders == []


@pytest.mark.parametrize("change", ["a scheme that is off", "a scheme that leaves it as it is"])
async def test_a_scheme_that_says_nothing_any_more_ends_the_promise(
    begin: Begin, terminal: Terminal, deps: Deps, work: Work, change: str
) -> None:
    await collection.follow_schemes(deps)
    async with begin() as db:
        place, scheme = (await db.exec(select(Concentrator))).one(), (await db.exec(select(CollectionScheme))).one()
        CHANGES[change](place, scheme)
    await work()
    assert terminal.orders == []
    async with begin() as db:
        assert (await db.exec(select(Note.done_at).where(Note.job == Job.SET_MASTER_INTERVAL))).one() is not None
