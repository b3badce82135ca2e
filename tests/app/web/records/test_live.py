"""An open tracker is told the moment its facts are committed (SPEC M-2)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from starlette.applications import Starlette

from app.db import Begin
from app.db_ear import listen_for_ever
from app.engines import Engines
from app.models import Payment
from app.web.live import MOST_OF_ONE, Hub, TooManyWatchersError
from app.web.portal.records import stream as live_stream
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.world import Work
from tests.clocks import Clock
from tests.fakes import Bench
from tests.serving import served

SOON_S = 5.0


class HeardHub(Hub):
    """A hub that a test can wait for."""

    listening = False

    def begin(self) -> None:
        super().begin()
        self.listening = True


@pytest.fixture
async def hub(portal: Starlette, database_url: str, clock: Clock) -> AsyncIterator[HeardHub]:
    """The portal is told by the database."""
    made = HeardHub(clock)
    portal.state.hub = made
    ear = asyncio.create_task(listen_for_ever(database_url, made))
    async with asyncio.timeout(SOON_S):
        while not made.listening:  # noqa: ASYNC110  (the fact comes from the database)
            await asyncio.sleep(0.005)
    yield made
    ear.cancel()
    await asyncio.wait([ear])


@dataclass
class Stream:
    """Events as a browser's EventSource takes them."""

    lines: AsyncIterator[str]

    async def next(self) -> tuple[str, str]:
        """The next event's name and data."""
        name, data = "", list[str]()
        async with asyncio.timeout(SOON_S):
            async for line in self.lines:
                field, _, value = line.partition(":")
                if not line and name:
                    return name, "\n".join(data)
                name = value.strip() if field == "event" else name
                data += [value.removeprefix(" ")] if field == "data" else []
        return "", ""


@asynccontextmanager
async def opened(portal: Starlette, path: str) -> AsyncIterator[Stream]:
    """One open stream."""
    headers = {"accept-language": "en"}
    async with (
        served(portal) as address,
        AsyncClient(base_url=address, headers=headers) as client,
        client.stream("GET", path) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer.aiter_lines())


def since(clock: Clock) -> str:
    return str(int(clock().timestamp() * 1000))


async def test_each_fact_reaches_the_open_page_and_the_last_one_closes_its_stream(
    portal: Starlette, hub: Hub, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.balance, bench.relay_open = -300, True
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    clock.forward(seconds=5)

    async with opened(portal, f"/purchases/{purchase.ref}/live?since={since(clock)}") as stream:
        name, pace = await stream.next()
        assert name == "pace"
        assert 'hx-trigger="every 20s, due from:body"' in pace
        await work()
        story = ""
        while "Your power is on" not in story:
            _, story = await stream.next()
        clock.forward(minutes=5)  # nobody waits for the message any more
        hub.hear(str(purchase.id))
        _, last = await stream.next()
        assert "hx-get" not in last
        assert await stream.next() == ("done", "")


async def test_a_payment_that_is_made_shows_its_purchase_on_the_same_stream(
    portal: Starlette, hub: Hub, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        payment = await stories.started(db, utility.esam, 5000, clock())
    clock.forward(seconds=5)

    async with opened(portal, f"/payments/{payment.ref}/live?since={since(clock)}") as stream:
        await stream.next()
        async with begin() as db:
            paid = await db.get_one(Payment, payment.id)
            await stories.settled(db, paid, clock())
        _, story = await stream.next()
        assert "On its way to your meter" in story
        await work()
        _, story = await stream.next()

    assert "In the meter, read back" in story


@pytest.mark.parametrize("seen", ["", "?since=0", "?since=x", "?since=" + "9" * 40])
async def test_who_comes_with_an_old_page_is_told_at_once(
    portal: Starlette, hub: Hub, begin: Begin, utility: build.Utility, clock: Clock, seen: str
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    async with opened(portal, f"/purchases/{purchase.ref}/live{seen}") as stream:
        assert (await stream.next())[0] == "pace"
        name, story = await stream.next()

    assert name == "story"
    assert "On its way to your meter" in story


async def test_what_happened_between_the_page_and_its_stream_is_told(
    portal: Starlette, hub: Hub, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    clock.forward(seconds=5)
    made_at = since(clock)
    await work()
    async with asyncio.timeout(SOON_S):
        while not hub.moved_since(str(purchase.id), clock()):  # noqa: ASYNC110  (the fact comes from the database)
            await asyncio.sleep(0.005)

    async with opened(portal, f"/purchases/{purchase.ref}/live?since={made_at}") as stream:
        await stream.next()
        assert "In the meter, read back" in (await stream.next())[1]


async def test_an_old_story_and_a_process_that_is_not_told_close_the_stream_at_once(
    portal: Starlette, begin: Begin, utility: build.Utility, clock: Clock, browser: Browser
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    untold = await browser.open(f"/purchases/{purchase.ref}/live")
    portal.state.hub = Hub(clock)
    clock.forward(minutes=40)
    old = await browser.open(f"/purchases/{purchase.ref}/live")

    assert untold.text == old.text == "event: done\ndata: \n\n"


async def test_a_seat_before_a_story_in_which_nothing_happens_is_not_kept_for_ever(
    portal: Starlette, hub: Hub, begin: Begin, utility: build.Utility, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "_PING_S", 0.02)
    async with begin() as db:
        payment = await stories.started(db, utility.esam, 5000, clock())

    async with opened(portal, f"/payments/{payment.ref}/live?since={since(clock)}") as stream:
        assert (await stream.next())[0] == "pace"
        clock.forward(minutes=32)
        assert await stream.next() == ("done", "")


async def test_a_stream_of_nobody_is_not_found(browser: Browser, begin: Begin) -> None:
    assert (await browser.open("/purchases/nobody/live")).status_code == 404


async def test_whose_page_is_left_frees_its_place(
    portal: Starlette, hub: Hub, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    async with opened(portal, f"/purchases/{purchase.ref}/live") as stream:
        await stream.next()
        assert hub.watching == 1

    async with asyncio.timeout(SOON_S):
        while hub.watching:  # noqa: ASYNC110  (the far end of a socket)
            await asyncio.sleep(0.005)


async def test_the_page_says_where_it_is_told_only_where_it_is(
    browser: Browser, portal: Starlette, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    path = f"/purchases/{purchase.ref}"

    alone = await browser.open(path)
    portal.state.hub = Hub(clock)
    told = await browser.open(path)

    assert "sse-connect" not in alone.text
    assert re.findall(r'sse-connect="([^"]+)"', told.text) == [f"{path}/live?since={since(clock)}"]


@pytest.mark.slow
async def test_a_database_that_starts_again_is_listened_to_again(
    engines: Engines, portal: Starlette, hub: HeardHub, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    async with opened(portal, f"/purchases/{purchase.ref}/live?since={since(clock)}") as stream:
        await stream.next()
        hub.listening = False
        engines.postgres.kill()
        engines.postgres.start()
        async with asyncio.timeout(SOON_S):
            while not hub.listening:  # noqa: ASYNC110  (the fact comes from the database)
                await asyncio.sleep(0.005)

        name, story = await stream.next()

    assert name == "story"  # whatever was missed meanwhile is on it
    assert "On its way to your meter" in story


def test_there_is_room_for_so_many_and_for_a_family_before_one_story(clock: Clock) -> None:
    hub = Hub(clock, most=MOST_OF_ONE + 1)
    seats = [hub.watch("a") for _ in range(MOST_OF_ONE)]
    for seat in seats:
        seat.__enter__()

    with pytest.raises(TooManyWatchersError), hub.watch("a"):
        pass
    with hub.watch("b"), pytest.raises(TooManyWatchersError), hub.watch("c"):
        pass
    for seat in seats:
        seat.__exit__(None, None, None)

    assert hub.watching == 0


def test_a_hub_that_hears_nothing_calls_every_page_old(clock: Clock) -> None:
    hub = Hub(clock)
    assert hub.moved_since("a", clock())
    hub.begin()
    assert not hub.moved_since("a", clock())
    hub.lose()
    assert hub.moved_since("a", clock())


def test_what_was_heard_is_forgotten_and_then_old_pages_are_called_old(clock: Clock) -> None:
    hub = Hub(clock)
    hub.begin()
    made_at = clock() + timedelta(seconds=10)
    clock.forward(seconds=10)
    assert not hub.moved_since("a", made_at)

    clock.forward(minutes=2)
    hub.hear("b")

    assert hub.moved_since("a", made_at)
    assert not hub.moved_since("a", clock())


def test_a_line_that_is_back_wakes_everybody(clock: Clock) -> None:
    hub = Hub(clock)
    with hub.watch("a") as watcher:
        hub.begin()
        assert watcher.moved.is_set()
