"""How fast all notifiers together let out what nobody waits for: one row says from when on more may go (SPEC N-10).

claim --> so many may go now, and nobody else sends before they are due to be gone | --> wait so long, and ask again
The database's clock counts, for notifiers run on machines of their own.
"""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

UNASKED = "unasked"

_FIRST = text("insert into send_pace (what, free_at) values (:what, clock_timestamp()) on conflict do nothing")
_CLAIM = text(
    """
    update send_pace set free_at = clock_timestamp() + cast(:seconds as float) * interval '1 second'
    where what = :what and free_at <= clock_timestamp() returning what
    """
)
_WAIT = text("select greatest(0, extract(epoch from free_at - clock_timestamp())) from send_pace where what = :what")
_GIVE_BACK = text(
    "update send_pace set free_at = free_at - cast(:seconds as float) * interval '1 second' where what = :what"
)
_LEAST_S = 0.005


async def claim(db: AsyncSession, count: int, a_second: int, what: str = UNASKED) -> float:
    """Claim that `count` may go now; return 0, or for how many seconds others have claimed already."""
    await db.execute(_FIRST, {"what": what})
    mine = (await db.execute(_CLAIM, {"what": what, "seconds": count / a_second})).first()
    if mine is not None:
        return 0.0
    return max(_LEAST_S, float((await db.execute(_WAIT, {"what": what})).scalar_one()))


async def give_back(db: AsyncSession, count: int, a_second: int, what: str = UNASKED) -> None:
    """So many of a claim did not go."""
    if count > 0:
        await db.execute(_GIVE_BACK, {"what": what, "seconds": count / a_second})
