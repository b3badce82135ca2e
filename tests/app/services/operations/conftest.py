"""The yard."""

import pytest

from app.db import Begin
from tests.app.services.operations.yard import Yard, open_yard
from tests.clocks import Clock


@pytest.fixture
async def yard(begin: Begin, clock: Clock) -> Yard:
    return await open_yard(begin, clock)
