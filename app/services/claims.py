"""A login under an address whose link another front-end process holds: that one is asked to prove its link.

newcomer --ask--> link_claim <--asked_of-- holder: does the older link answer? --answer--> newcomer is let in or not

A concentrator whose address of the network has changed logs in elsewhere while its older link still seems to stand; so
does somebody who forges its address. Only the older link can tell them apart. An answer is good for half a minute, so
that whoever tries again and again does not have the older link asked each time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Concentrator, LinkClaim
from app.ports import ConcentratorAddress
from app.services import frontends

FRESH = timedelta(seconds=30)
AT_ONCE = 50  # links that one front-end asks in a round

_ASK = text(
    """
    insert into link_claim (concentrator_id, holder, asked_at)
    select id, front_end, :now from concentrator
    where region = :region and terminal = :terminal and front_end is not null
    on conflict (concentrator_id) do update
        set holder = excluded.holder, asked_at = excluded.asked_at, alive = null, answered_at = null
        where link_claim.holder <> excluded.holder
           or coalesce(link_claim.answered_at, link_claim.asked_at) < :stale
    """
)
_READ = text(
    """
    select c.front_end, claim.holder, claim.alive from concentrator c
    left join link_claim claim on claim.concentrator_id = c.id
    where c.region = :region and c.terminal = :terminal
    """
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A link that a front-end is asked to prove."""

    concentrator_id: UUID
    address: ConcentratorAddress


async def ask(db: AsyncSession, address: ConcentratorAddress, now: datetime) -> None:
    """Ask whoever holds the link of this address; one question at a time is enough."""
    await db.execute(_ASK, {"region": address.region, "terminal": address.terminal, "now": now, "stale": now - FRESH})


async def is_proved(db: AsyncSession, address: ConcentratorAddress) -> bool | None:
    """Does the older link answer? None: the holder has not said so yet. False too where nobody holds it any more."""
    row = (await db.execute(_READ, {"region": address.region, "terminal": address.terminal})).first()
    if row is None or row.front_end is None or row.holder != row.front_end:
        return False
    return None if row.alive is None else bool(row.alive)


async def asked_of(db: AsyncSession, holder: str) -> list[Claim]:
    """The links that a front-end is to prove, the oldest question first."""
    told = select(Concentrator.id, Concentrator.region, Concentrator.terminal)
    rows = told.join(LinkClaim, col(LinkClaim.concentrator_id) == col(Concentrator.id))
    open_ones = rows.where(LinkClaim.holder == holder, col(LinkClaim.alive).is_(None))
    found = await db.exec(open_ones.order_by(col(LinkClaim.asked_at)).limit(AT_ONCE))
    return [Claim(each, ConcentratorAddress(region, terminal)) for each, region, terminal in found]


async def answer(db: AsyncSession, claim: Claim, holder: str, now: datetime, *, alive: bool) -> None:
    """Say how it is. A link that does not answer frees its concentrator in the same transaction."""
    ours = sql_update(LinkClaim).where(
        col(LinkClaim.concentrator_id) == claim.concentrator_id, col(LinkClaim.holder) == holder
    )
    await db.execute(ours.values(alive=alive, answered_at=now), execution_options={"synchronize_session": False})
    if not alive:
        await frontends.let_go(db, [claim.address], holder)
