"""Column shapes that more than one table uses."""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, String
from sqlmodel import Field

Word = TypeVar("Word", bound=StrEnum)


def key() -> UUID:
    """A primary key that we make before saving."""
    return Field(default_factory=uuid4, primary_key=True)  # type: ignore[no-any-return]


def moment(*, index: bool = False) -> datetime:
    """An aware UTC instant that must be known."""
    return Field(sa_type=DateTime(timezone=True), index=index)  # type: ignore[no-any-return]


def moment_or_none(*, index: bool = False) -> datetime | None:
    """An aware UTC instant that has perhaps not come yet."""
    return Field(default=None, sa_type=DateTime(timezone=True), index=index)  # type: ignore[no-any-return]


def minor(default: int = 0) -> int:
    """An amount of money in minor units (fen, cents)."""
    return Field(default=default, sa_type=BigInteger)  # type: ignore[no-any-return]


def minor_or_none() -> int | None:
    """An amount of money in minor units that is perhaps not known."""
    return Field(default=None, sa_type=BigInteger)  # type: ignore[no-any-return]


def word(default: Word) -> Word:
    """One of a fixed set of words, kept as text so that adding a word needs no type change."""
    return Field(default=default, sa_type=String)  # type: ignore[no-any-return]


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Let the database refuse words the code does not know."""
    listed = ", ".join(f"'{w.value}'" for w in words)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")
