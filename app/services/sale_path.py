"""Whether residents can buy and be supplied at all, from what the system knows of itself already (SPEC M-5).

Signals: the beats of the front-ends, the links of concentrators that had one, payments whose providers could not be
asked, tokens that could not be issued. Nothing is tried for the sake of the measurement; a path that nobody uses is
not known to be down, and staff can begin an amnesty for it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.amnesty import Trouble
from app.domain.payment import CASH_DESK, PaymentState
from app.models import Concentrator, FrontEnd, Note, Payment, Token
from app.outbox import Job
from app.services.frontends import DEAD_AFTER
from app.settings import settings

Found = set[tuple[UUID | None, Trouble]]
_TRIES = 3  # one try that fails is no news


async def troubles(db: AsyncSession, after: timedelta, now: datetime) -> Found:
    """What has been down for `after`: the grid node (None: everywhere) and what it is."""
    if await _front_ends_silent(db, now - after):
        found: Found = {(None, Trouble.HEAD_END_DOWN)}
    else:
        found = {(node_id, Trouble.LINKS_DOWN) for node_id in await _dark_areas(db, after, now)}
    if await _providers_away(db, now - after):
        found.add((None, Trouble.PAYMENTS_DOWN))
    if await _no_tokens(db, now - after):
        found.add((None, Trouble.TOKENS_DOWN))
    return found


async def _front_ends_silent(db: AsyncSession, since: datetime) -> bool:
    """A utility that never had a front-end has nothing that could be down."""
    newest: datetime | None = (await db.execute(sql_select(func.max(FrontEnd.beat_at)))).scalar()
    return newest is not None and newest < since


async def _dark_areas(db: AsyncSession, after: timedelta, now: datetime) -> list[UUID]:
    """Nodes none of whose concentrators has a link. A link that breaks was last heard one heartbeat before, at most."""
    lost_before = now - after - timedelta(seconds=settings().heartbeat_s)
    linked = col(FrontEnd.beat_at) >= now - DEAD_AFTER
    up = func.coalesce(linked, False) | (col(Concentrator.heard_at) >= lost_before)
    asked = (
        sql_select(col(Concentrator.node_id))
        .join(FrontEnd, col(FrontEnd.name) == col(Concentrator.front_end), isouter=True)
        .where(col(Concentrator.heard_at).is_not(None))
        .group_by(col(Concentrator.node_id))
        .having(func.sum(case((up, 1), else_=0)) == 0)
    )
    return list((await db.execute(asked)).scalars())


async def _providers_away(db: AsyncSession, since: datetime) -> bool:
    """Is every provider that residents can choose away? One that answers is enough to buy."""
    offered = {name.strip() for name in settings().providers.split(",")} - {"", CASH_DESK}
    away = (
        select(Payment.provider)
        .join(Note, col(Note.subject_id) == col(Payment.id))
        .where(Note.job == Job.ASK_PROVIDER, col(Note.done_at).is_(None), col(Note.last_error).like("ProviderDown%"))
        .where(col(Note.attempts) >= _TRIES, col(Note.created_at) <= since)
    )
    lately = select(Payment.provider).where(Payment.state == PaymentState.PAID, col(Payment.paid_at) > since)
    unasked, answering = set(await db.exec(away.distinct())), set(await db.exec(lately.distinct()))
    return bool(offered) and offered <= unasked - answering


async def _no_tokens(db: AsyncSession, since: datetime) -> bool:
    waiting = select(Note.id).where(
        Note.job == Job.ISSUE_TOKEN,
        col(Note.done_at).is_(None),
        col(Note.last_error).is_not(None),
        col(Note.attempts) >= _TRIES,
        col(Note.created_at) <= since,
    )
    if (await db.exec(waiting.limit(1))).first() is None:
        return False
    return (await db.exec(select(Token.id).where(col(Token.issued_at) > since).limit(1))).first() is None
