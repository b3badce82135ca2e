"""Time as the simulator sees it: brought from outside, so that a test can hold it still."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timing:
    """`now()`: aware, UTC. `sleep(seconds)`: comes back when that much time has passed."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]


async def within(timing: Timing, seconds: float, wanted: "asyncio.Future[T]") -> bool:
    """Wait for `wanted`, `seconds` at most; tell whether it came. It is left alone if it did not."""
    nap = asyncio.ensure_future(timing.sleep(seconds))
    either: set[asyncio.Future[T] | asyncio.Future[None]] = {wanted, nap}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        nap.cancel()
    return wanted.done()


def _wall_clock() -> datetime:
    return datetime.now(UTC)


REAL = Timing(_wall_clock, asyncio.sleep)
