"""Who holds which link: logins, logouts, deaths, strangers, and rows that went wrong while the database was away."""

from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import Begin
from app.domain.review import ReviewKind
from app.models import Concentrator, Note, Review
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.services import frontends
from tests import build
from tests.clocks import Clock

HERE = ConcentratorAddress("3201", 1)
ELSEWHERE = ConcentratorAddress("3201", 99)
NORTH, SOUTH = "north", "south"


async def row(db: AsyncSession) -> Concentrator:
    """The one concentrator there is."""
    return (await db.exec(select(Concentrator).execution_options(populate_existing=True))).one()


async def reviews(db: AsyncSession) -> list[Review]:
    """All questions."""
    return list(await db.exec(select(Review)))


async def waiting_job(db: AsyncSession, concentrator: Concentrator, due: datetime) -> None:
    """A promise that waits for the concentrator's link."""
    await outbox.promise(db, Job.READ_DAILY, concentrator.id, due, concentrator_id=concentrator.id)


async def test_a_login_makes_a_concentrator_ours_and_its_jobs_due(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        there = await build.utility(db, clock(), linked=False)
        await waiting_job(db, there.concentrator, clock() + timedelta(hours=1))
        assert await frontends.logged_in(db, HERE, NORTH, clock())
    async with begin() as db:
        found = await row(db)
        assert (found.front_end, found.online_since, found.heard_at) == (NORTH, clock(), clock())
        assert [h.queue for h in await outbox.lease(db, clock())] == ["frontend-routine:north"]


async def test_an_unknown_concentrator_is_turned_away_and_asked_about_once(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await build.utility(db, clock())
        for _ in range(3):
            assert not await frontends.logged_in(db, ELSEWHERE, NORTH, clock())
    async with begin() as db:
        (review,) = await reviews(db)
    assert review.kind == ReviewKind.UNKNOWN_CONCENTRATOR
    assert review.subject_id == frontends.stranger_id(ELSEWHERE)
    assert review.evidence == {"region": "3201", "terminal": 99, "front_end": NORTH}


async def test_somebody_who_tries_every_address_does_not_flood_the_staff(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        for terminal in range(1, frontends.MOST_STRANGERS + 20):
            await frontends.logged_in(db, ConcentratorAddress("7777", terminal), NORTH, clock())
        assert len(await reviews(db)) == frontends.MOST_STRANGERS


async def test_a_logout_frees_a_concentrator_only_if_it_is_still_ours(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await build.utility(db, clock())
        await frontends.started(db, SOUTH, clock())
        await frontends.logged_in(db, HERE, SOUTH, clock())
        await frontends.logged_out(db, HERE, NORTH)
        assert (await row(db)).front_end == SOUTH
        await frontends.logged_out(db, HERE, SOUTH)
        assert (await row(db)).front_end is None


async def test_a_front_end_that_starts_has_no_links(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await build.utility(db, clock())
        await frontends.started(db, NORTH, clock())
        assert (await row(db)).front_end is None


async def test_a_dead_front_end_loses_its_concentrators_and_a_living_one_does_not(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await build.utility(db, clock())
        clock.forward(seconds=14)
        assert await frontends.sweep_dead(db, clock()) == []
        await frontends.beat(db, NORTH, clock())
        clock.forward(seconds=14)
        assert await frontends.sweep_dead(db, clock()) == []
        assert (await row(db)).front_end == NORTH
        clock.forward(seconds=2)
        assert await frontends.sweep_dead(db, clock()) == [NORTH]
        assert (await row(db)).front_end is None


async def test_a_front_end_that_was_taken_for_dead_gets_its_concentrators_back(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        there = await build.utility(db, clock())
        await waiting_job(db, there.concentrator, clock() + timedelta(hours=1))
        await frontends.sweep_dead(db, clock.forward(minutes=1))
        assert await frontends.reconcile(db, [HERE, ELSEWHERE], NORTH, clock()) == [HERE]
    async with begin() as db:
        assert (await row(db)).front_end == NORTH
        assert (await db.exec(select(Note.due_at))).one() == clock()


async def test_a_front_end_does_not_take_back_what_has_logged_in_elsewhere(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await build.utility(db, clock())
        await frontends.started(db, SOUTH, clock())
        await frontends.logged_in(db, HERE, SOUTH, clock())
        assert await frontends.reconcile(db, [HERE], NORTH, clock.forward(minutes=1)) == []
        assert (await row(db)).front_end == SOUTH


async def test_a_logout_that_was_not_recorded_is_mended_but_a_login_just_made_is_left_alone(
    begin: Begin, clock: Clock
) -> None:
    async with begin() as db:
        await build.utility(db, clock())
        await frontends.logged_in(db, HERE, NORTH, clock())
        await frontends.reconcile(db, [], NORTH, clock.forward(seconds=20))
        assert (await row(db)).front_end == NORTH
        await frontends.reconcile(db, [], NORTH, clock.forward(seconds=20))
        assert (await row(db)).front_end is None


async def test_whom_we_heard_is_written_down_in_one_go_however_many(begin: Begin, clock: Clock) -> None:
    many = [ConcentratorAddress("0001", terminal) for terminal in range(1, 20_001)]
    async with begin() as db:
        await build.utility(db, clock())
        await frontends.heard(db, [*many, HERE], clock.forward(minutes=5))
        assert (await row(db)).heard_at == clock()
        await frontends.heard(db, [], clock.forward(minutes=5))
        assert (await row(db)).heard_at != clock()


async def test_two_with_one_address_are_asked_about_once(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        there = await build.utility(db, clock())
        for address in (HERE, HERE, ELSEWHERE):
            await frontends.shared_address(db, address, NORTH, clock())
        (review,) = await reviews(db)
    assert (review.kind, review.subject_id) == (ReviewKind.TWO_CONCENTRATORS, there.concentrator.id)
