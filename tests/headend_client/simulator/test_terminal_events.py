"""Events of a concentrator: counted, announced by ACD, fetched by pointers, reported until they are confirmed."""

from datetime import timedelta

import pytest

from headend_client.simulator.terminal.event_log import MOST_TOLD, EventLog
from meters_io.dlt645.names import Item as MeterItem
from meters_io.dlt645.reads import build_read
from meters_io.gdw1376.archive import ArchiveEntry, build_archive
from meters_io.gdw1376.asking import Piece, build_request, is_done
from meters_io.gdw1376.events import OtherEvent, PowerLost
from meters_io.gdw1376.frame import Afn
from meters_io.gdw1376.link import build_confirm
from meters_io.gdw1376.master import Reports
from meters_io.gdw1376.passage import Passed, Route
from meters_io.gdw1376.reports import Pointers, Report, build_events_request, is_report, parse_events, parse_report
from meters_io.gdw1376.tail import EventCounters, split_tail
from tests.headend_client.simulator.bench import ESAM_ADDRESS
from tests.headend_client.simulator.conftest import CONFIRM_S, RETRY_S, Start, logged_in, world_of
from tests.headend_client.simulator.front_desk import TERMINAL, ZONE, Call, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime

ROUTE = Route(TERMINAL, 5)
READ = build_read(ESAM_ADDRESS, MeterItem.BALANCE)
FAULT = OtherEvent(21, None, None, {"time": "2611211530", "fault": 4})


def dark(time: StandingTime) -> PowerLost:
    """A power cut that has just begun."""
    return PowerLost(time().replace(second=0, microsecond=0), None)


async def fetch(call: Call, first: int, last: int, *, important: bool = True) -> Report | None:
    asked = build_events_request(ROUTE, Pointers(first, last, important))
    call.send(asked)
    return parse_events(await call.frame(), asked, ZONE)


async def test_an_important_event_is_reported_at_once(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)) as simulation:
        call = await logged_in(desk, time)
        simulation.happen("3201-1", dark(time))
        frame = await call.frame()
        assert is_report(frame)
        assert frame.seq.confirm
        assert parse_report(frame, ZONE) == Report(Pointers(0, 1), (1, 0), (dark(time),))


async def test_a_report_comes_again_until_it_is_confirmed_and_then_the_next(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)) as simulation:
        call = await logged_in(desk, time)
        simulation.happen("3201-1", dark(time))
        simulation.happen("3201-1", FAULT)
        heard, known = [], Reports()
        for _ in range(3):
            heard.append(await call.frame())
            await time.until_somebody_sleeps(CONFIRM_S)
            time.forward(seconds=CONFIRM_S)
        heard.append(await call.frame())
        assert [known.is_new(frame) for frame in heard] == [True, False, False, False]
        call.send(build_confirm(heard[-1]))
        following = await call.frame()
        assert known.is_new(following)
        assert parse_report(following, ZONE).events[0] == parse_report(following, ZONE).events[0]
        assert parse_report(following, ZONE).pointers == Pointers(1, 2)


async def test_what_one_link_did_not_confirm_the_next_one_tells(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)) as simulation:
        call = await logged_in(desk, time)
        simulation.happen("3201-1", dark(time))
        await call.frame()
        call.hang_up()
        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        call = await logged_in(desk, time)
        assert is_report(await call.frame())


async def test_answers_announce_what_waits_until_it_was_fetched(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)) as simulation:
        call = await logged_in(desk, time)
        quiet = await call.answer(call.forward(READ, 1))
        assert isinstance(quiet, Passed)
        assert quiet.events is None
        simulation.happen("3201-1", dark(time))
        await call.frame()  # a report that nobody confirms
        announced = await call.answer(call.forward(READ, 2))
        assert isinstance(announced, Passed)
        assert announced.events == EventCounters(1, 0)
        report = await fetch(call, 0, 1)
        assert report == Report(Pointers(0, 1), (1, 0), (dark(time),))
        again = await call.answer(call.forward(READ, 3))
        assert isinstance(again, Passed)
        assert again.events is None


async def test_a_confirmed_report_waits_no_more(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)) as simulation:
        call = await logged_in(desk, time)
        simulation.happen("3201-1", dark(time))
        call.send(build_confirm(await call.frame()))
        await call.answer(call.forward(READ, 1))
        answer = await call.answer(call.forward(READ, 2))
        assert isinstance(answer, Passed)
        assert answer.events is None


async def test_a_setting_is_a_normal_event_which_nobody_is_told_unasked(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        order = build_archive(ROUTE, [ArchiveEntry(9, 9, "000000000099")])
        call.send(order)
        reply = await call.frame()
        assert is_done(reply, order)
        assert split_tail(reply)[1].events is None
        assert await fetch(call, 0, 1) is None
        report = await fetch(call, 0, 1, important=False)
        assert report is not None
        (event,) = report.events
        assert isinstance(event, OtherEvent)
        assert event.erc == 3
        assert report.counters == (0, 1)


async def test_reports_are_forbidden_and_allowed(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)) as simulation:
        call = await logged_in(desk, time)
        for function, is_told in ((37, False), (29, True)):
            order = build_request(ROUTE, Afn.CONTROL, [Piece(0, function, {})])
            call.send(order)
            assert is_done(await call.frame(), order)
            simulation.happen("3201-1", FAULT)
            probe = call.forward(READ, function % 16)
            frames = [await call.frame() for _ in range(1 + is_told)]
            assert [is_report(frame) for frame in frames].count(True) == is_told
            assert any(frame.seq.number == probe.seq.number for frame in frames)


def filled(count: int) -> EventLog:
    log = EventLog()
    for _ in range(count):
        log.add(FAULT, important=True)
    return log


@pytest.mark.parametrize(
    ("count", "asked", "told"),
    [
        (3, (0, 3), (0, 3)),
        (3, (1, 2), (1, 2)),
        (3, (1, 9), (1, 3)),  # more than there is
        (300, (40, 44), (40, 44)),  # after the counter has gone round
        (300, (250, 4), (250, 4)),
        (300, (44, 44), None),  # none at all
        (100, (0, 100), (0, MOST_TOLD)),  # the rest is asked for again
        (0, (0, 1), None),
    ],
)
def test_a_ring_tells_what_is_asked_as_far_as_it_has_it(
    count: int, asked: tuple[int, int], told: tuple[int, int] | None
) -> None:
    report = filled(count).tell(Pointers(*asked))
    assert (report and (report.pointers.first, report.pointers.last)) == told
    if report:
        assert len(report.events) == (report.pointers.last - report.pointers.first) % 256


def test_events_that_are_deleted_leave_their_numbers() -> None:
    log = filled(5)
    log.clear()
    assert log.counters == (5, 0)
    assert log.waiting() is None
    assert log.tell(Pointers(0, 5)) is None


def test_a_report_confirmed_out_of_turn_does_not_hide_what_came_before() -> None:
    log = filled(1)
    second = log.add(FAULT, important=True)
    log.confirmed(second)
    assert log.waiting() == EventCounters(2, 0)


def test_an_event_keeps_its_moment(time: StandingTime) -> None:
    log = EventLog()
    at = time() - timedelta(hours=1)
    assert log.add(PowerLost(at, time()), important=True).events == (PowerLost(at, time()),)
