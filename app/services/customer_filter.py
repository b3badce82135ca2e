"""What may be asked of customers, and what it asks of the database: every condition stands on the meter alone."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, literal_column
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Mapped
from sqlmodel import col, func, or_

from app.domain import typed_terms
from app.domain.meter_life import MeterLife
from app.domain.relay import Supply
from app.models import Account, Concentrator, Contact, Customer, GridNode, Meter, Suppression

UNKNOWN_LAST = 2**63 - 1  # what a meter whose balance is not known is sorted as
standing = func.coalesce(col(Meter.balance_minor), literal_column(str(UNKNOWN_LAST)))

_OFF = {"owing": False, "by_part": True}


class TooManyTerms(ValueError):
    """More terms in one field than can be looked for. `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """What is asked for; what is empty is not asked. Text may have `%` and commas (`app.domain.typed_terms`).

    Balances in minor units, both ends included. `silent_days`: not read for so many days. `left_alone`: has an address
    that nothing is sent to. `depth`: the alarm level is at least so deep. `by_part`: names and postal addresses may be
    asked for by a part; not by whoever sees them masked, since letter by letter a mask would be none.
    """

    account: str = ""
    name: str = ""
    meter: str = ""
    address: str = ""
    node_id: UUID | None = None
    balance_from_minor: int | None = None
    balance_to_minor: int | None = None
    owing: bool = False
    depth: int | None = None
    supply: Supply | None = None
    silent_days: int | None = None
    has_contact: bool | None = None
    left_alone: bool | None = None
    by_part: bool = True

    def record(self) -> dict[str, str | int | bool | list[str] | None]:
        """What was asked, for the record."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        meant = {
            name: value
            for name, value in asked.items()
            if value is not None and value != "" and value is not _OFF.get(name)
        }
        return {name: str(value) if isinstance(value, UUID) else value for name, value in meant.items()}


def filter_of(record: Mapping[str, Any]) -> CustomerFilter:
    """Read what `CustomerFilter.record` wrote."""
    node_id, supply = record.get("node_id"), record.get("supply")
    typed = {"node_id": UUID(node_id) if node_id else None, "supply": Supply(supply) if supply else None}
    return CustomerFilter(**{**record, **typed})


def conditions(wanted: CustomerFilter, now: datetime) -> list[ColumnElement[bool]]:
    """What a filter asks of a meter. Raises TooManyTerms."""
    hangs = col(Meter.life) != MeterLife.REMOVED.value
    return [hangs, *_typed(wanted), *_on_meter(wanted, now), *_on_contacts(wanted)]


def _typed(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    account, meter = _terms("account", wanted.account), _terms("meter", wanted.meter)
    name, address = _personal("name", wanted.name, wanted), _personal("address", wanted.address, wanted)
    found = []
    if meter:
        found.append(_matches(col(Meter.number), meter))
    if account:
        found.append(
            col(Meter.account_id).in_(sql_select(col(Account.id)).where(_matches(col(Account.number), account)))
        )
    if name or address:
        people = sql_select(col(Account.id)).join(Customer, col(Customer.id) == col(Account.customer_id))
        if name:
            people = people.where(_matches(col(Customer.name), name))
        if address:
            people = people.where(_matches(col(Customer.address), address))
        found.append(col(Meter.account_id).in_(people))
    return found


def _personal(field: str, typed: str, wanted: CustomerFilter) -> typed_terms.Terms:
    return _terms(field, typed, inside=wanted.by_part, whole=not wanted.by_part)


def _terms(field: str, typed: str, *, inside: bool = False, whole: bool = False) -> typed_terms.Terms:
    try:
        return typed_terms.read(typed, inside=inside, whole=whole)
    except ValueError:
        raise TooManyTerms(field) from None


def _matches(column: Mapped[str], terms: typed_terms.Terms) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [column.like(pattern, escape="\\") for pattern in terms.patterns]
    if terms.exact:
        parts.append(column.in_(terms.exact))
    return or_(*parts)


def _on_meter(wanted: CustomerFilter, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.node_id is not None:
        found.append(col(Meter.concentrator_id).in_(concentrators_below(wanted.node_id)))
    if wanted.balance_from_minor is not None:
        found.append(standing >= wanted.balance_from_minor)
    if wanted.balance_to_minor is not None:
        found.append(standing <= wanted.balance_to_minor)
    if wanted.balance_from_minor is not None or wanted.balance_to_minor is not None:
        found.append(col(Meter.balance_minor).is_not(None))
    if wanted.depth is not None:
        found.append(col(Meter.alarm_depth) >= wanted.depth)
    if wanted.supply is not None:
        found.append(col(Meter.supply) == wanted.supply)
    if wanted.silent_days is not None:
        since = now - timedelta(days=wanted.silent_days)
        found.append(col(Meter.balance_read_at).is_(None) | (col(Meter.balance_read_at) < since))
    if wanted.owing:
        found.append(col(Meter.account_id).in_(sql_select(col(Account.id)).where(col(Account.arrears_minor) > 0)))
    return found


def concentrators_below(node_id: UUID) -> Select[UUID]:
    """The ids of everything that hangs below a node of the grid."""
    path = sql_select(col(GridNode.path)).where(col(GridNode.id) == node_id).scalar_subquery()
    below = sql_select(col(Concentrator.id)).join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
    return below.where((col(GridNode.path) == path) | func.starts_with(col(GridNode.path), path.concat("/")))


def _on_contacts(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    its = exists().where(col(Contact.account_id) == col(Meter.account_id))
    found: list[ColumnElement[bool]] = []
    if wanted.has_contact is not None:
        found.append(its if wanted.has_contact else ~its)
    if wanted.left_alone is not None:
        listed = sql_select(col(Suppression.address)).where(col(Suppression.lifted_at).is_(None))
        named = col(Contact.address).in_(listed) | func.lower(col(Contact.address)).in_(listed)
        alone = its.where(col(Contact.stopped_at).is_not(None) | named)
        found.append(alone if wanted.left_alone else ~alone)
    return found
