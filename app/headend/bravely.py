"""Goes on where the database is away: the next round mends what was not recorded."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

log = logging.getLogger(__name__)


@asynccontextmanager
async def bravely(front_end: str, what: str) -> AsyncIterator[None]:
    """Do without what breaks in the block, and say so."""
    try:
        yield
    except Exception as error:  # the drivers of databases do not agree on what they raise
        log.warning("front-end %s: %s did not work (%s)", front_end, what, type(error).__name__)
