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
        (id, verb, meter_id, purchase_id, concentrator_id, item_id, direction, outer_hex, inner_hex, at)
    select gen_random_uuid(), frame.* from unnest(cast(:verbs as text[]), cast(:meters as uuid[]),
        cast(:purchases as uuid[]), cast(:concentrators as uuid[]), cast(:items as uuid[]),
        cast(:directions as text[]), cast(:outers as text[]), cast(:inners as text[]),
        cast(:ats as timestamptz[])) as frame
    """
)
_COLUMNS = ("verbs", "meters", "purchases", "concentrators", "items", "directions", "outers", "inners", "ats")


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
    await store_all(db, [(frames, about)])


async def store_all(db: AsyncSession, told: Iterable[tuple[Iterable[FrameRecord], About]]) -> None:
    """Keep the frames of many verbs in one statement."""
    rows = [
        (*_whom(about), each.direction, each.outer_hex, each.inner_hex, each.at)
        for frames, about in told
        for each in frames
    ]
    if rows:
        columns = zip(*rows, strict=True)
        await db.execute(_STORE, {name: list(column) for name, column in zip(_COLUMNS, columns, strict=True)})


def _whom(about: About) -> tuple[str, UUID | None, UUID | None, UUID | None, UUID | None]:
    return about.verb, about.meter_id, about.purchase_id, about.concentrator_id, about.item_id
