"""A home to tell stories of."""

from collections.abc import AsyncIterator

import pytest

from app.db import Begin
from tests import build
from tests.app.services.fees.home import Home
from tests.clocks import Clock
from tests.fakes import Bench


@pytest.fixture
async def home(begin: Begin, clock: Clock, bench: Bench) -> AsyncIterator[Home]:
    """A home with fifty yuan in its meter; at the end of each story the books balance, and the fund's sum is theirs."""
    async with begin() as db:
        town = await build.utility(db, clock())
    bench.balance, bench.now = 5_000, clock
    bench.registers = {"alarm_1_minor": 2_000, "alarm_2_minor": 500, "overdraft_limit_minor": 0}
    made = Home(begin, clock, bench, town)
    yield made
    books = await made.books()
    assert sum(books.values()) == 0
    assert await made.in_funds() == -books.get("fund", 0)
