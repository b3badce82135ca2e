"""Whom a bulk send is for. Each statement adds or changes all its rows at once, however many they are."""

from uuid import UUID

from sqlalchemy import Select, func, insert, literal, update
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.campaign import ItemState
from app.domain.notice import MessageState
from app.models import Campaign, CampaignItem, Concentrator, GridNode, Message, Meter

_ITEM = table_of(CampaignItem)


def meters_below(path: str | None) -> Select[tuple[UUID, str]]:
    """Ids and numbers of the meters below a grid node's `path`; None: of all."""
    wanted: Select[tuple[UUID, str]] = sql_select(col(Meter.id).label("meter_id"), col(Meter.number).label("number"))
    if path is None:
        return wanted
    below = (col(GridNode.path) == path) | col(GridNode.path).like(f"{path}/%")
    wanted = wanted.join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    return wanted.join(GridNode, col(GridNode.id) == col(Concentrator.node_id)).where(below)


async def add_meters(db: AsyncSession, campaign: Campaign, meters: Select[tuple[UUID, str]]) -> int:
    """Add the meters of a query, in the order of their numbers, each once; return how many were new.

    One INSERT ... SELECT. The campaign's row is locked by the caller, who also may trust `item_count` afterwards.
    """
    chosen = meters.subquery()
    there = sql_select(_ITEM.c.meter_id).where(_ITEM.c.campaign_id == campaign.id, _ITEM.c.address.is_(None))
    last = await last_place(db, campaign.id)
    place = func.row_number().over(order_by=chosen.c.number) + last
    rows = sql_select(
        func.gen_random_uuid(),
        literal(campaign.id),
        place,
        chosen.c.meter_id,
        literal(ItemState.WAITING.value),
        literal(""),
    ).where(chosen.c.meter_id.not_in(there))
    columns = ["id", "campaign_id", "place", "meter_id", "state", "reason"]
    await db.execute(insert(_ITEM).from_select(columns, rows))
    added = await last_place(db, campaign.id) - last
    campaign.item_count += added
    return added


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
