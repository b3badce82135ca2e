"""The rehearsal bank as its own program on a loopback port, a payer before its page, a shop that it calls back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.payments.sandbox.bank import BankConfig, bank_app
from app.payments.sandbox.bank.courier import Courier
from app.payments.sandbox.provider import SandboxConfig, SandboxProvider
from app.ports import Order
from tests.clocks import Clock
from tests.serving import served

SECRET = b"a secret of this test"
SHANGHAI = ZoneInfo("Asia/Shanghai")
BACK = "https://light.example/purchases/1"
NOWHERE = "http://127.0.0.1:9/hook"


@dataclass
class Shop:
    """Takes callbacks as they come; `status` is what it answers."""

    status: int = 200
    heard: asyncio.Queue[tuple[dict[str, str], bytes]] = field(default_factory=asyncio.Queue)

    def app(self) -> Starlette:
        """The shop's own door."""
        return Starlette(routes=[Route("/hook", self._receive, methods=["POST"])])

    async def next(self) -> tuple[dict[str, str], bytes]:
        """The next callback: headers and raw body."""
        return await asyncio.wait_for(self.heard.get(), 10)

    async def _receive(self, request: Request) -> Response:
        self.heard.put_nowait((dict(request.headers), await request.body()))
        return PlainTextResponse("success" if self.status == 200 else "no", self.status)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A running bank. `provider`: our side of it. `payer`: a browser on the bank."""

    url: str
    app: Starlette
    provider: SandboxProvider
    payer: httpx2.AsyncClient
    clock: Clock

    async def press(self, ref: str, act: str, **beside: str) -> httpx2.Response:
        """Push a button of the pay page."""
        return await self.payer.post(f"/pay/{ref}", data={"act": act, **beside})

    @property
    def key(self) -> dict[str, str]:
        """What opens the bank's switches (`/_control`)."""
        return {"authorization": f"Bearer {SECRET.decode()}"}

    @property
    def courier(self) -> Courier:
        """What carries the callbacks."""
        found = self.app.state.bank.courier
        assert isinstance(found, Courier)
        return found

    async def written_down(self) -> None:
        """Wait until the bank has noted the end of each try that is due: what a shop hears, it notes a moment later."""
        while self.app.state.bank.book.due(self.clock()):  # noqa: ASYNC110  (the book is a file: it sets no event)
            await asyncio.sleep(0)

    def order(self, ref: str = "order1", amount_minor: int = 5000) -> Order:
        """An order of a shop, good for half an hour."""
        return Order(ref, amount_minor, "CNY", "Electricity", self.clock() + timedelta(minutes=30), BACK)


async def _no_sleep(delay: float) -> None:
    """The bank is slow in no test: its clock is the test's."""


@asynccontextmanager
async def rehearsal(path: Path, clock: Clock, notify_url: str = NOWHERE) -> AsyncIterator[Rehearsal]:
    """Run a bank whose memory is at `path` for the length of the block."""
    app = bank_app(BankConfig(path, SECRET, SHANGHAI, clock, _no_sleep))
    async with served(app) as url, httpx2.AsyncClient(base_url=url, verify=False, trust_env=False) as payer:
        provider = SandboxProvider(SandboxConfig(url, SECRET, notify_url, SHANGHAI), clock)
        yield Rehearsal(url, app, provider, payer, clock)
