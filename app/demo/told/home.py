"""A household of the demo with its past, for whoever writes what it was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.demo.history import Day
from app.models import Account, Contact, Meter, Purchase

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Lived:
    """One day of a meter: its reading, when that was taken, and the purchase of the evening before, if any."""

    day: Day
    reading_id: UUID
    read_at: datetime
    bought: Purchase | None


@dataclass(frozen=True, slots=True)
class Home:
    """`contacts`: in their order. `days`: oldest first."""

    place: int
    meter: Meter
    account: Account
    contacts: Sequence[Contact]
    days: Sequence[Lived]


async def write(db: AsyncSession, table: type[SQLModel], rows: Sequence[SQLModel]) -> None:
    """Many rows in one statement, in their order."""
    if rows:
        await db.execute(insert(table_of(table)), [row.model_dump() for row in rows])
