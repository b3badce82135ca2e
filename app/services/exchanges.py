"""Keeps the frames that crossed the wire, as evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.ports import FrameRecord

# A purchase has two dozen frames, and a town's round a hundred thousand: columns, and no object for each.
_STORE = text(
    """
    insert into exchange
        (id, meter_id, purchase_id, concentrator_id, item_id, verb, direction, outer_hex, inner_hex, at)
    select gen_random_uuid(), :meter_id, :purchase_id, :concentrator_id, :item_id, :verb,
        direction, outer_hex, inner_hex, at
    from unnest(cast(:directions as text[]), cast(:outers as text[]), cast(:inners as text[]),
                cast(:ats as timestamptz[])) as frame (direction, outer_hex, inner_hex, at)
    """
)


@dataclass(frozen=True, slots=True)
class About:
    """What frames were exchanged for: the verb, and whom it was about."""

    verb: str
    meter_id: UUID | None
    purchase_id: UUID | None = None
    concentrator_id: UUID | None = None
    item_id: UUID | None = None


async def store(db: AsyncSession, frames: Iterable[FrameRecord], about: About) -> None:
    """Keep the frames of one verb, in their order. They come masked: no secret reaches this table."""
    told = [(each.direction, each.outer_hex, each.inner_hex, each.at) for each in frames]
    if told:
        names = ("directions", "outers", "inners", "ats")
        columns = {name: list(column) for name, column in zip(names, zip(*told, strict=True), strict=True)}
        whom = {
            "verb": about.verb,
            "meter_id": about.meter_id,
            "purchase_id": about.purchase_id,
            "concentrator_id": about.concentrator_id,
            "item_id": about.item_id,
        }
        await db.execute(_STORE, columns | whom)
