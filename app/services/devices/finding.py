"""Finds meters from one typed line, narrowed by a place of the grid or a concentrator (SPEC B-1)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, or_, true
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Mapped
from sqlmodel import col, func
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import typed_terms
from app.domain.relay import Supply
from app.models import Account, Concentrator, Customer, GridNode, Meter, MeterAsset, MeteringPoint
from app.services.customer_filter import concentrators_below

PAGE = 100
_DIGITS_OF_TERMINAL = 5


class By(StrEnum):
    """What of a meter the words are looked for in."""

    ANY = "any"
    METER = "meter"
    ASSET = "asset"
    POINT = "point"
    ADDRESS = "address"
    ACCOUNT = "account"
    NAME = "name"
    PLACE = "place"
    CONCENTRATOR = "concentrator"


@dataclass(frozen=True, slots=True)
class Search:
    """Words with `%` and commas (`app.domain.typed_terms`), and what they are looked for in.

    `by_part`: names and postal addresses may be asked for by a part; not by whoever sees them masked. `after`: the
    number of the last meter of the page before.
    """

    typed: str = ""
    by: By = By.ANY
    node_id: UUID | None = None
    concentrator_id: UUID | None = None
    by_part: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class FoundMeter:
    """A meter as a list shows it. Names and addresses are whole: whoever shows them masks them by role."""

    id: UUID
    number: str
    address: str
    account_number: str
    name: str
    place: str
    concentrator_id: UUID
    concentrator: str
    area: str
    balance_minor: int | None
    read_at: datetime | None
    supply: Supply
    linked: bool


async def find(db: AsyncSession, wanted: Search, most: int = PAGE) -> list[FoundMeter]:
    """The next meters by number. Raises ValueError("too_many_terms")."""
    rows = _ROWS.where(*_conditions(wanted)).order_by(col(Meter.number)).limit(most)
    if wanted.after:
        rows = rows.where(col(Meter.number) > wanted.after)
    return [FoundMeter(*row) for row in await db.execute(rows)]


async def count(db: AsyncSession, wanted: Search) -> int:
    """How many there are. Raises ValueError("too_many_terms")."""
    counted = sql_select(func.count(col(Meter.id))).where(*_conditions(wanted))
    return int((await db.execute(counted)).scalar_one())


_ROWS = (
    sql_select(
        col(Meter.id),
        col(Meter.number),
        col(Meter.address),
        col(Account.number),
        col(Customer.name),
        col(Customer.address),
        col(Concentrator.id),
        col(Concentrator.name),
        col(GridNode.name),
        col(Meter.balance_minor),
        col(Meter.balance_read_at),
        col(Meter.supply),
        col(Concentrator.front_end).is_not(None),
    )
    .join(Account, col(Account.id) == col(Meter.account_id))
    .join(Customer, col(Customer.id) == col(Account.customer_id))
    .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    .join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
)


def _conditions(wanted: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.concentrator_id is not None:
        found.append(col(Meter.concentrator_id) == wanted.concentrator_id)
    if wanted.node_id is not None:
        found.append(col(Meter.concentrator_id).in_(concentrators_below(wanted.node_id)))
    if wanted.typed.strip():
        kinds = [by for by in By if by is not By.ANY] if wanted.by is By.ANY else [wanted.by]
        found.append(or_(*(_within(by, wanted) for by in kinds)))
    return found


def _within(by: By, wanted: Search) -> ColumnElement[bool]:
    numbers = typed_terms.read(wanted.typed)
    words = typed_terms.read(wanted.typed, inside=wanted.by_part, whole=not wanted.by_part)
    match by:
        case By.METER:
            return _matches(col(Meter.number), numbers)
        case By.ADDRESS:
            return _matches(col(Meter.address), numbers)
        case By.ASSET:
            return col(Meter.id).in_(
                sql_select(col(MeterAsset.meter_id)).where(_matches(col(MeterAsset.number), numbers))
            )
        case By.POINT:
            return _at_points(numbers, typed_terms.read(wanted.typed, inside=True))
        case By.ACCOUNT:
            return _of_accounts(_matches(col(Account.number), numbers))
        case By.NAME:
            return _of_people(_matches(col(Customer.name), words))
        case By.PLACE:
            return _of_people(_matches(col(Customer.address), words))
        case _:
            return _of_concentrators(wanted.typed, numbers)


def _of_accounts(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return col(Meter.account_id).in_(sql_select(col(Account.id)).where(which))


def _at_points(codes: typed_terms.Terms, names: typed_terms.Terms) -> ColumnElement[bool]:
    """By the code of a metering point, or by a part of its name."""
    code = _matches(func.coalesce(col(MeteringPoint.code), ""), codes)
    name = _matches(func.coalesce(col(MeteringPoint.name), ""), names)
    return col(Meter.id).in_(sql_select(col(MeteringPoint.meter_id)).where(code | name))


def _of_people(which: ColumnElement[bool]) -> ColumnElement[bool]:
    people = sql_select(col(Account.id)).join(Customer, col(Customer.id) == col(Account.customer_id))
    return col(Meter.account_id).in_(people.where(which))


def _of_concentrators(typed: str, numbers: typed_terms.Terms) -> ColumnElement[bool]:
    """By a part of its name, or by its address as "3201-00001"."""
    names = _matches(col(Concentrator.name), typed_terms.read(typed, inside=True))
    number = func.lpad(cast(col(Concentrator.terminal), String), _DIGITS_OF_TERMINAL, "0")
    address = col(Concentrator.region).concat("-").concat(number)
    return col(Meter.concentrator_id).in_(sql_select(col(Concentrator.id)).where(names | _matches(address, numbers)))


def _matches(column: Mapped[str] | ColumnElement[str], terms: typed_terms.Terms) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [column.like(pattern, escape="\\") for pattern in terms.patterns]
    return or_(column.in_(terms.exact), *parts)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A concentrator as the tree shows it."""

    id: UUID
    name: str
    region: str
    terminal: int
    linked: bool
    meters: int


async def concentrators_at(db: AsyncSession, node_id: UUID | None, most: int = PAGE) -> list[Leaf]:
    """The concentrators that hang right at a node; None: whose name comes first anywhere."""
    counted = (
        sql_select(func.count())
        .where(col(Meter.concentrator_id) == col(Concentrator.id))
        .correlate(Concentrator)
        .scalar_subquery()
    )
    at = col(Concentrator.node_id) == node_id if node_id else true()
    columns = (col(Concentrator.id), col(Concentrator.name), col(Concentrator.region), col(Concentrator.terminal))
    rows = sql_select(*columns, col(Concentrator.front_end).is_not(None), counted).where(at)
    found = await db.execute(rows.order_by(col(Concentrator.name), col(Concentrator.id)).limit(most))
    return [Leaf(*row) for row in found]
