"""A login under the address of a concentrator whose link another front-end holds: the older link is asked there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from app.db import Begin
from app.models import LinkClaim
from app.ports import ConcentratorAddress
from app.services import claims, frontends
from meters_io.gdw1376.link import Confirmed, Denied, Login, build_denial, parse_confirm
from tests import build
from tests.app.test_headend import TERMINAL, Site, running
from tests.clocks import Clock
from tests.headend_client.peer import Peer

HERE = ConcentratorAddress("3201", 1)
OTHER_HOST = "127.0.0.2"


@dataclass
class Pair:
    """Two front-ends of one utility."""

    north: Site
    south: Site


@pytest.fixture
async def pair(begin: Begin, clock: Clock, tmp_path: Path) -> AsyncIterator[Pair]:
    async with begin() as db:
        await build.utility(db, clock(), linked=False)
    async with running(begin, clock, tmp_path) as north, running(begin, clock, tmp_path, "south") as south:
        for site in (north, south):
            site.server._archive._claims.probe_s = 0.2
        yield Pair(north, south)


async def test_a_forged_login_at_another_front_end_is_turned_away_once_the_older_link_has_answered(pair: Pair) -> None:
    async with (
        await Peer.logged_in(pair.north.server.port, TERMINAL) as genuine,
        await Peer.dial(pair.south.server.port, TERMINAL, OTHER_HOST) as forger,
    ):
        await forger.say(Login())
        await genuine.send(build_denial(await genuine.next_frame()))  # it is asked for its clock; whatever it says
        assert parse_confirm(await forger.next_frame()) == Denied()
        assert (await pair.north.concentrator()).front_end == "north"
        await genuine.is_answered()

        async with await Peer.dial(pair.south.server.port, TERMINAL, OTHER_HOST) as again:
            await again.say(Login())
            assert parse_confirm(await again.next_frame()) == Denied()
            await genuine.is_answered()  # and nothing else came: it is not asked each time
    assert pair.south.server._listener.counts() == {"rival": 2}
    assert await pair.north.reviews() == ["two_concentrators"]


async def test_a_concentrator_that_comes_from_elsewhere_moves_once_its_older_link_is_found_dead(pair: Pair) -> None:
    async with (
        await Peer.logged_in(pair.north.server.port, TERMINAL) as dead,
        await Peer.dial(pair.south.server.port, TERMINAL, OTHER_HOST) as again,
    ):
        await again.say(Login())
        assert parse_confirm(await again.next_frame()) == Confirmed()
        row = await pair.north.concentrator()
        assert (row.front_end, row.link_host) == ("south", OTHER_HOST)
        await dead.next_frame()  # the question for its clock
        with pytest.raises(ConnectionError):
            await dead.next_frame()
    assert await pair.north.reviews() == []


async def test_a_concentrator_that_comes_from_the_same_host_moves_at_once(pair: Pair, begin: Begin) -> None:
    async with (
        await Peer.logged_in(pair.north.server.port, TERMINAL),
        await Peer.logged_in(pair.south.server.port, TERMINAL),
    ):
        assert (await pair.north.concentrator()).front_end == "south"
    async with begin() as db:
        assert (await db.exec(select(LinkClaim))).all() == []


async def test_a_holder_that_has_died_is_not_asked(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await build.utility(db, clock(), linked=False)
        for name in ("north", "south"):
            await frontends.started(db, name, clock())
        assert await frontends.let_in(db, {HERE: "10.0.0.1"}, "north", clock())
        assert not await frontends.let_in(db, {HERE: OTHER_HOST}, "south", clock())
        assert await frontends.held_elsewhere(db, [HERE], "south", clock()) == {HERE}
        clock.forward(seconds=16)
        await frontends.beat(db, "south", clock())
        assert await frontends.let_in(db, {HERE: OTHER_HOST}, "south", clock())


async def test_an_answer_is_good_for_half_a_minute_and_for_its_holder_only(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await build.utility(db, clock(), linked=False)
        for name in ("north", "south", "west"):
            await frontends.started(db, name, clock())
        await frontends.let_in(db, {HERE: "10.0.0.1"}, "north", clock())
        await claims.ask(db, HERE, clock())
        assert await claims.is_proved(db, HERE) is None
        (asked,) = await claims.asked_of(db, "north")
        await claims.answer(db, asked, "north", clock(), alive=True)
        await claims.ask(db, HERE, clock() + claims.FRESH)
        assert await claims.is_proved(db, HERE) is True
        assert await claims.asked_of(db, "north") == []
        await claims.ask(db, HERE, clock() + claims.FRESH + timedelta(seconds=1))
        assert await claims.is_proved(db, HERE) is None

        await frontends.let_in(db, {HERE: "10.0.0.1"}, "west", clock())
        assert await claims.is_proved(db, HERE) is False  # nobody asked this holder: try to log in again
        await claims.ask(db, HERE, clock())
        assert [claim.address for claim in await claims.asked_of(db, "west")] == [HERE]


async def test_many_forged_logins_wait_for_one_answer_and_hold_nobody_else_up(pair: Pair) -> None:
    async with await Peer.logged_in(pair.north.server.port, TERMINAL) as genuine:
        forgers = [await Peer.dial(pair.south.server.port, TERMINAL, OTHER_HOST) for _ in range(20)]
        for forger in forgers:
            await forger.say(Login())
        await genuine.send(build_denial(await genuine.next_frame()))
        replies = await asyncio.gather(*(forger.next_frame() for forger in forgers))
        assert {type(parse_confirm(reply)) for reply in replies} == {Denied}
        await genuine.is_answered()
        for forger in forgers:
            await forger.hang_up()
    assert pair.south.server._listener.counts() == {"rival": 20}
