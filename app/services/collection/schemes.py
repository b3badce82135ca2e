"""Keeps collection schemes, and says which one holds for a concentrator (SPEC H-5)."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.collection import USUAL, Terms
from app.models import Audit, CollectionScheme, Concentrator

_COLUMNS = tuple(each.name for each in fields(Terms))


class SchemeRefused(Exception):
    """What a scheme cannot be. `code`: scheme_name, scheme_taken, or the field that cannot hold."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Schemes:
    """Every scheme, and what holds for concentrators that name none."""

    usual: Terms = USUAL
    by_id: Mapping[UUID, Terms] = field(default_factory=dict)

    def of(self, scheme_id: UUID | None) -> Terms:
        """What holds for a concentrator that names this scheme, or none."""
        return self.usual if scheme_id is None else self.by_id.get(scheme_id, self.usual)


def terms_of(row: CollectionScheme) -> Terms:
    """What a scheme says."""
    return Terms(**{name: getattr(row, name) for name in _COLUMNS})


async def schemes(db: AsyncSession) -> Schemes:
    """All schemes; there are few."""
    rows = list(await db.exec(select(CollectionScheme)))
    usual = next((terms_of(row) for row in rows if row.usual), USUAL)
    return Schemes(usual, {row.id: terms_of(row) for row in rows})


async def terms_for(db: AsyncSession, concentrator_id: UUID) -> Terms:
    """What holds for one concentrator."""
    concentrator = await db.get(Concentrator, concentrator_id)
    return (await schemes(db)).of(concentrator.collection_scheme_id if concentrator else None)


@dataclass(frozen=True, slots=True)
class Wish:
    """A scheme as it is to be. `usual`: it holds for every concentrator that names none."""

    name: str
    terms: Terms
    usual: bool = False


async def save_scheme(
    db: AsyncSession, scheme_id: UUID | None, wish: Wish, staff_id: UUID | None, now: datetime
) -> CollectionScheme:
    """Make a scheme, or change one; what it was is in the audit log. Raises SchemeRefused, NoResultFound."""
    await _demand_name(db, scheme_id, wish.name)
    row = CollectionScheme(name=wish.name) if scheme_id is None else await db.get_one(CollectionScheme, scheme_id)
    before = "" if scheme_id is None else repr(terms_of(row))
    if wish.usual:
        await db.execute(update(CollectionScheme).where(col(CollectionScheme.id) != row.id).values(usual=False))
    for name, value in {**asdict(wish.terms), "name": wish.name, "usual": wish.usual}.items():
        setattr(row, name, value)
    db.add(row)
    detail: dict[str, str | int | None] = {"name": wish.name, "before": before, "after": repr(wish.terms)}
    db.add(Audit(staff_id=staff_id, act="collection_scheme_saved", subject_id=row.id, detail=detail, at=now))
    await db.flush()
    return row


@dataclass(frozen=True, slots=True)
class SchemeLine:
    """A scheme for a list, and how many concentrators name it."""

    row: CollectionScheme
    concentrators: int


async def list_schemes(db: AsyncSession) -> list[SchemeLine]:
    """All of them by name; there are few."""
    named = col(Concentrator.collection_scheme_id)
    counted = select(Concentrator.collection_scheme_id, func.count()).where(named.is_not(None)).group_by(named)
    used = dict((await db.exec(counted)).all())
    rows = await db.exec(select(CollectionScheme).order_by(col(CollectionScheme.name)))
    return [SchemeLine(row, used.get(row.id, 0)) for row in rows]


async def give_scheme(
    db: AsyncSession, scheme_id: UUID | None, concentrators: Collection[UUID], staff_id: UUID | None, now: datetime
) -> None:
    """Let concentrators be read by a scheme; None: by the usual one. Raises NoResultFound for an unknown scheme."""
    if scheme_id is not None:
        await db.get_one(CollectionScheme, scheme_id)
    chosen = update(Concentrator).where(col(Concentrator.id).in_(concentrators))
    await db.execute(chosen.values(collection_scheme_id=scheme_id))
    detail: dict[str, str | int | None] = {"count": len(concentrators)}
    db.add(Audit(staff_id=staff_id, act="collection_scheme_given", subject_id=scheme_id, detail=detail, at=now))


async def _demand_name(db: AsyncSession, scheme_id: UUID | None, name: str) -> None:
    if not 0 < len(name.strip()) <= 60:
        raise SchemeRefused("scheme_name")
    taken = select(CollectionScheme.id).where(CollectionScheme.name == name, CollectionScheme.id != scheme_id)
    if (await db.exec(taken)).first() is not None:
        raise SchemeRefused("scheme_taken")
