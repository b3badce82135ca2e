"""A browser without JavaScript, and the portal over the real database."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.settings import Settings
from app.web.errors import EXCEPTION_HANDLERS
from app.web.routes import portal_routes, web_middleware
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell

ADDRESS = "http://relight.test"
SECRET = "x" * 32
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def settings() -> Settings:
    """One utility, reached under relight.test."""
    return Settings(public_url=ADDRESS, session_secret=SecretStr(SECRET))


@pytest.fixture
def portal(begin: Begin, clock: Clock, settings: Settings) -> Starlette:
    """The portal as it is served."""
    app = Starlette(routes=portal_routes(), middleware=web_middleware(settings), exception_handlers=EXCEPTION_HANDLERS)
    app.state.deps = Deps(begin=begin, bell=SilentBell(), now=clock, settings=settings)
    return app


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
