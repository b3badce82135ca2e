"""Which front-end holds which gateway: those that we dial are shared out evenly among the front-ends that live.

A gateway belongs to the front-end in `dialled_by`, which keeps a link to it; only while that link is open is it in
`front_end` too, and `outbox.lease` hands out its jobs. What nobody living holds is taken up; what is more than a fair
share is given back, so that a front-end that has just started gets its part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy import select as sql_select
from sqlmodel import col, func, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.dialling import MOST_GIVEN_BACK, Way, fair_share
from app.models import Concentrator, FrontEnd
from app.ports import ConcentratorAddress
from app.services.frontends import DEAD_AFTER

_FREE: dict[str, str | None] = {"dialled_by": None, "front_end": None, "online_since": None}
_UNLINKED: dict[str, str | None] = {"front_end": None, "online_since": None}
_BLIND = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Held:
    """A gateway that a front-end is to hold, and where it waits. `linked`: does the row say that its link is open?"""

    id: UUID
    address: ConcentratorAddress
    host: str
    port: int
    linked: bool


async def share(db: AsyncSession, front_end: str, now: datetime) -> list[Held]:
    """Take up or give back, and return what this front-end is to hold from now on.

    Two front-ends that do so at the same moment never get the same one.
    """
    await _free_orphans(db, now)
    fair = fair_share(*await _counts(db, now))
    held = await _held(db, front_end)
    if len(held) > fair:
        back = held[fair:][-MOST_GIVEN_BACK:]
        await _set(db, [each.id for each in back], _FREE)
        return held[: len(held) - len(back)]
    if len(held) < fair and await _take(db, front_end, fair - len(held)):
        return await _held(db, front_end)
    return held


async def stopped(db: AsyncSession, front_end: str) -> None:
    """A front-end holds no gateway any more."""
    await db.execute(update(Concentrator).where(_mine(front_end)).values(**_FREE), execution_options=_BLIND)


async def linked(db: AsyncSession, address: ConcentratorAddress, front_end: str, now: datetime) -> bool:
    """A gateway's link is open: its jobs are due. False if it is not ours to hold any more."""
    ours = update(Concentrator).where(_at(address), _mine(front_end), col(Concentrator.enabled))
    opened = ours.values(front_end=front_end, online_since=now, heard_at=now).returning(col(Concentrator.id))
    found = (await db.execute(opened, execution_options=_BLIND)).scalar_one_or_none()
    if found is None:
        return False
    await outbox.wake(db, found, now)
    return True


async def unlinked(db: AsyncSession, address: ConcentratorAddress, front_end: str) -> None:
    """A gateway's link is gone. Changes nothing where somebody else holds it by now."""
    ours = update(Concentrator).where(_at(address), _DIALLED, col(Concentrator.front_end) == front_end)
    await db.execute(ours.values(**_UNLINKED), execution_options=_BLIND)


async def dropped(db: AsyncSession, of_links: Mapping[ConcentratorAddress, dict[str, int]], front_end: str) -> None:
    """Note what of these links was dropped."""
    for address, counts in of_links.items():
        ours = update(Concentrator).where(_at(address), _mine(front_end))
        await db.execute(ours.values(dropped=counts), execution_options=_BLIND)


_DIALLED = col(Concentrator.driver) == Way.DLT645_TCP.value


def _mine(front_end: str) -> ColumnElement[bool]:
    return and_(_DIALLED, col(Concentrator.dialled_by) == front_end)


def _at(address: ConcentratorAddress) -> ColumnElement[bool]:
    return and_(col(Concentrator.region) == address.region, col(Concentrator.terminal) == address.terminal)


async def _free_orphans(db: AsyncSession, now: datetime) -> None:
    """Free what a dead front-end holds, and what is not to be dialled any more."""
    dead = sql_select(col(FrontEnd.name)).where(col(FrontEnd.beat_at) < now - DEAD_AFTER)
    over = or_(col(Concentrator.dialled_by).in_(dead), ~col(Concentrator.enabled), ~_DIALLED)
    found = sql_select(col(Concentrator.id)).where(col(Concentrator.dialled_by).is_not(None), over)
    rows = await db.execute(found.order_by(col(Concentrator.id)).with_for_update(key_share=True, skip_locked=True))
    await _set(db, list(rows.scalars()), _FREE)


async def _counts(db: AsyncSession, now: datetime) -> tuple[int, int]:
    """How many gateways there are to hold, and how many front-ends live."""
    living = sql_select(func.count()).select_from(FrontEnd).where(col(FrontEnd.beat_at) >= now - DEAD_AFTER)
    wanted = sql_select(func.count()).select_from(Concentrator).where(_DIALLED, col(Concentrator.enabled))
    row = (await db.execute(sql_select(wanted.scalar_subquery(), living.scalar_subquery()))).one()
    return int(row[0]), int(row[1])


async def _held(db: AsyncSession, front_end: str) -> list[Held]:
    columns = (
        col(Concentrator.id), col(Concentrator.region), col(Concentrator.terminal), col(Concentrator.host),
        col(Concentrator.port), col(Concentrator.front_end) == front_end,
    )  # fmt: skip
    rows = sql_select(*columns).where(_mine(front_end), col(Concentrator.enabled)).order_by(col(Concentrator.id))
    return [
        Held(each, ConcentratorAddress(region, terminal), host or "", port or 0, linked=bool(is_linked))
        for each, region, terminal, host, port, is_linked in await db.execute(rows)
    ]


async def _take(db: AsyncSession, front_end: str, most: int) -> bool:
    free = sql_select(col(Concentrator.id)).where(
        _DIALLED, col(Concentrator.enabled), col(Concentrator.dialled_by).is_(None)
    )
    rows = await db.execute(
        free.order_by(col(Concentrator.id)).limit(most).with_for_update(key_share=True, skip_locked=True)
    )
    found = list(rows.scalars())
    await _set(db, found, {"dialled_by": front_end} | _UNLINKED)
    return bool(found)


async def _set(db: AsyncSession, ids: list[UUID], values: Mapping[str, str | None]) -> None:
    if ids:
        chosen = update(Concentrator).where(col(Concentrator.id).in_(ids))
        await db.execute(chosen.values(**values), execution_options=_BLIND)
