"""A concentrator asked and ordered itself, over real TCP: archive, parameters, clock, readings, resets."""

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from headend_client.simulator.world import Behaviour, Script
from meters_io.gdw1376.archive import (
    ArchiveEntry,
    build_archive,
    build_archive_query,
    deletion,
    parse_archive_answer,
)
from meters_io.gdw1376.asking import Piece, build_request, is_done, pieces_of_answer
from meters_io.gdw1376.clock import tag_at
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, Terminal
from meters_io.gdw1376.joining import Joiner
from meters_io.gdw1376.link import Confirmed, Denied, PerUnit, build_confirm, is_link, parse_confirm
from meters_io.gdw1376.meter_values import PurchaseInfo, Register, RelayState, StatusWords, TerminalClock
from meters_io.gdw1376.moments import clock_to_plain
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import Item, Reading, build_readings_request, parse_readings
from meters_io.gdw1376.tail import Tail, split_tail
from meters_io.gdw1376.units import ALL_POINTS
from meters_io.layout import Plain
from tests.headend_client.simulator.bench import ESAM_ADDRESS, STS_ADDRESS
from tests.headend_client.simulator.conftest import RETRY_S, Start, logged_in, world_of
from tests.headend_client.simulator.front_desk import TERMINAL, ZONE, Call, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime

ROUTE = Route(TERMINAL, 5)
BOTH = (ArchiveEntry(1, 1, ESAM_ADDRESS), ArchiveEntry(2, 2, STS_ADDRESS))
NOT_FROZEN = PurchaseInfo(None, None, None, None)
NEW = ArchiveEntry(3, 3, "000000000099")


async def say(call: Call, asked: Frame) -> Frame:
    """Ask; return the answer, joined where it came in parts; a heartbeat that comes between is confirmed."""
    call.send(asked)
    joiner = Joiner()
    while True:
        frame = await call.frame()
        if is_link(frame):
            call.send(build_confirm(frame))
        elif (whole := joiner.take(frame).whole) is not None:
            return whole


async def archive(call: Call, *sequences: int) -> tuple[ArchiveEntry, ...]:
    asked = build_archive_query(ROUTE, sequences)
    return parse_archive_answer(await say(call, asked), asked)


async def does(call: Call, order: Frame) -> bool:
    return is_done(await say(call, order), order)


async def readings(call: Call, item: Item, points: list[int], **day: object) -> tuple[Reading, ...]:
    asked = build_readings_request(ROUTE, item, points, **day)  # type: ignore[arg-type]
    return parse_readings(await say(call, asked), asked, item, ZONE)


def order(afn: int, function: int, value: Plain = None, point: int = 0) -> Frame:
    return build_request(ROUTE, afn, [Piece(point, function, {} if value is None else value)])


async def test_its_archive_holds_its_meters_and_can_be_asked_in_part(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        assert await archive(call) == BOTH
        assert await archive(call, 2) == BOTH[1:]
        assert await archive(call, 9) == ()


async def test_a_concentrator_may_begin_without_knowing_a_meter(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk, knows_meters=False)):
        call = await logged_in(desk, time)
        assert await archive(call) == ()
        assert await does(call, build_archive(ROUTE, BOTH))
        assert await archive(call) == BOTH


async def test_meters_are_added_changed_and_deleted(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        moved = replace(BOTH[0], point=7)
        assert await does(call, build_archive(ROUTE, [moved, deletion(BOTH[1]), NEW]))
        assert await archive(call) == (moved, NEW)


async def test_a_measuring_point_belongs_to_one_meter(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        assert not await does(call, build_archive(ROUTE, [replace(NEW, point=2)]))
        assert await archive(call) == BOTH


async def test_a_port_gives_up_its_meters_and_only_them(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        await does(call, build_archive(ROUTE, [replace(NEW, port=2)]))
        assert await does(call, order(Afn.CONTROL, 53, {"port": 31}))
        assert await archive(call) == (replace(NEW, port=2),)


@pytest.mark.parametrize("function", [1, 3, 5, 8, 9, 33, 35, 58])
async def test_it_has_parameters_before_anybody_set_them(
    desk: FrontDesk, start: Start, time: StandingTime, function: int
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        asked = order(Afn.QUERY, function)
        (piece,) = pieces_of_answer(await say(call, asked), asked)
        assert piece.value is not None


async def test_what_is_set_is_told_and_what_cannot_be_is_refused_by_unit(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        wrong = Piece(3, 58, {"silent_hours": 24})  # of a measuring point, and this is the terminal's own
        asked = build_request(ROUTE, Afn.SET, [Piece(0, 58, {"silent_hours": 12}), wrong])
        answer = parse_confirm(await say(call, asked))
        assert isinstance(answer, PerUnit)
        assert [result.error for result in answer.results] == [0, 1]
        query = order(Afn.QUERY, 58)
        assert pieces_of_answer(await say(call, query), query) == (Piece(0, 58, {"silent_hours": 12}),)
        alone = build_request(ROUTE, Afn.SET, [wrong])
        assert parse_confirm(await say(call, alone)) == Denied()


async def test_a_new_heartbeat_is_kept(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        answers: Plain = {"wait_s": 30, "resends": 3}
        fields: Plain = {
            "rts_delay": 0, "start_delay_min": 0, "answers": answers, "confirmed_classes": 0, "heartbeat_min": 7,
        }  # fmt: skip
        assert await does(call, order(Afn.SET, 1, fields))
        time.forward(seconds=60)
        await call.heartbeat()
        await time.until_somebody_sleeps(420)


async def test_its_clock_is_told_and_set_and_then_tags_are_fresh_again(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk, clock_ahead_s=300)):
        call = await logged_in(desk, time)
        (found,) = await readings(call, Item.TERMINAL_CLOCK, [0])
        assert found.value == TerminalClock(time().astimezone(UTC) + timedelta(minutes=5))
        assert await does(call, order(Afn.CONTROL, 31, {"clock": clock_to_plain(time(), ZONE)}))
        (found,) = await readings(call, Item.TERMINAL_CLOCK, [0])
        assert found.value == TerminalClock(time().astimezone(UTC))
        tagged = build_request(
            replace(ROUTE, tail=Tail(tag=tag_at(3, time(), ZONE, 5))), Afn.CURRENT, [Piece(0, 2, {})]
        )
        assert split_tail(await say(call, tagged))[1].tag == tag_at(3, time(), ZONE, 5)


async def test_current_data_are_what_the_meter_itself_would_say(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        values = {}
        for item in (Item.REGISTER, Item.RELAY, Item.PURCHASE, Item.STATUS):
            found = await readings(call, item, [1, 2, 9])
            assert [reading.point for reading in found] == [1, 2]
            values[item] = found[0].value
        assert isinstance(values[Item.REGISTER], Register)
        assert isinstance(values[Item.STATUS], StatusWords)
        relay, purchase = values[Item.RELAY], values[Item.PURCHASE]
        assert isinstance(relay, RelayState)
        assert relay.closed is True
        assert isinstance(purchase, PurchaseInfo)
        assert (purchase.count, purchase.balance_yuan) == (3, Decimal("10.00"))


async def test_all_points_are_asked_at_once_and_dead_meters_say_nothing(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)) as simulation:
        simulation.yard.set_behaviour(STS_ADDRESS, Behaviour(Script.DEAD))
        call = await logged_in(desk, time)
        assert [found.point for found in await readings(call, Item.PURCHASE, [ALL_POINTS])] == [1]


async def test_the_last_midnights_of_all_meters_come_together(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        time.forward(days=1)
        yesterday = time().astimezone(ZONE).date() - timedelta(days=1)
        found = await readings(call, Item.DAILY_PURCHASE, [1, 2], day=yesterday)
        assert [reading.value.balance_yuan for reading in found if isinstance(reading.value, PurchaseInfo)] == [10, 10]
        registers = await readings(call, Item.DAILY_REGISTER, [1, 2], day=yesterday)
        assert all(isinstance(reading.value, Register) for reading in registers)
        before = await readings(call, Item.DAILY_PURCHASE, [1, 2], day=yesterday - timedelta(days=200))
        assert [reading.value for reading in before] == [NOT_FROZEN, NOT_FROZEN]
        registers = await readings(call, Item.DAILY_REGISTER, [1], day=yesterday - timedelta(days=200))
        assert registers[0].value is None


async def test_an_answer_too_long_for_one_frame_comes_in_several(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk, frame_bytes=128)):
        call = await logged_in(desk, time)
        asked = build_readings_request(ROUTE, Item.PURCHASE, [1, 2] * 8)
        call.send(asked)
        parts = [await call.frame()]
        while not parts[-1].seq.final:
            parts.append(await call.frame())
        assert len(parts) > 2
        assert [part.seq.number for part in parts] == [(5 + place) % 16 for place in range(len(parts))]
        joiner = Joiner()
        whole = [joined.whole for joined in map(joiner.take, parts)][-1]
        assert whole is not None
        assert len(parse_readings(whole, asked, Item.PURCHASE, ZONE)) == 16


async def test_a_reset_of_the_data_keeps_the_archive(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        time.forward(days=1)
        assert await does(call, order(Afn.RESET, 2))
        assert await archive(call) == BOTH
        yesterday = time().astimezone(ZONE).date() - timedelta(days=1)
        (found,) = await readings(call, Item.DAILY_PURCHASE, [1], day=yesterday)
        assert found.value == NOT_FROZEN


async def test_a_reset_to_the_factory_forgets_the_archive_and_hangs_up(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        assert parse_confirm(await say(call, order(Afn.RESET, 3))) == Confirmed()
        while not await call.is_over():
            pass
        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        call = await logged_in(desk, time)
        report = await call.frame()  # that it has begun anew
        call.send(build_confirm(report))
        assert await archive(call) == ()


@pytest.mark.parametrize("afn", [0x03, 0x09, 0x0B, 0x0F, 0xA4])
async def test_what_it_does_not_know_it_denies(desk: FrontDesk, start: Start, time: StandingTime, afn: int) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        control = Control(up=False, starts=True, function=11)
        frame = Frame(Terminal("3201", 1), control, afn, Seq(3), bytes.fromhex("00000100"), a3=2)
        assert parse_confirm(await say(call, frame)) == Denied()


@pytest.mark.parametrize("body", ["", "00", "0000", "ffffffff", "00000100" * 30, "0000020a" + "ff" * 60])
@pytest.mark.parametrize("afn", [Afn.RESET, Afn.SET, Afn.CONTROL, Afn.QUERY, Afn.CURRENT, Afn.HISTORY, Afn.EVENTS])
async def test_nonsense_is_denied_and_the_next_question_answered(
    desk: FrontDesk, start: Start, time: StandingTime, afn: int, body: str
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        control = Control(up=False, starts=True, function=10)
        call.send(Frame(TERMINAL, control, afn, Seq(3), bytes.fromhex(body), a3=2))
        await call.frame()
