"""The web, put together: portal, console, hooks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from app.assembly import check, open_deps, with_parts
from app.context import Deps, utc_now
from app.db_ear import listen_for_ever
from app.headend import AmiEnds, explain
from app.payments import open_providers
from app.settings import Settings
from app.web import routes
from app.web.live import Hub
from notifier.channels import open_status_readers


def make_app(settings: Settings, deps: Deps | None = None) -> Starlette:
    """Build the web application; `deps` given: use them (tests), else open them for the application's life."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if deps is not None:
            app.state.deps = deps
            yield
            return
        async with open_deps(settings, "web") as opened:
            parts = {"providers": open_providers(settings), "carriers": open_status_readers(settings)}
            app.state.deps = with_parts(opened, **parts, explain=explain, ends=AmiEnds())
            async with listening(app, settings):
                yield

    return Starlette(
        routes=routes.all_routes(settings),
        middleware=routes.web_middleware(settings),
        exception_handlers=routes.exception_handlers(),
        lifespan=lifespan,
    )


@asynccontextmanager
async def listening(app: Starlette, settings: Settings) -> AsyncIterator[None]:
    """Let the application's open pages be told, over one connection to the database, for the length of the block."""
    app.state.hub = Hub(utc_now)
    ear = asyncio.create_task(listen_for_ever(settings.database_url, app.state.hub))
    try:
        yield
    finally:
        ear.cancel()
        await asyncio.wait([ear])


def serve(settings: Settings) -> None:
    """Serve until stopped."""
    check(settings)
    uvicorn.run(
        make_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )


def serve_sandbox(settings: Settings, port: int) -> None:
    """Serve the sandbox's bank until stopped."""
    from app.payments.sandbox.bank import make_bank  # noqa: PLC0415  (a rehearsal's part, not the product's)

    uvicorn.run(make_bank(settings), host="127.0.0.1", port=port, log_config=None, access_log=False)
