"""So many a second, whoever sends: claims follow one another, and what did not go is given back."""

import asyncio

import pytest

from app.db import Begin
from app.services.send_pace import claim, give_back


async def test_one_claim_bars_the_next_for_as_long_as_it_takes(begin: Begin) -> None:
    async with begin() as db:
        assert await claim(db, 25, 5) == 0
    async with begin() as db:
        assert await claim(db, 25, 5) == pytest.approx(5, abs=2)


async def test_of_many_at_once_one_may_go(begin: Begin) -> None:
    async def one() -> float:
        async with begin() as db:
            return await claim(db, 25, 1)

    waits = await asyncio.gather(*(one() for _ in range(6)))
    assert sorted(wait == 0 for wait in waits) == [False] * 5 + [True]


async def test_what_did_not_go_is_given_back(begin: Begin) -> None:
    async with begin() as db:
        assert await claim(db, 25, 1) == 0
        await give_back(db, 25, 1)
    async with begin() as db:
        assert await claim(db, 25, 1) == 0
        await give_back(db, 5, 1)
    async with begin() as db:
        assert await claim(db, 1, 1) == pytest.approx(20, abs=2)


async def test_what_is_paced_apart_does_not_wait_for_each_other(begin: Begin) -> None:
    async with begin() as db:
        assert await claim(db, 25, 1) == 0
    async with begin() as db:
        assert await claim(db, 25, 1, "another") == 0
