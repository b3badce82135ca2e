"""Whom a bulk send is for. Each statement adds or changes all its rows at once, however many they are."""

from uuid import UUID

from sqlalchemy import Insert, Select, exists, func, insert, literal, update
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.campaign import ItemState
from app.domain.notice import MessageState
from app.models import Campaign, CampaignItem, Concentrator, GridNode, Message, Meter

_ITEM = table_of(CampaignItem)
_AT_ONCE = 200_000


def meters_below(path: str | None) -> Select[UUID, str]:
    """Ids and numbers of the meters below a grid node's `path`; None: of all."""
    wanted: Select[UUID, str] = sql_select(col(Meter.id).label("meter_id"), col(Meter.number).label("number"))
    if path is None:
        return wanted
    below = (col(GridNode.path) == path) | col(GridNode.path).like(f"{path}/%")
    wanted = wanted.join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    return wanted.join(GridNode, col(GridNode.id) == col(Concentrator.node_id)).where(below)


async def add_meters(db: AsyncSession, campaign: Campaign, meters: Select[UUID, str]) -> int:
    """Add the meters of a query, in the order of their numbers, each once; return how many were new.

    INSERT ... SELECT, so many rows a statement that none takes longer than a statement may. The caller has locked the
    campaign.
    """
    began = await last_place(db, campaign.id)
    last, before = began, -1
    while last != before and (last - began) % _AT_ONCE == 0:
        before = last
        await db.execute(_next_rows(campaign.id, meters, last))
        last = await last_place(db, campaign.id)
    campaign.item_count += last - began
    return last - began


def _next_rows(campaign_id: UUID, meters: Select[UUID, str], last: int) -> Insert:
    chosen, there = meters.subquery(), _ITEM.alias()
    mine = exists().where(there.c.campaign_id == campaign_id, there.c.meter_id == chosen.c.meter_id)
    place = func.row_number().over(order_by=chosen.c.number) + last
    fixed = literal(campaign_id), literal(ItemState.WAITING.value), literal("")
    rows = sql_select(func.gen_random_uuid(), *fixed, place, chosen.c.meter_id)
    rows = rows.where(~mine.where(there.c.address.is_(None))).order_by(chosen.c.number).limit(_AT_ONCE)
    return insert(_ITEM).from_select(["id", "campaign_id", "state", "reason", "place", "meter_id"], rows)


async def last_place(db: AsyncSession, campaign_id: UUID) -> int:
    """The place of the last item; 0 where there is none."""
    last = select(func.max(CampaignItem.place)).where(CampaignItem.campaign_id == campaign_id)
    return (await db.exec(last)).one() or 0


async def end_waiting(db: AsyncSession, campaign_id: UUID, state: ItemState, reason: str) -> None:
    """None of the items that still wait will be planned."""
    waiting = update(_ITEM).where(_ITEM.c.campaign_id == campaign_id, _ITEM.c.state == ItemState.WAITING.value)
    await db.execute(waiting.values(state=state.value, reason=reason))


async def drop_unsent(db: AsyncSession, campaign_id: UUID, state: MessageState, reason: str) -> None:
    """Messages that nobody has begun to send will not go out; whoever has begun, goes on."""
    rows = table_of(Message)
    unsent = update(rows).where(rows.c.campaign_id == campaign_id, rows.c.state == MessageState.QUEUED.value)
    await db.execute(unsent.values(state=state.value, trouble=reason))
