"""Alarm policies: listed with who uses them, written, made the usual one, taken away (SPEC N-1, N-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import alarm
from app.domain.alarm import Level, Policy
from app.models import Account, AlarmPolicy, AlarmPolicyLevel, Audit
from app.services.alarm_levels import level_of


class PolicyError(ValueError):
    """What is wrong with a policy or its use.

    `code`: name_missing, name_known, no_levels, order, in_use, usual_stays, policy_unknown.

    `depth`: the level that is meant, where it is one.
    """

    def __init__(self, code: str, depth: int | None = None) -> None:
        super().__init__(code)
        self.code, self.depth = code, depth


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy in the list; `accounts`: how many use it, the usual one also those that name none."""

    id: UUID
    name: str
    usual: bool
    policy: Policy
    accounts: int


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A policy as it was written; levels from the first to the deepest."""

    name: str
    policy: Policy
    usual: bool = False


async def listed(db: AsyncSession) -> list[PolicyView]:
    """Every policy, the usual one first."""
    levels: dict[UUID, list[Level]] = {}
    for row in await db.exec(select(AlarmPolicyLevel).order_by(col(AlarmPolicyLevel.depth))):
        levels.setdefault(row.policy_id, []).append(level_of(row))
    users = dict((await db.exec(_USERS)).all())
    rows = await db.exec(select(AlarmPolicy).order_by(col(AlarmPolicy.usual).desc(), col(AlarmPolicy.name)))
    return [
        PolicyView(
            row.id,
            row.name,
            row.usual,
            Policy(tuple(levels.get(row.id, ())), row.margin_minor),
            users.get(row.id, 0) + (users.get(None, 0) if row.usual else 0),
        )
        for row in rows
    ]


_USERS = select(col(Account.alarm_policy_id), func.count()).group_by(col(Account.alarm_policy_id))


async def save(db: AsyncSession, policy_id: UUID | None, draft: PolicyDraft, staff_id: UUID, now: datetime) -> UUID:
    """Let a policy hold as written from now on; `policy_id` None: a new one. Raises PolicyError.

    The first one is the usual one. Whoever stands at another depth because of it is moved by the next sweep.
    """
    await _check(db, policy_id, draft)
    row = AlarmPolicy(id=uuid4(), name=draft.name)
    if policy_id is not None:
        row = await db.get_one(AlarmPolicy, policy_id, with_for_update=True)
    first = (await db.exec(select(func.count()).select_from(AlarmPolicy).where(col(AlarmPolicy.usual)))).one() == 0
    if (draft.usual or first) and not row.usual:
        await db.execute(update(AlarmPolicy).values(usual=False))
        row.usual = True
    row.name, row.margin_minor = draft.name, draft.policy.margin_minor
    db.add(row)
    await db.flush()
    await db.execute(delete(AlarmPolicyLevel).where(col(AlarmPolicyLevel.policy_id) == row.id))
    db.add_all(_row(row.id, level) for level in draft.policy.levels)
    detail: dict[str, str | int | None] = {"name": draft.name, "levels": _short(draft.policy.levels)}
    db.add(Audit(staff_id=staff_id, act="policy_saved", subject_id=row.id, detail=detail, at=now))
    return row.id


async def _check(db: AsyncSession, policy_id: UUID | None, draft: PolicyDraft) -> None:
    if not draft.name:
        raise PolicyError("name_missing")
    if not draft.policy.levels:
        raise PolicyError("no_levels")
    wrong = alarm.disorder(draft.policy.levels)
    if wrong is not None:
        raise PolicyError("order", wrong)
    namesake = (await db.exec(select(AlarmPolicy.id).where(AlarmPolicy.name == draft.name))).first()
    if namesake is not None and namesake != policy_id:
        raise PolicyError("name_known")


def _row(policy_id: UUID, level: Level) -> AlarmPolicyLevel:
    return AlarmPolicyLevel(
        id=uuid4(),
        policy_id=policy_id,
        depth=level.depth,
        tone=level.tone,
        unit=level.unit,
        value=level.value,
        on=level.on,
        cycle=level.cycle,
        hour=level.hour,
    )


def _short(levels: Sequence[Level]) -> str:
    return ", ".join(f"{level.depth}:{level.tone}:{level.value} {level.unit}:{level.cycle}" for level in levels)


async def take_away(db: AsyncSession, policy_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Delete a policy that nobody uses. Raises PolicyError."""
    row = await db.get_one(AlarmPolicy, policy_id, with_for_update=True)
    if row.usual:
        raise PolicyError("usual_stays")
    used = (await db.exec(select(Account.id).where(Account.alarm_policy_id == policy_id).limit(1))).first()
    if used is not None:
        raise PolicyError("in_use")
    await db.execute(delete(AlarmPolicyLevel).where(col(AlarmPolicyLevel.policy_id) == policy_id))
    await db.delete(row)
    db.add(Audit(staff_id=staff_id, act="policy_taken_away", subject_id=policy_id, detail={"name": row.name}, at=now))
