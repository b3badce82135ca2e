"""The link of a concentrator over real TCP: login, heartbeat, and coming back when it is gone."""

from dataclasses import replace
from datetime import timedelta

from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import build_read
from meters_io.gdw1376.frame import Terminal
from meters_io.gdw1376.link import Heartbeat, Login, Logout, build_confirm, parse_link
from meters_io.gdw1376.passage import Passed
from tests.headend_client.simulator.bench import ESAM_ADDRESS
from tests.headend_client.simulator.conftest import (
    CONFIRM_S,
    HEARTBEAT_S,
    RETRY_S,
    Start,
    logged_in,
    world_of,
)
from tests.headend_client.simulator.front_desk import TERMINAL, ZONE, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime

READ = build_read(ESAM_ADDRESS, Item.BALANCE)


async def test_the_first_frame_is_a_login_under_its_own_address(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk)):
        frame = await (await desk.call()).frame()
        assert frame.terminal == TERMINAL
        assert frame.seq.confirm
        assert parse_link(frame, ZONE) == Login()


async def test_a_login_is_repeated_until_it_is_confirmed(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)) as simulation:
        call = await desk.call()
        assert parse_link(await call.frame(), ZONE) == Login()
        assert not simulation.is_online("3201-1")
        await time.until_somebody_sleeps(CONFIRM_S)
        time.forward(seconds=CONFIRM_S)
        await call.log_in()
        await time.until_somebody_sleeps(HEARTBEAT_S)
        assert simulation.is_online("3201-1")


async def test_a_confirmation_of_something_else_confirms_no_login(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)) as simulation:
        call = await desk.call()
        login = await call.frame()
        call.send(build_confirm(login._replace(seq=replace(login.seq, number=(login.seq.number + 1) % 16))))
        call.send(build_confirm(login._replace(terminal=Terminal("3201", 2))))
        assert isinstance(await call.answer(call.forward(READ, 1)), Passed)  # so it has read what came before
        assert not simulation.is_online("3201-1")


async def test_after_three_logins_in_vain_it_hangs_up_and_dials_again(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await desk.call()
        for _ in range(3):
            assert parse_link(await call.frame(), ZONE) == Login()
            await time.until_somebody_sleeps(CONFIRM_S)
            time.forward(seconds=CONFIRM_S)
        assert await call.is_over()
        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        await logged_in(desk, time)


async def test_heartbeats_keep_coming_and_tell_its_clock(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, clock_ahead_s=90)):
        call = await logged_in(desk, time)
        for _ in range(3):
            time.forward(seconds=HEARTBEAT_S)
            assert await call.heartbeat() == Heartbeat(time() + timedelta(seconds=90))
            await time.until_somebody_sleeps(HEARTBEAT_S)


async def test_after_more_than_three_heartbeats_in_vain_it_dials_again(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
        for _ in range(4):
            await time.until_somebody_sleeps(HEARTBEAT_S)
            time.forward(seconds=HEARTBEAT_S)
            assert isinstance(parse_link(await call.frame(), ZONE), Heartbeat)
            await time.until_somebody_sleeps(CONFIRM_S)
            time.forward(seconds=CONFIRM_S)
        assert await call.is_over()
        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        await logged_in(desk, time)


async def test_a_lost_link_is_dialled_again_later_and_later(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        for wait_s in (0.7, 1.4, 2.5, 2.5):
            (await desk.call()).hang_up()
            await time.until_somebody_sleeps(wait_s)
            time.forward(seconds=wait_s)
        (await logged_in(desk, time)).hang_up()
        await time.until_somebody_sleeps(RETRY_S)


async def test_the_next_front_end_is_tried_when_one_is_not_there(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    world = world_of(desk)
    nowhere = replace(desk.address, host="127.0.0.1", port=1)
    async with start(replace(world, front_ends=(nowhere, desk.address))):
        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        await logged_in(desk, time)


async def test_a_killed_link_breaks_at_once_and_comes_back(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)) as simulation:
        call = await logged_in(desk, time)
        simulation.kill_link("3201-1")
        assert await call.is_over()
        await time.until_somebody_sleeps(RETRY_S)
        assert not simulation.is_online("3201-1")
        time.forward(seconds=RETRY_S)
        await logged_in(desk, time)
        assert simulation.is_online("3201-1")


async def test_it_logs_out_when_it_is_stopped(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk)):
        call = await logged_in(desk, time)
    assert parse_link(await call.frame(), ZONE) == Logout()
    assert await call.is_over()
