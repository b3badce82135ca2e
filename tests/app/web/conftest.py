"""A browser without JavaScript, and the portal over the real database."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NoReturn

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from starlette.applications import Starlette

from app import outbox
from app.context import Deps, Task
from app.db import Begin
from app.domain.payment import CallbackFact
from app.outbox import Job
from app.ports import Order, ProviderDown, SecurityModule
from app.settings import Settings
from app.tasks import fulfil, receipts
from app.web.routes import exception_handlers, portal_routes, web_middleware
from tests import build
from tests.clocks import Clock
from tests.fakes import Bench, Module, SilentBell

ADDRESS = "http://relight.test"
SECRET = "x" * 32
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def settings() -> Settings:
    """One utility, reached under relight.test."""
    return Settings(public_url=ADDRESS, session_secret=SecretStr(SECRET))


@dataclass
class Counter:
    """A payment provider across the counter: it remembers the orders, and can be closed."""

    name: str = "counter"
    page_origins: tuple[str, ...] = ("https://pay.test",)
    down: bool = False
    orders: list[Order] = field(default_factory=list)

    async def begin(self, order: Order) -> str:
        if self.down:
            raise ProviderDown("ConnectError")
        self.orders.append(order)
        return f"https://pay.test/{order.ref}"

    def read_callback(self, headers: object, body: bytes, now: datetime) -> NoReturn:
        raise NotImplementedError

    def acknowledge(self) -> tuple[int, str]:
        return 200, ""

    async def query(self, ref: str) -> CallbackFact | None:
        return None

    async def close(self, ref: str) -> None:
        return

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> None:
        return

    async def list_day(self, day: date) -> list[CallbackFact]:
        return []


@pytest.fixture
def provider() -> Counter:
    """The one way to pay."""
    return Counter()


@pytest.fixture
def bench() -> Bench:
    """The meter at the end of the line."""
    return Bench()


@pytest.fixture
def deps(begin: Begin, clock: Clock, settings: Settings, bench: Bench, provider: Counter) -> Deps:
    """What the portal and the jobs of these tests work with."""
    module: SecurityModule = Module()  # type: ignore[assignment]  # only issues
    return Deps(
        begin=begin,
        bell=SilentBell(),
        now=clock,
        settings=settings,
        name="test",
        gateway=bench,
        security=module,
        providers={provider.name: provider},
    )


@pytest.fixture
def portal(deps: Deps, settings: Settings) -> Starlette:
    """The portal as it is served."""
    app = Starlette(
        routes=portal_routes(), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    app.state.deps = deps
    return app


_JOBS: dict[Job, Task] = {
    Job.ISSUE_TOKEN: fulfil.issue_token,
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.CHECK_RELAY: fulfil.check_relay,
    Job.RENDER_RECEIPT: receipts.render_receipt,
}
Work = Callable[[], Awaitable[None]]


@pytest.fixture
def work(deps: Deps) -> Work:
    """Do what is due, until nothing is."""

    async def run() -> None:
        while True:
            async with deps.begin() as db:
                due = [h for h in await outbox.lease(db, deps.now()) if h.job in _JOBS]
            if not due:
                return
            for handout in due:
                await _JOBS[handout.job]({"deps": deps}, handout.note_id)

    return run


@dataclass
class Browser:
    """Opens pages and sends the forms on them, as a browser without JavaScript does."""

    client: AsyncClient

    async def open(self, path: str, **headers: str) -> Response:
        """GET a page, following redirects."""
        return await self.client.get(path, headers=headers, follow_redirects=True)

    async def send(self, path: str, page: Response, **fields: str) -> Response:
        """POST a form of `page`; no redirect is followed."""
        found = _CSRF.search(page.text)
        token = {"csrf": found[1]} if found else {}
        return await self.client.post(path, data=token | fields)


@pytest.fixture
async def browser(portal: Starlette) -> AsyncIterator[Browser]:
    """An English-speaking browser."""
    transport = ASGITransport(portal, raise_app_exceptions=False)
    headers = {"accept-language": "en-GB,en;q=0.9"}
    async with AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as client:
        yield Browser(client)


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    """A small utility whose concentrator has a link."""
    async with begin() as db:
        return await build.utility(db, clock())
