"""Keeps the utility's rules: each set as one row, its defaults where nobody has set it."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.masking import reach
from app.domain.rules import RULE_SETS, Rules, SendingRules
from app.models import Audit, RuleSet, Staff

Set = TypeVar("Set", bound=Rules)
_KEPT = "rules"


async def rules(db: AsyncSession, wanted: type[Set]) -> Set:
    """The rules of one set that hold now."""
    found = (await _held(db)).get(wanted.code)
    return wanted() if found is None else _adapter(wanted).validate_python(found)


async def _held(db: AsyncSession) -> dict[str, dict[str, object]]:
    """What was set, of all sets: read once a transaction, for about each message several are asked for."""
    kept: dict[str, dict[str, object]] | None = db.info.get(_KEPT)
    if kept is None:
        kept = {code: dict(held) for code, held in await db.exec(select(RuleSet.code, RuleSet.rules))}
        db.info[_KEPT] = kept
    return kept


async def save(db: AsyncSession, new: Rules, staff_id: UUID | None, now: datetime) -> None:
    """Let a set hold from now on; what held before is in the audit log."""
    before = await rules(db, type(new))
    row = {"code": new.code, "rules": _adapter(type(new)).dump_python(new, mode="json")}
    row |= {"changed_by": staff_id, "changed_at": now}
    statement = insert(table_of(RuleSet)).values(row)
    await db.execute(statement.on_conflict_do_update(index_elements=["code"], set_=row))
    db.info.pop(_KEPT, None)
    detail: dict[str, str | int | None] = {"code": new.code}
    detail |= {"before": _text(before), "after": _text(new)}
    db.add(Audit(staff_id=staff_id, act="rules_changed", detail=detail, at=now))
    await db.flush()
    stored = await db.get(RuleSet, new.code)
    if stored is not None:
        await db.refresh(stored)


async def changes(db: AsyncSession) -> dict[str, tuple[datetime, str]]:
    """Which sets somebody has set: when for the last time, and who."""
    rows = select(RuleSet.code, RuleSet.changed_at, Staff.name)
    by = rows.join(Staff, col(Staff.id) == col(RuleSet.changed_by), isouter=True)
    return {code: (at, name or "") for code, at, name in await db.exec(by)}


def _text(set_: Rules) -> str:
    """A set as the audit log keeps it, which is never wiped: nobody's number or mail address is in it."""
    kept = replace(set_, listed=tuple(map(reach, set_.listed))) if isinstance(set_, SendingRules) else set_
    return _adapter(type(kept)).dump_json(kept).decode()


_ADAPTERS: dict[str, TypeAdapter[Rules]] = {each.code: TypeAdapter(each) for each in RULE_SETS}


def _adapter(wanted: type[Set]) -> TypeAdapter[Set]:
    return cast(TypeAdapter[Set], _ADAPTERS[wanted.code])  # what reads a set is kept under its code
