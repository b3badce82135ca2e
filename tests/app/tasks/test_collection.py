"""Events of concentrators are fetched by counters, kept once and told; downloads that wait are scanned."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.collection import Terms
from app.domain.device_event import DeviceEventKind
from app.models import Concentrator, DeviceEvent, Note, Purchase, TerminalEvent
from app.models import TerminalEvent as Kept
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.services.collection import events
from app.services.collection.points import assign_points
from app.services.collection.schemes import Wish, save_scheme
from app.services.purchases import new_ref
from app.tasks import collection
from app.terminal_words import CollectEvents, NotReadable, OtherEvent, Pointers, PowerLost, Report, StatusChanged
from app.terminal_words import TerminalEvent as Event
from tests import build
from tests.clocks import Clock
from tests.street import Street
from tests.work import Work, front_end, worker

HERE = ConcentratorAddress("3201", 1)
LOST = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
ON = 0x80


def told(*events: Event, counters: tuple[int, int] = (1, 0)) -> Report:
    return Report(Pointers(0, counters[0]), counters, events)


def status(point: int, *, low: bool, minute: int = 0) -> StatusChanged:
    at = LOST + timedelta(minutes=minute)
    words = (0, 0, ON if low else 0, 0, 0, 0, 0)
    return StatusChanged(at, point, True, (0, 0, ON, 0, 0, 0, 0), words)


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        made = await build.utility(db, clock())
        await assign_points(db, made.concentrator.id)
        return made


@pytest.fixture
def street(utility: build.Utility, clock: Clock) -> Street:
    return Street(clock)


@pytest.fixture
def deps(begin: Begin, clock: Clock, street: Street) -> Deps:
    return front_end(begin, clock, street)


@pytest.fixture
def work(deps: Deps) -> Work:
    return worker(deps, {Job.COLLECT_EVENTS: collection.collect_events})


async def wait_there(begin: Begin, clock: Clock, rest: timedelta = timedelta(0)) -> None:
    async with begin() as db:
        await events.events_wait(db, HERE, clock(), rest)


async def on_record(begin: Begin) -> Sequence[TerminalEvent]:
    async with begin() as db:
        return (await db.exec(select(Kept).order_by(col(Kept.erc)))).all()


async def alarms(begin: Begin) -> list[tuple[str, UUID | None, bool]]:
    async with begin() as db:
        rows = await db.exec(select(DeviceEvent).order_by(col(DeviceEvent.at)))
        return [(row.kind, row.meter_id, row.ended_at is None) for row in rows]


async def place(begin: Begin, utility: build.Utility) -> Concentrator:
    async with begin() as db:
        return await db.get_one(Concentrator, utility.concentrator.id)


async def notes(begin: Begin) -> list[Note]:
    async with begin() as db:
        return list(await db.exec(select(Note).where(Note.job == Job.COLLECT_EVENTS)))


async def test_events_are_fetched_from_where_we_have_them_and_kept_with_their_meter(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, work: Work
) -> None:
    street.report = told(status(2, low=True), PowerLost(LOST, None), OtherEvent(1, LOST, None, {}), counters=(3, 1))
    await wait_there(begin, clock)
    await work()
    assert street.commanded == [CollectEvents((0, 0))]
    assert [(row.erc, row.point, row.meter_id) for row in await on_record(begin)] == [
        (1, None, None),
        (14, None, None),
        (33, 2, utility.sts.id),
    ]
    row = await place(begin, utility)
    assert (row.important_seen, row.normal_seen, row.events_asked_at) == (3, 1, clock())
    await wait_there(begin, clock)
    await work()
    assert street.commanded[-1] == CollectEvents((3, 1))


async def test_what_was_reported_and_is_fetched_again_is_one_event(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, work: Work
) -> None:
    street.report = told(PowerLost(LOST, None))
    for _ in range(3):
        async with begin() as db:
            await events.reported(db, HERE, street.report, clock())
        await work()
    assert len(await on_record(begin)) == 1
    assert await alarms(begin) == [(DeviceEventKind.POWER_OFF, None, True)]


async def test_a_report_alone_does_not_move_our_counters(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street
) -> None:
    async with begin() as db:
        assert await events.reported(db, HERE, told(PowerLost(LOST, None), counters=(9, 0)), clock()) == 1
    assert (await place(begin, utility)).important_seen == 0
    assert len(await notes(begin)) == 1


async def test_power_that_comes_back_ends_its_event(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street
) -> None:
    for event in (PowerLost(LOST, None), PowerLost(LOST, LOST + timedelta(minutes=9))):
        async with begin() as db:
            await events.reported(db, HERE, told(event), clock())
    assert await alarms(begin) == [(DeviceEventKind.POWER_OFF, None, False)]


async def test_a_trouble_that_is_over_ends_and_another_of_its_kind_goes_on(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street
) -> None:
    point = 2
    gone = NotReadable(LOST, point, True, None, None, None)
    back = NotReadable(LOST + timedelta(minutes=5), point, False, None, None, None)
    fault = OtherEvent(13, LOST, point, {"time": "2603020830", "point": {"number": point, "began": 1}, "flags": 2})
    async with begin() as db:
        await events.reported(db, HERE, told(gone, fault, back), clock())
    async with begin() as db:
        rows = {row.detail: row.ended_at for row in await db.exec(select(DeviceEvent))}
    assert rows == {"erc_31": clock(), "erc_13": None}


async def test_a_low_balance_of_a_meter_begins_and_ends_by_its_status_word(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street
) -> None:
    for low in (True, False):
        async with begin() as db:
            await events.reported(db, HERE, told(status(2, low=low, minute=int(not low))), clock())
    assert await alarms(begin) == [(DeviceEventKind.LOW_BALANCE, utility.sts.id, False)]


async def test_an_event_of_a_point_that_no_meter_has_is_the_concentrators(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street
) -> None:
    async with begin() as db:
        await events.reported(db, HERE, told(OtherEvent(12, LOST, 99, {})), clock())
    async with begin() as db:
        row = (await db.exec(select(DeviceEvent))).one()
    assert (row.concentrator_id, row.meter_id, row.detail) == (utility.concentrator.id, None, "erc_12,point_99")


async def test_an_event_from_the_future_happened_no_later_than_now(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street
) -> None:
    async with begin() as db:
        await events.reported(db, HERE, told(OtherEvent(12, clock() + timedelta(days=900), 2, {})), clock())
        assert (await db.exec(select(DeviceEvent.at))).one() == clock()


async def test_an_unknown_address_reports_to_nobody(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    async with begin() as db:
        assert await events.reported(db, ConcentratorAddress("9999", 5), told(PowerLost(LOST, None)), clock()) == 0
    assert await on_record(begin) == []


async def test_a_login_asks_once_an_hour_and_a_report_asks_at_once(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, work: Work
) -> None:
    street.report = told()
    await wait_there(begin, clock, events.REST)
    await work()
    clock.forward(minutes=20)
    await wait_there(begin, clock, events.REST)
    await work()
    assert len(street.commanded) == 1
    await wait_there(begin, clock)
    await work()
    assert len(street.commanded) == 2


async def test_a_concentrator_that_knows_no_events_is_not_asked_again(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, work: Work
) -> None:
    await wait_there(begin, clock)
    await work()
    (note,) = await notes(begin)
    assert (note.done_at, note.last_error) == (clock(), "not_offered")


async def test_without_a_link_it_is_tried_three_times_and_the_next_report_asks_anew(
    begin: Begin, clock: Clock, utility: build.Utility, street: Street, work: Work
) -> None:
    street.cut = True
    await wait_there(begin, clock)
    for _ in range(5):
        await work()
        clock.forward(seconds=3)
    (note,) = await notes(begin)
    assert (note.attempts, note.done_at is not None, note.last_error) == (3, True, "no_link")
    assert (await place(begin, utility)).important_seen == 0


async def test_a_scheme_without_events_asks_for_none(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    async with begin() as db:
        await save_scheme(db, None, Wish("quiet", Terms(events=False), usual=True), None, clock())
    await wait_there(begin, clock)
    assert await notes(begin) == []


async def paid(begin: Begin, utility: build.Utility, clock: Clock) -> UUID:
    facts = {"amount_minor": 5000, "credit_minor": 5000, "created_at": clock()}
    async with begin() as db:
        row = Purchase(ref=new_ref(), meter_id=utility.esam.id, **facts)  # type: ignore[arg-type]
        db.add(row)
        await db.flush()
        return row.id


async def scanned_every(begin: Begin, minutes: int, clock: Clock) -> None:
    async with begin() as db:
        await save_scheme(db, None, Wish("scan", Terms(scan_every_min=minutes), usual=True), None, clock())


async def downloads(begin: Begin) -> list[Note]:
    async with begin() as db:
        return list(await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE)))


async def test_the_scan_promises_a_paid_purchase_that_nobody_has_promised(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps
) -> None:
    purchase_id = await paid(begin, utility, clock)
    await collection.scan_downloads(deps)
    assert await downloads(begin) == []  # no scheme wants a scan
    await scanned_every(begin, 15, clock)
    for _ in range(2):
        await collection.scan_downloads(deps)
    assert [(note.subject_id, note.due_at) for note in await downloads(begin)] == [(purchase_id, clock())]


async def test_the_scan_lets_no_download_wait_longer_than_its_scheme_says(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps
) -> None:
    await scanned_every(begin, 15, clock)
    purchase_id, late = await paid(begin, utility, clock), clock() + timedelta(minutes=30)
    async with begin() as db:
        await outbox.promise(db, Job.DOWNLOAD_PURCHASE, purchase_id, late, concentrator_id=utility.concentrator.id)
    await collection.scan_downloads(deps)
    (note,) = await downloads(begin)
    assert note.due_at == clock() + timedelta(minutes=15)
    clock.forward(minutes=5)
    await collection.scan_downloads(deps)
    assert (await downloads(begin))[0].due_at == note.due_at


async def test_without_a_link_the_scan_leaves_downloads_alone(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps
) -> None:
    await scanned_every(begin, 15, clock)
    await paid(begin, utility, clock)
    async with begin() as db:
        (await db.get_one(Concentrator, utility.concentrator.id)).front_end = None
    await collection.scan_downloads(deps)
    assert await downloads(begin) == []
