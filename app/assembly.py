"""Builds what a process works with, from settings; takes it apart again at the end."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from redis.exceptions import RedisError

from app.bell import Bell
from app.context import Deps, open_queue, utc_now
from app.db import begin_factory, make_engine
from app.settings import Settings
from app.setup import SetupError, check

__all__ = ["SetupError", "check", "open_deps", "with_parts"]


@asynccontextmanager
async def open_deps(settings: Settings, name: str) -> AsyncIterator[Deps]:
    """Open the database and the queue for a process called `name`; parts that it needs besides are put in by it."""
    check(settings)
    engine = make_engine(settings.database_url)
    queue = open_queue(settings.redis_url)
    begin = begin_factory(engine)
    try:
        yield Deps(begin, Bell(begin, queue, utc_now), utc_now, settings, name=name)
    finally:
        try:
            await queue.aclose()
        except (RedisError, OSError):
            logging.getLogger(__name__).warning("the queue had gone before we closed it")
        await engine.dispose()


def with_parts(deps: Deps, **parts: object) -> Deps:
    """Deps with further parts (gateway, security, providers)."""
    return replace(deps, **parts)  # type: ignore[arg-type]  # names are checked by the dataclass
