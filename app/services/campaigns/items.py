"""Whom a bulk send is for. Each statement adds or changes all its rows at once, however many they are."""

from uuid import UUID

from sqlalchemy import Select, func, literal, update
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.campaign import ItemState
from app.domain.notice import MessageState
from app.models import Campaign, CampaignItem, Concentrator, GridNode, Message, Meter

_ITEM = table_of(CampaignItem)
AT_ONCE = 20_000


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

    So many rows a statement that none takes longer than a statement may. The caller has locked the campaign.
    """
    place, after, new, seen = await last_place(db, campaign.id), "", 0, AT_ONCE
    while seen == AT_ONCE:
        seen, last, added = (await db.execute(_add_next(campaign.id, meters, place, after))).one()
        place, after, new = place + seen, last or after, new + added
    campaign.item_count += new
    return new


def _add_next(campaign_id: UUID, meters: Select[UUID, str], place: int, after: str) -> Select[int, str | None, int]:
    """Adds the meters whose numbers follow `after`: how many there were, the last number, how many were new.

    Who is there already is left to the index: PostgreSQL believes a table that it has not counted yet to be empty, and
    would look through all of it for every meter.
    """
    part = meters.subquery()
    numbered = (func.row_number().over(order_by=part.c.number) + place).label("place")
    following = sql_select(part.c.meter_id, part.c.number, numbered).where(part.c.number > after)
    taken = following.order_by(part.c.number).limit(AT_ONCE).cte("taken")
    fixed = literal(campaign_id), literal(ItemState.WAITING.value), literal("")
    rows = sql_select(func.gen_random_uuid(), *fixed, taken.c.place, taken.c.meter_id)
    added = insert(_ITEM).from_select(["id", "campaign_id", "state", "reason", "place", "meter_id"], rows)
    new = added.on_conflict_do_nothing().returning(_ITEM.c.place).cte("new")
    count = sql_select(func.count()).select_from(new).scalar_subquery()
    return sql_select(func.count(), func.max(taken.c.number), count)


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
