"""Finds customers by number, name, place, balance and what is known of their meters (SPEC B-1, B-5, N-5).

A row is a meter with its account. A million of them stay usable: every condition stands on the meter alone, so that
counting them joins nothing that is not asked. By number, a page is read along an index from where the last one ended.
By balance it is one look over all meters, as the sums above each page are: no index holds what each reading changes.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, literal, tuple_
from sqlalchemy import select as sql_select
from sqlmodel import col, func
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.relay import Supply
from app.models import Account, Concentrator, Contact, Customer, GridNode, Meter
from app.services.customer_filter import UNKNOWN_LAST, CustomerFilter, TooManyTerms, conditions, standing

__all__ = ["CustomerFilter", "TooManyTerms"]

PAGE = 100


class Sort(StrEnum):
    """`balance`: the lowest first, unknown ones last. `number`: of the account, then of the meter."""

    BALANCE = "balance"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the page before: its place in the order that the pages are read in."""

    balance_minor: int | None
    account_number: str
    meter_number: str
    meter_id: UUID


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A meter and whose it is. Names and addresses are whole: whoever shows them masks them by role."""

    meter_id: UUID
    meter_number: str
    account_number: str
    name: str
    address: str
    area: str
    balance_minor: int | None
    read_at: datetime | None
    arrears_minor: int
    supply: Supply
    depth: int
    contacts: int

    @property
    def place(self) -> After:
        """Where the next page goes on."""
        return After(self.balance_minor, self.account_number, self.meter_number, self.meter_id)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of everything that a filter finds. `known`: how many of them have a balance; `total_minor`: of those."""

    count: int
    known: int
    total_minor: int


async def find(
    db: AsyncSession, wanted: CustomerFilter, sort: Sort, after: After | None, now: datetime
) -> list[CustomerRow]:
    """The next page of rows in order. Raises TooManyTerms."""
    return await find_more(db, Question(wanted, sort, now), after, PAGE)


@dataclass(frozen=True, slots=True)
class Question:
    """A filter, the order of its rows, and the moment that "not read for days" is counted from."""

    wanted: CustomerFilter
    sort: Sort
    now: datetime


async def find_more(db: AsyncSession, asked: Question, after: After | None, most: int) -> list[CustomerRow]:
    """The next `most` rows. Raises TooManyTerms."""
    page = _by_balance if asked.sort is Sort.BALANCE else _by_number
    return [CustomerRow(*row) for row in await db.execute(page(conditions(asked.wanted, asked.now), after, most))]


_Rows = Select[UUID, str, str, str, str, str, int | None, datetime | None, int, str, int, int]


def _by_balance(where: list[ColumnElement[bool]], after: After | None, most: int) -> _Rows:
    """Choose the meters first: what belongs to each is looked up for those of the page alone."""
    chosen = sql_select(col(Meter.id)).where(*where).order_by(standing, col(Meter.id)).limit(most)
    if after is not None:
        stood = UNKNOWN_LAST if after.balance_minor is None else after.balance_minor
        behind = tuple_(literal(stood, BigInteger), literal(after.meter_id))
        chosen = chosen.where(tuple_(standing, col(Meter.id)) > behind)
    return _ROWS.where(col(Meter.id).in_(chosen)).order_by(standing, col(Meter.id))


def _by_number(where: list[ColumnElement[bool]], after: After | None, most: int) -> _Rows:
    rows = _ROWS.where(*where).order_by(col(Account.number), col(Meter.number)).limit(most)
    if after is None:
        return rows
    place = tuple_(literal(after.account_number), literal(after.meter_number))
    return rows.where(  # the first is what an index can use
        col(Account.number) >= after.account_number, tuple_(col(Account.number), col(Meter.number)) > place
    )


_HOW_MANY = (
    sql_select(func.count()).where(col(Contact.account_id) == col(Account.id)).correlate(Account).scalar_subquery()
)
_ROWS = (
    sql_select(
        col(Meter.id),
        col(Meter.number),
        col(Account.number),
        col(Customer.name),
        col(Customer.address),
        col(GridNode.name),
        col(Meter.balance_minor),
        col(Meter.balance_read_at),
        col(Account.arrears_minor),
        col(Meter.supply),
        col(Meter.alarm_depth),
        _HOW_MANY,
    )
    .join(Account, col(Account.id) == col(Meter.account_id))
    .join(Customer, col(Customer.id) == col(Account.customer_id))
    .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    .join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
)


async def sums(db: AsyncSession, wanted: CustomerFilter, now: datetime) -> Sums:
    """How many a filter finds, and what their balances come to. Raises TooManyTerms."""
    balance = col(Meter.balance_minor)
    asked = sql_select(func.count(col(Meter.id)), func.count(balance), func.sum(balance))
    count, known, total = (await db.execute(asked.where(*conditions(wanted, now)))).one()
    return Sums(count, known, int(total or 0))


def chosen(wanted: CustomerFilter, now: datetime) -> Select[UUID, str]:
    """Ids and numbers of the meters that a filter finds, for a bulk send. Raises TooManyTerms."""
    asked: Select[UUID, str] = sql_select(col(Meter.id).label("meter_id"), col(Meter.number).label("number"))
    return asked.where(*conditions(wanted, now))
