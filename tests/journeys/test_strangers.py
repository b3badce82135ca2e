"""Whoever dials the front-end with nonsense: staff hear of it where that helps, and residents notice nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlmodel import col, select

from app.domain.review import ReviewKind
from app.models import Review
from meters_io.gdw1376.frame import Terminal
from meters_io.gdw1376.link import Login
from tests.headend_client.peer import Peer
from tests.journeys.living import Living
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

UNKNOWN = Terminal("3299", 99)
TAKEN = Terminal("3201", 1)
HALF = b"\x68\x32\x00\x32\x00\x68"
NOISE = (HALF, b"\x68\xfd\xff\xfd\xff\x68" * 1000, b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)) * 40)
MEGABYTE = b"\x68\xfd\xff\xfd\xff\x68" + bytes(1_000_000)


async def test_strangers_noise_and_a_megabyte_hold_up_no_purchase(living: Living) -> None:
    said = len(living.lines)
    async with AsyncExitStack() as stack:
        for noise in (*NOISE, MEGABYTE):
            await stack.enter_async_context(talking(living, noise))
        stranger = await stack.enter_async_context(await dial(living, UNKNOWN))
        await stranger.say(Login())
        assert await stranger.is_hung_up_on()
        for paid in [await living.pay(living.home(street)) for street in (1, 2)]:
            await living.finished(paid)
            assert await doubts(living, paid) == []
    assert ReviewKind.UNKNOWN_CONCENTRATOR in await questions(living)
    assert not [line for line in living.lines[said:] if line.startswith("north ended")]


async def test_a_second_concentrator_with_the_same_address_is_told_to_staff_and_credits_nothing_twice(
    living: Living,
) -> None:
    paid = await living.pay(living.home(1))
    for _ in range(3):
        await living.up()
        async with await dial(living, TAKEN) as rival:
            await rival.say(Login())
            assert await rival.is_hung_up_on()  # by the real one, which has dialled again
    await living.finished(paid)
    assert await doubts(living, paid) == []
    assert ReviewKind.TWO_CONCENTRATORS in await questions(living)


async def dial(living: Living, terminal: Terminal) -> Peer:
    return await Peer.dial(living.site.settings.frontend_port, terminal)


@asynccontextmanager
async def talking(living: Living, noise: bytes) -> AsyncIterator[None]:
    """A connection on which nothing but noise comes, for as long as it is borne."""
    async with await dial(living, UNKNOWN) as peer:
        sending = asyncio.create_task(peer.send_bytes(noise))
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def questions(living: Living) -> set[str]:
    """What staff are asked about at this moment."""
    async with living.deps.begin() as db:
        return set(await db.exec(select(Review.kind).where(col(Review.settled_at).is_(None))))
