"""The console over the real database, and somebody who may sign in to it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.roles import Role
from app.services import passwords, staff
from app.services.staff import NewStaff
from app.settings import Settings
from app.web.routes import all_routes, exception_handlers, web_middleware
from headend_client.explain import explain
from tests.app.web.conftest import Browser
from tests.app.web.world import ADDRESS
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench

LOGIN, PASSWORD = "anna", "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same password function with less work: what is tested here is not how strong it is."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
async def desk(begin: Begin, clock: Clock, bench: Bench) -> Desk:
    """A small utility whose stories the console shows."""
    made = await open_desk(begin, clock, bench)
    async with begin() as db:
        await staff.create(db, NewStaff(LOGIN, "Anna Berg", frozenset(Role)), PASSWORD, clock())
    return made


@pytest.fixture
def console(deps: Deps, settings: Settings) -> Starlette:
    """The web as it is served."""
    app = Starlette(
        routes=all_routes(settings), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    app.state.deps = replace(deps, explain=explain)
    return app


def open_browser(console: Starlette, language: str = "en-GB,en;q=0.9") -> AsyncClient:
    """A browser of its own, with its own cookies."""
    transport = ASGITransport(console, raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url=ADDRESS, headers={"accept-language": language})


@pytest.fixture
async def guest(console: Starlette, desk: Desk) -> AsyncIterator[Browser]:
    """Somebody who has not signed in."""
    async with open_browser(console) as client:
        yield Browser(client)


async def sign_in(browser: Browser, password: str = PASSWORD, login: str = LOGIN, wanted: str = "") -> Response:
    """Fill in the sign-in page and send it."""
    page = await browser.open("/console/sign-in")
    return await browser.send("/console/sign-in", page, login=login, password=password, next=wanted)


@pytest.fixture
async def officer(console: Starlette, desk: Desk) -> AsyncIterator[Browser]:
    """Anna, signed in."""
    async with open_browser(console) as client:
        browser = Browser(client)
        assert (await sign_in(browser)).status_code == 303
        yield browser
