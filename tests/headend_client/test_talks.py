"""Talks with the concentrator itself: questions out, answers in one frame or several; and what it tells unasked."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from headend_client.errors import SessionClosed, Unreachable
from headend_client.link import Silence
from headend_client.session import Heard, Talk
from headend_client.target import Priority
from headend_client.timing import PortTiming, Timing
from meters_io.gdw1376.events import PowerLost
from meters_io.gdw1376.frame import Frame, encode
from meters_io.gdw1376.joining import split_message
from meters_io.gdw1376.link import Confirmed, parse_confirm
from meters_io.gdw1376.message import read_message
from meters_io.gdw1376.meter_values import Register
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import (
    Item,
    Reading,
    build_readings,
    build_readings_request,
    parse_readings,
    parse_readings_request,
)
from meters_io.gdw1376.reports import Pointers, Report, build_report
from meters_io.gdw1376.tail import NO_TAIL, EventCounters, Tail
from tests.headend_client.front_end import ADDRESS_OF_PEER, FrontEnd, open_front_end
from tests.headend_client.meters import SHANGHAI
from tests.headend_client.peer import TERMINAL, Peer, renumbered
from tests.headend_client.test_session import OPEN, SAYS_OPEN, read, session_of

POINTS = tuple(range(1, 25))
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LOST = PowerLost(AT, None)
REPORT = Report(Pointers(3, 4), (4, 0), (LOST,))
IN_HASTE = Timing(PortTiming(1000, 5.0), terminal_s=0.25, heartbeat_s=60.0)


def ask_registers(route: Route) -> Frame:
    """Ask for the registers of all points."""
    return build_readings_request(route, Item.REGISTER, POINTS)


def registers(asked: Frame, tail: Tail = NO_TAIL) -> Frame:
    """The answer to that, as one long frame."""
    points = [point for point, _ in parse_readings_request(asked, Item.REGISTER)]
    values = [Reading(point, None, Register(AT, Decimal(point), (Decimal(0),) * 4)) for point in points]
    return build_readings(asked, Item.REGISTER, values, SHANGHAI, tail)


def in_parts(whole: Frame, most_bytes: int = 200) -> tuple[Frame, ...]:
    """The same answer in several frames."""
    return split_message(read_message(whole), most_bytes)


def talk(front_end: FrontEnd, priority: Priority = Priority.ROUTINE, **how: bool) -> asyncio.Task[Heard | Silence]:
    """Start a talk."""
    until = asyncio.get_running_loop().time() + 60
    return asyncio.create_task(
        session_of(front_end).converse(Talk(ask_registers, priority, until, **how), front_end.trace)
    )


async def said(verb: asyncio.Task[Heard | Silence]) -> list[int]:
    """Return the points that an answer tells of."""
    heard = await verb
    assert isinstance(heard, Heard)
    return [reading.point for reading in parse_readings(heard.reply, heard.asked, Item.REGISTER, SHANGHAI)]


async def test_an_answer_in_one_frame_is_heard(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = talk(front_end)
        asked = await peer.next_frame()
        await peer.send(registers(asked))
        assert await said(verb) == list(POINTS)
    assert [each.direction for each in front_end.trace] == ["down", "up"]


async def test_an_answer_in_parts_is_joined_and_each_part_is_kept(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = talk(front_end)
        parts = in_parts(registers(await peer.next_frame()))
        for part in parts:
            await peer.send(part)
        assert await said(verb) == list(POINTS)
    assert len(parts) > 3
    assert [each.outer_hex for each in front_end.trace[1:]] == [encode(part).hex() for part in parts]


async def test_a_part_that_comes_twice_counts_once(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = talk(front_end)
        for part in in_parts(registers(await peer.next_frame())):
            await peer.send(part)
            await peer.send(part)
        assert await said(verb) == list(POINTS)
    assert session_of_counts(front_end)["doubled"] > 2


async def test_an_answer_with_a_part_missing_is_dropped_and_heard_when_it_comes_again(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = talk(front_end)
        asked = await peer.next_frame()
        first, _, third, *_ = in_parts(registers(asked))
        await peer.send(first)
        await peer.send(third)
        await peer.send(registers(asked))
        assert await said(verb) == list(POINTS)
    assert session_of_counts(front_end) == {"broken": 1}


async def test_parts_go_on_while_a_meter_answers_under_one_of_their_numbers(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = talk(front_end)
        asked = await peer.next_frame()
        passage = read(front_end)
        passed = await peer.asked()
        assert passed.frame.seq.number == asked.seq.number + 1
        first, second, *others = in_parts(registers(asked))
        for part in (first, second):
            await peer.send(part)
        await peer.answer(passed, OPEN)
        for part in others:
            await peer.send(part)
        assert (await said(verb), await passage) == (list(POINTS), SAYS_OPEN)


async def test_a_talk_does_not_wait_for_a_port_nor_a_port_for_a_talk(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        passage, verb = read(front_end), talk(front_end)
        passed = await peer.asked()
        await peer.send(registers(await peer.next_frame()))
        assert await said(verb) == list(POINTS)
        await peer.answer(passed, OPEN)
        assert await passage == SAYS_OPEN


async def test_the_most_urgent_talk_goes_first_and_one_at_a_time(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        order: list[str] = []
        running = talk(front_end)
        asked = await peer.next_frame()
        for name, priority in [("routine", Priority.ROUTINE), ("restore", Priority.RESTORE)]:
            verb = talk(front_end, priority)
            verb.add_done_callback(lambda _, name=name: order.append(name))  # type: ignore[misc]
        await peer.is_answered()
        await peer.send(registers(asked))
        for _ in range(2):
            await peer.send(registers(await peer.next_frame()))
        await running
        await peer.is_answered()
    assert order == ["restore", "routine"]


async def test_a_late_answer_is_dropped_and_counted(tmp_path: Path) -> None:
    async with open_front_end(tmp_path, IN_HASTE) as front_end, await Peer.logged_in(front_end.port) as peer:
        late = talk(front_end)
        asked = await peer.next_frame()
        assert await late == Silence("no_reply")
        again = talk(front_end)
        now = await peer.next_frame()
        await peer.send(registers(asked))
        await peer.send(registers(now))
        assert await said(again) == list(POINTS)
        assert session_of(front_end).counts() == {"late": 1}


async def test_parts_of_a_late_answer_among_those_of_the_next_one_cost_nothing(tmp_path: Path) -> None:
    async with open_front_end(tmp_path, IN_HASTE) as front_end, await Peer.logged_in(front_end.port) as peer:
        late = talk(front_end)
        before = in_parts(registers(await peer.next_frame()))
        assert await late == Silence("no_reply")
        again = talk(front_end)
        for old, new in zip(before, in_parts(registers(await peer.next_frame())), strict=True):
            await peer.send(old)
            await peer.send(new)
        assert await said(again) == list(POINTS)


async def test_a_concentrator_that_goes_on_telling_is_given_time(tmp_path: Path) -> None:
    async with open_front_end(tmp_path, IN_HASTE) as front_end, await Peer.logged_in(front_end.port) as peer:
        verb, began = talk(front_end), asyncio.get_running_loop().time()
        first, *parts = in_parts(registers(await peer.next_frame()))
        await peer.send(first)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(verb), 0.03)
        for part in parts:
            await peer.send(part)
        assert await said(verb) == list(POINTS)
        assert asyncio.get_running_loop().time() - began > 0.03


async def test_an_order_does_not_leave_without_time_to_hear_of_it(tmp_path: Path) -> None:
    patient = Timing(PortTiming(1000, 5.0), terminal_s=100.0, heartbeat_s=60.0)
    async with open_front_end(tmp_path, patient) as front_end, await Peer.logged_in(front_end.port):
        with pytest.raises(Unreachable, match="no_time_left"):
            await talk(front_end, changes=True)
        assert front_end.trace == []


async def test_a_talk_that_its_link_breaks_was_sent(front_end: FrontEnd) -> None:
    peer = await Peer.logged_in(front_end.port)
    verb = talk(front_end)
    await peer.next_frame()
    waiting = talk(front_end)
    await asyncio.sleep(0)
    await peer.hang_up()
    with pytest.raises(SessionClosed) as ended:
        await verb
    assert ended.value.sent
    with pytest.raises(Unreachable, match="link_lost"):
        await waiting


async def test_a_report_is_told_once_and_confirmed_each_time(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        for _ in range(3):
            await peer.send(build_report(TERMINAL, REPORT, 9, SHANGHAI))
            assert parse_confirm(await peer.next_frame()) == Confirmed()
        await peer.send(build_report(TERMINAL, REPORT, 10, SHANGHAI))
        await peer.next_frame()
    assert front_end.archive.reports == [REPORT, REPORT]
    assert front_end.archive.told[1] == ("reported", ADDRESS_OF_PEER)
    assert front_end.listener.counts() == {"doubled": 2}


async def test_a_report_that_nobody_can_keep_is_not_confirmed_and_taken_when_it_comes_again(
    front_end: FrontEnd,
) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        front_end.archive.is_away = True
        await peer.send(build_report(TERMINAL, REPORT, 9, SHANGHAI))
        await peer.is_answered()  # by nothing before it
        front_end.archive.is_away = False
        await peer.send(build_report(TERMINAL, REPORT, 9, SHANGHAI))
        assert (await peer.next_frame()).seq.number == 9
    assert front_end.archive.reports == [REPORT]


async def test_a_report_that_cannot_be_read_is_confirmed_and_counted(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        await peer.send(build_report(TERMINAL, REPORT, 9, SHANGHAI)._replace(body=bytes(4)))
        assert parse_confirm(await peer.next_frame()) == Confirmed()
        assert session_of(front_end).counts() == {"unreadable": 1}
    assert front_end.archive.reports == []


async def test_waiting_events_are_told_when_their_counters_change(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        for events in [(1, 0), (1, 0), None, (1, 0), (2, 0)]:
            verb = talk(front_end)
            tail = Tail(events=EventCounters(*events) if events else None)
            await peer.send(registers(await peer.next_frame(), tail))
            await verb
        await peer.is_answered()
    assert front_end.archive.words.count("events_waiting") == 2


async def test_an_answer_under_a_number_that_was_never_asked_is_counted(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = talk(front_end)
        asked = await peer.next_frame()
        await peer.send(renumbered(registers(asked), asked.seq.number + 5))
        await peer.send(registers(asked))
        assert await said(verb) == list(POINTS)
        await peer.send(registers(asked))
        await peer.is_answered()
        assert session_of(front_end).counts() == {"unasked": 1, "doubled": 1}


def session_of_counts(front_end: FrontEnd) -> dict[str, int]:
    """What was dropped on all links."""
    return front_end.listener.counts()
