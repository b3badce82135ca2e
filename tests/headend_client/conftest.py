"""What tests of the head end may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.headend_client.front_end import FrontEnd, open_front_end


@pytest.fixture
async def front_end(tmp_path: Path) -> AsyncIterator[FrontEnd]:
    """A front-end that waits five seconds on the carrier port (31) and a tenth on RS-485 (2)."""
    async with open_front_end(tmp_path) as opened:
        yield opened
