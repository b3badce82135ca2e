"""Our door for payment callbacks, served on loopback, with a bell that tests can hear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.payments.sandbox.provider import SandboxConfig, SandboxProvider
from app.ports import PaymentProvider
from app.settings import Settings
from app.web.hooks.payments import ROUTES
from tests.clocks import Clock
from tests.rehearsal import NOWHERE, SECRET, SHANGHAI
from tests.serving import served


@dataclass
class HeardBell:
    """A bell that the test hears: it rings after a callback is booked and answered."""

    rung: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def ring_quietly(self) -> None:
        """Ring."""
        self.rung.put_nowait(None)

    async def heard(self) -> None:
        """Wait for the next ring."""
        await asyncio.wait_for(self.rung.get(), 10)


@dataclass(frozen=True, slots=True)
class Door:
    """Where callbacks come in. `bell` rings once for each that was booked."""

    url: str
    deps: Deps
    bell: HeardBell


def door_deps(begin: Begin, clock: Clock, bell: HeardBell, bank_url: str = NOWHERE) -> Deps:
    """What the door and the jobs work with; `bank_url`: where the sandbox's bank is."""
    sandbox: PaymentProvider = SandboxProvider(SandboxConfig(bank_url, SECRET, NOWHERE, SHANGHAI), clock)
    return Deps(begin, bell, clock, Settings(), name="office", providers={"sandbox": sandbox})


@asynccontextmanager
async def open_door(begin: Begin, clock: Clock) -> AsyncIterator[Door]:
    """Serve the door for the length of the block."""
    bell = HeardBell()
    app = Starlette(routes=ROUTES)
    app.state.deps = door_deps(begin, clock, bell)
    async with served(app) as url:
        yield Door(f"{url}/hooks/payments/sandbox", app.state.deps, bell)
