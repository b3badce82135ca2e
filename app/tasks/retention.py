"""The round that forgets."""

import logging

from app.context import Deps
from app.services import retention, traces

log = logging.getLogger(__name__)

_MOST_SLICES = 200  # a hundred thousand rows of each kind an hour, of traces a million


async def forget(deps: Deps) -> None:
    """Forget what has been kept long enough, slice by slice, each in a transaction of its own."""
    for step in (*retention.EVERYTHING, *traces.TRACES):
        count = 0
        for _ in range(_MOST_SLICES):
            async with deps.begin() as db:
                found = await step(db, deps.now())
            count += found
            if found < retention.SLICE:
                break
        if count:
            log.info("%s: %d rows", step.__name__, count)
