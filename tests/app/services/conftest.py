"""A street with a bench meter, and a member of staff who decides."""

from collections.abc import AsyncIterator

import pytest

from app.db import Begin
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench


@pytest.fixture
def bench() -> Bench:
    """The meter at the end of the line."""
    return Bench()


@pytest.fixture
async def desk(begin: Begin, clock: Clock, bench: Bench) -> AsyncIterator[Desk]:
    """Where staff sit; at the end of each story the books balance."""
    made = await open_desk(begin, clock, bench)
    yield made
    assert sum((await made.books()).values()) == 0
