"""A metering box for each test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.clocks import Clock
from tests.kiosk.box import Box, open_box
from tests.standins.platform import PlatformHouse, platform_house

Boxes = Callable[..., AbstractAsyncContextManager[Box]]


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[PlatformHouse]:
    """Where the platform's stand-ins live."""
    async with platform_house() as opened:
        yield opened


@pytest.fixture
def boxes(tmp_path: Path, house: PlatformHouse) -> Boxes:
    """`async with boxes(behaviour=...) as box:` has a box whose STS meter is other than usual."""
    return lambda **meter: open_box(tmp_path, house, Clock(), **meter)


@pytest.fixture
async def box(boxes: Boxes) -> AsyncIterator[Box]:
    """A box whose STS meter is dark and without money."""
    async with boxes() as opened:
        yield opened
