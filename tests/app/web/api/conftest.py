"""The terminals' way in, over the real database, and a terminal that has been let in."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.services.kiosks import enrolment
from app.services.kiosks.enrolment import NewKiosk
from app.settings import Settings
from app.web.routes import all_routes, exception_handlers, web_middleware
from tests import build
from tests.app.web.world import ADDRESS
from tests.clocks import Clock
from tests.terminal import Terminal

RELAY_PASSWORD = "02123456"


@pytest.fixture
def web(deps: Deps, settings: Settings) -> Starlette:
    """The web as it is served."""
    known = settings.model_copy(update={"kiosk_relay_password": SecretStr(RELAY_PASSWORD)})
    app = Starlette(
        routes=all_routes(settings), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    app.state.deps = replace(deps, settings=known)
    return app


@pytest.fixture
async def stranger(web: Starlette, clock: Clock) -> AsyncIterator[Terminal]:
    """A terminal that nobody knows yet."""
    async with AsyncClient(transport=ASGITransport(web, raise_app_exceptions=False), base_url=ADDRESS) as client:
        yield Terminal(client, clock)


@pytest.fixture
async def code(begin: Begin, utility: build.Utility, clock: Clock) -> str:
    """The code that staff made for a terminal beside the utility's concentrator."""
    async with begin() as db:
        _, made = await enrolment.expect(db, NewKiosk("Box 1", utility.concentrator.id, None), clock())
    return made


@pytest.fixture
async def terminal(stranger: Terminal, code: str) -> Terminal:
    """A terminal that has been let in."""
    assert (await stranger.enrol(code)).status_code == 200
    return stranger
