"""The office's round over homes without light for want of money."""

from app.context import Deps
from app.services import disconnections


async def look_after_the_dark(deps: Deps) -> None:
    """Open, flag and end incidents."""
    async with deps.begin() as db:
        walked = await disconnections.walk(db, deps.now())
    if walked.flagged:
        await deps.bell.ring_quietly()
