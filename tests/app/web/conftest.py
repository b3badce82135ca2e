"""A browser without JavaScript, and the portal over the real database."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.settings import Settings
from app.web.routes import exception_handlers, portal_routes, web_middleware
from tests.app.web.world import ADDRESS, Counter, Work, make_deps, make_settings, worker
from tests.clocks import Clock
from tests.fakes import Bench

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def settings() -> Settings:
    """One utility, reached under relight.test."""
    return make_settings()


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
    return replace(make_deps(begin, clock, bench, provider), settings=settings)


@pytest.fixture
def portal(deps: Deps, settings: Settings) -> Starlette:
    """The portal as it is served."""
    app = Starlette(
        routes=portal_routes(), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    app.state.deps = deps
    return app


@pytest.fixture
def work(deps: Deps) -> Work:
    """Do what is due, until nothing is."""
    return worker(deps)


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
