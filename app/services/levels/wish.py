"""What a change for many accounts asks: whom, and what is set; kept as JSON and read back typed."""

from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from pydantic import TypeAdapter

from app.domain.level_change import ChangeKind, SetLevel
from app.services.customer_filter import CustomerFilter


@dataclass(frozen=True, slots=True)
class Whom:
    """Accounts that a filter finds, those of one policy only where `of_policy` says so, or those of a list."""

    filter: CustomerFilter = field(default_factory=CustomerFilter)
    by_policy: bool = False
    of_policy: UUID | None = None
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeWish:
    """What is asked. `policy_id` None: the usual policy. `days`: the period of kind `use`."""

    kind: ChangeKind
    whom: Whom
    policy_id: UUID | None = None
    levels: tuple[SetLevel, ...] = ()
    days: int = 30


_ADAPTER = TypeAdapter(ChangeWish)


def as_json(wish: ChangeWish) -> dict[str, object]:
    """For the record."""
    return cast(dict[str, object], _ADAPTER.dump_python(wish, mode="json"))


def from_json(kept: dict[str, object]) -> ChangeWish:
    """As it was asked."""
    return _ADAPTER.validate_python(kept)
