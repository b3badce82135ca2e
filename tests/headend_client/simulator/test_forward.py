"""Forwards through a concentrator over real TCP: answers, silence, refusals, and scripted ways to lose an answer."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from headend_client.simulator.world import Behaviour, Script
from meters_io.dlt645 import reads
from meters_io.dlt645.frame import ANY_METER, decode
from meters_io.dlt645.frame import encode as encode_inner
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import build_read, parse_register
from meters_io.dlt645.refusals import Refusal
from meters_io.errors import RemoteError
from meters_io.gdw1376.clock import tag_at
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal, encode
from meters_io.gdw1376.link import Denied, parse_confirm
from meters_io.gdw1376.passage import NoAnswer, Passage, Passed, Route, Turned, build_passage, parse_passed
from meters_io.gdw1376.tail import Tail, split_tail
from tests.headend_client.simulator.bench import ESAM_ADDRESS, STS_ADDRESS, sts_spec, token_for, token_frame
from tests.headend_client.simulator.conftest import (
    BUSY_S,
    RETRY_S,
    SILENCE_S,
    Start,
    logged_in,
    world_of,
)
from tests.headend_client.simulator.front_desk import TERMINAL, ZONE, Call, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime

READ = build_read(ESAM_ADDRESS, Item.BALANCE)
READ_STS = build_read(STS_ADDRESS, Item.BALANCE)
READ_NOBODY = build_read("000000000099", Item.BALANCE)


async def test_a_forward_reaches_the_meter_and_brings_its_answer(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        for number, (request, address) in enumerate(((READ, ESAM_ADDRESS), (READ_STS, STS_ADDRESS))):
            assert parse_register(await call.ask(request, number), address, reads.BALANCE) == 1_000


async def test_a_wildcard_hears_one_meter(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        assert (await call.ask(build_read(ANY_METER, Item.BALANCE), 1)).address == ESAM_ADDRESS


@pytest.mark.parametrize("inner", [READ_NOBODY, b"", b"\x68\x68\x68", b"\0" * 40])
async def test_where_nobody_answers_it_says_so_after_waiting(
    desk: FrontDesk, start: Start, time: StandingTime, inner: bytes
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        asked = call.forward(inner, 1)
        await time.until_somebody_sleeps(SILENCE_S)
        time.forward(seconds=SILENCE_S)
        assert await call.answer(asked) == NoAnswer()


async def test_an_exchange_costs_its_delay(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, delay_ms=300)):
        call = await logged_in(desk, time)
        asked = call.forward(READ, 1)
        await time.until_somebody_sleeps(0.3)
        time.forward(seconds=0.3)
        assert isinstance(await call.answer(asked), Passed)


async def test_forwards_on_one_port_go_one_after_the_other(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, delay_ms=300)):
        call = await logged_in(desk, time)
        first, second = call.forward(READ, 1), call.forward(READ_STS, 2)
        for asked in (first, second):
            await time.until_somebody_sleeps(0.3)
            time.forward(seconds=0.3)
            assert isinstance(await call.answer(asked), Passed)


async def test_ports_do_not_wait_for_each_other(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    world = world_of(desk, ports=(31, 2))
    spec = world.concentrators[0]
    apart = replace(spec, meters=(spec.meters[0], replace(spec.meters[1], port=2)))
    async with start(replace(world, concentrators=(apart,))):
        call = await logged_in(desk, time)
        silent = call.forward(READ_NOBODY, 1)
        await time.until_somebody_sleeps(SILENCE_S)
        assert isinstance(await call.answer(call.forward(READ_STS, 2, port=2)), Passed)
        time.forward(seconds=SILENCE_S)
        assert await call.answer(silent) == NoAnswer()


async def test_a_port_that_stays_busy_turns_the_next_forward_away(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        silent, second, third = call.forward(READ_NOBODY, 1), call.forward(READ, 2), call.forward(READ, 3)
        await time.until_somebody_sleeps(BUSY_S)
        time.forward(seconds=BUSY_S)
        assert await call.answer(second) == Turned()
        assert await call.answer(third) == Turned()
        time.forward(seconds=SILENCE_S - BUSY_S)
        assert await call.answer(silent) == NoAnswer()
        assert isinstance(await call.answer(call.forward(READ, 4)), Passed)


async def test_a_port_that_does_not_wait_turns_away_at_once(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, port_wait_ms=0)):
        call = await logged_in(desk, time)
        call.forward(READ_NOBODY, 1)
        assert await call.answer(call.forward(READ, 2)) == Turned()


async def test_a_port_that_is_not_there_is_refused(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        assert await call.answer(call.forward(READ, 1, port=2)) == Turned()


@pytest.mark.parametrize(
    ("afn", "body"), [(0x10, b""), (0x10, bytes(30)), (0x04, b"\0\0\1\0"), (0x0C, b""), (0x99, b"")]
)
async def test_what_it_cannot_do_is_refused(
    desk: FrontDesk, start: Start, time: StandingTime, afn: int, body: bytes
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        call.send(Frame(TERMINAL, Control(up=False, starts=True, function=11), afn, Seq(5), body, a3=2))
        reply = await call.frame()
        assert isinstance(parse_confirm(reply), Denied)
        assert (reply.seq.number, reply.master) == (5, 1)


async def test_noise_and_what_is_for_others_does_not_disturb_it(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        call.writer.write(b"\x68\x32\x00\x32\x00\x68 nonsense \x16" * 50)
        for terminal, a3 in ((Terminal("3201", 2), 2), (TERMINAL, 3), (Terminal("FFFF", 0xFFFF), 3)):
            call.send(Frame(terminal, Control(up=False, starts=True, function=11), 0x0C, Seq(1), b"", a3=a3))
        asked = call.forward(READ, 7)
        assert isinstance(await call.answer(asked), Passed)


async def test_a_frame_in_pieces_is_understood(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        asked = build_passage(Route(TERMINAL, 1), Passage(31, encode_inner(READ)))
        for byte in encode(asked):
            call.writer.write(bytes((byte,)))
            await call.writer.drain()
            await asyncio.sleep(0)
        assert isinstance(await call.answer(asked), Passed)


async def test_a_tagged_forward_is_answered_with_its_own_time(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk, clock_ahead_s=-64)):
        call = await logged_in(desk, time)
        call.forward(READ, 1, Tail(tag=tag_at(9, time(), ZONE, 5)))
        _, tail = split_tail(await call.frame())
        assert tail.tag == tag_at(9, time() - timedelta(seconds=64), ZONE, 5)


async def test_a_terminal_whose_clock_runs_ahead_drops_what_looks_old(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk, clock_ahead_s=300)):
        call = await logged_in(desk, time)
        call.forward(READ, 1, Tail(tag=tag_at(9, time(), ZONE, 5)))
        asked = call.forward(READ, 2, Tail(tag=tag_at(10, time() + timedelta(minutes=1), ZONE, 5)))
        assert isinstance(await call.answer(asked), Passed)


async def test_drops_link_is_cut_amid_the_answer_and_the_token_counts(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    digits = token_for(sts_spec().sts, time(), 5_000)
    async with start(world_of(desk, Behaviour(Script.DROPS_LINK))) as simulation:
        call = await logged_in(desk, time)
        call.forward(token_frame(digits), 1)
        assert await call.is_over()
        assert call.left_over > 0
        assert len(simulation.yard.inspect(STS_ADDRESS).credits) == 1

        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        call = await logged_in(desk, time)
        assert (await call.ask(token_frame(digits), 1)).data[4] == 10  # used
        assert len(simulation.yard.inspect(STS_ADDRESS).credits) == 1


async def test_deaf_costs_the_whole_wait(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, Behaviour(Script.DEAF))) as simulation:
        call = await logged_in(desk, time)
        asked = call.forward(token_frame(token_for(sts_spec().sts, time(), 5_000)), 1)
        await time.until_somebody_sleeps(SILENCE_S)
        assert len(simulation.yard.inspect(STS_ADDRESS).credits) == 1
        time.forward(seconds=SILENCE_S)
        assert await call.answer(asked) == NoAnswer()


async def test_slow_answers_within_what_is_waited(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, Behaviour(Script.SLOW, seconds=3.0))):
        call = await logged_in(desk, time)
        asked = call.forward(READ, 1)
        await time.until_somebody_sleeps(3.0)
        time.forward(seconds=3)
        assert isinstance(await call.answer(asked), Passed)


async def test_too_slow_is_silent(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, Behaviour(Script.SLOW, seconds=30.0))):
        call = await logged_in(desk, time)
        asked = call.forward(READ, 1)
        await time.until_somebody_sleeps(SILENCE_S)
        time.forward(seconds=SILENCE_S)
        assert await call.answer(asked) == NoAnswer()


async def test_a_late_answer_comes_among_others_under_its_old_number(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk, Behaviour(Script.LATE_ANSWER, seconds=45.0))):
        call = await logged_in(desk, time)
        given_up = call.forward(token_frame(token_for(sts_spec().sts, time(), 5_000)), 1)
        await time.until_somebody_sleeps(45.0)
        now = call.forward(READ_STS, 2)
        assert isinstance(await call.answer(now), Passed)  # the port is free meanwhile
        time.forward(seconds=45)
        late = await call.frame()
        with pytest.raises(RemoteError, match="earlier"):
            parse_passed(late, now)
        answer = parse_passed(late, given_up)
        assert isinstance(answer, Passed)
        assert decode(answer.inner).address == STS_ADDRESS


async def test_sixty_meters_on_three_concentrators_all_answer(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    base = world_of(desk).concentrators[0]
    some = [
        replace(
            base,
            terminal=terminal,
            meters=tuple(
                replace(base.meters[1], address=f"{terminal:03d}{place:09d}", number=f"{terminal:03d}{place:08d}")
                for place in range(20)
            ),
        )
        for terminal in (1, 2, 3)
    ]
    async with start(replace(world_of(desk), concentrators=tuple(some))) as simulation:
        calls = [await desk.call() for _ in some]
        await asyncio.gather(*(call.log_in() for call in calls))
        assert len(list(simulation.yard)) == 60
        assert await asyncio.gather(*(_balances(call) for call in calls)) == [[1_000] * 20] * 3


async def _balances(call: Call) -> list[int | Refusal | None]:
    """Read the twenty meters of one concentrator."""
    found: list[int | Refusal | None] = []
    for place in range(20):
        address = f"{call.terminal.number:03d}{place:09d}"
        reply = await call.ask(build_read(address, Item.BALANCE), place % 16)
        balance = parse_register(reply, address, reads.BALANCE)
        found.append(balance)
    return found
