"""A metering box for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clocks import Clock
from tests.kiosk.box import Box, open_box


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    """A box whose STS meter is dark and without money."""
    async with open_box(tmp_path, Clock()) as opened:
        yield opened
