"""Devices that need somebody: meters not read for days, credit that is not in its meter yet (SPEC H-10, L-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import select as sql_select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.meter_life import MeterLife
from app.domain.purchase import ON_ITS_WAY
from app.domain.review import ReviewKind
from app.models import Account, Concentrator, GridNode, Meter, Note, Purchase, Review
from app.outbox import Job
from app.services.customer_filter import concentrators_below

PAGE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ones: below a node, behind the number of the last meter of the page before."""

    node_id: UUID | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A meter that was not read for days. `missed_at`: when a round last asked it in vain."""

    number: str
    account_number: str
    concentrator: str
    area: str
    linked: bool
    read_at: datetime | None
    missed_at: datetime | None


async def unread(db: AsyncSession, wanted: Wanted, since: datetime, most: int = PAGE) -> list[Unread]:
    """The next meters, by number, whose balance was last read before `since`, or never."""
    columns = col(Meter.balance_read_at), col(Meter.missed_at)
    old = col(Meter.balance_read_at).is_(None) | (col(Meter.balance_read_at) < since)
    where = [col(Concentrator.enabled), old, col(Meter.life) != MeterLife.REMOVED.value, *_asked(wanted)]
    rows = sql_select(*_WHOSE, *columns).select_from(Meter).join(Account, col(Account.id) == col(Meter.account_id))
    rows = rows.join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    rows = rows.join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
    return [Unread(*row) for row in await db.execute(rows.where(*where).order_by(col(Meter.number)).limit(most))]


_WHOSE = (
    col(Meter.number),
    col(Account.number),
    col(Concentrator.name),
    col(GridNode.name),
    col(Concentrator.front_end).is_not(None),
)


def _asked(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.node_id is not None:
        found.append(col(Meter.concentrator_id).in_(concentrators_below(wanted.node_id)))
    if wanted.after:
        found.append(col(Meter.number) > wanted.after)
    return found


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A purchase that is paid and not in its meter. `note`: the promise that will try it next; `work_order`: the id of
    the open question that a person has."""

    purchase: Purchase
    meter_number: str
    concentrator: str
    linked: bool
    note: Note | None
    work_order: UUID | None


@dataclass(frozen=True, slots=True)
class Undone:
    """Which purchases: only those with a work order; behind how many."""

    work_orders_only: bool = False
    skip: int = 0


async def undelivered(db: AsyncSession, wanted: Undone, most: int = PAGE) -> Sequence[Undelivered]:
    """Purchases on their way, the oldest first."""
    order = (col(Review.kind) == ReviewKind.WORK_ORDER) & col(Review.settled_at).is_(None)
    jobs = col(Note.job).in_((Job.ISSUE_TOKEN, Job.DOWNLOAD_PURCHASE)) & col(Note.done_at).is_(None)
    rows = (
        sql_select(
            Purchase, col(Meter.number), col(Concentrator.name), col(Concentrator.front_end).is_not(None), Note,
            col(Review.id),
        )
        .join(Meter, col(Meter.id) == col(Purchase.meter_id))
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
        .join(Note, (col(Note.subject_id) == col(Purchase.id)) & jobs, isouter=True)
        .join(Review, (col(Review.subject_id) == col(Purchase.id)) & order, isouter=True)
        .where(col(Purchase.state).in_(ON_ITS_WAY))
    )  # fmt: skip
    if wanted.work_orders_only:
        rows = rows.where(col(Review.id).is_not(None))
    rows = rows.order_by(col(Purchase.created_at), col(Purchase.id), col(Note.id)).offset(wanted.skip).limit(most)
    return [Undelivered(*row) for row in await db.execute(rows)]
