"""The levels of one account: what holds at each of its meters and where it comes from, and what staff set (N-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import alarm
from app.domain.alarm import AlertUnit, OwnLevel, Policy, Watch, Wish
from app.models import Account, AccountLevel, Audit, Meter
from app.services import alarm_levels, alarms
from app.services.alarm_levels import Place
from app.services.levels.policies import PolicyError


@dataclass(frozen=True, slots=True)
class MeterLevels:
    """One meter of it: where it stands, what it is watched at, and what its holders wished, if they did."""

    number: str
    balance_minor: int | None
    depth: int
    watch: Watch
    wish: Wish | None


@dataclass(frozen=True, slots=True)
class AccountLevels:
    """An account with its policy, what staff set by depth, and its meters."""

    id: UUID
    number: str
    policy_id: UUID | None
    policy: Policy
    own: Mapping[int, OwnLevel]
    meters: tuple[MeterLevels, ...]


async def view(db: AsyncSession, number: str) -> AccountLevels | None:
    """The levels of the account with that number; None if there is none."""
    account = (await db.exec(select(Account).where(Account.number == number))).first()
    if account is None:
        return None
    meters = list(await db.exec(select(Meter).where(Meter.account_id == account.id).order_by(col(Meter.number))))
    known = await alarm_levels.policies(db)
    policy = known.of(account.alarm_policy_id)
    places = [Place(meter.id, account.id, account.alarm_policy_id, meter.daily_use_minor) for meter in meters]
    found = await alarm_levels.sources(db, known, places)
    shown = [
        MeterLevels(
            meter.number,
            meter.balance_minor,
            meter.alarm_depth,
            alarm.watched(policy, found[meter.id].own, found[meter.id].means),
            found[meter.id].own.wish,
        )
        for meter in meters
    ]
    rows = await db.exec(select(AccountLevel).where(AccountLevel.account_id == account.id))
    own = {row.depth: OwnLevel(AlertUnit(row.unit), row.value, row.on) for row in rows}
    return AccountLevels(account.id, number, account.alarm_policy_id, policy, own, tuple(shown))


@dataclass(frozen=True, slots=True)
class AccountWish:
    """What staff set: the policy (None: the usual one), and figures by depth in its place."""

    policy_id: UUID | None
    own: Mapping[int, OwnLevel]


async def save(db: AsyncSession, account_id: UUID, wish: AccountWish, staff_id: UUID, now: datetime) -> None:
    """Let it hold from now on, also for the balances that were read last. Raises PolicyError("order")."""
    known = await alarm_levels.policies(db)
    if wish.policy_id is not None and wish.policy_id not in known.by_id:
        raise PolicyError("policy_unknown")
    wrong = alarm.disorder(_together(known.of(wish.policy_id), wish.own))
    if wrong is not None:
        raise PolicyError("order", wrong)
    account = await db.get_one(Account, account_id, with_for_update=True)
    account.alarm_policy_id = wish.policy_id
    await db.execute(delete(AccountLevel).where(col(AccountLevel.account_id) == account_id))
    db.add_all(
        AccountLevel(account_id=account_id, depth=depth, unit=own.unit, value=own.value, on=own.on)
        for depth, own in wish.own.items()
    )
    figures = ", ".join(f"{depth}:{own.value} {own.unit}" for depth, own in sorted(wish.own.items()))
    detail: dict[str, str | int | None] = {"account": account.number, "levels": figures}
    db.add(Audit(staff_id=staff_id, act="account_levels_set", subject_id=account_id, detail=detail, at=now))
    await db.flush()
    locked = select(Meter).where(Meter.account_id == account_id).order_by(col(Meter.id)).with_for_update(key_share=True)
    for meter in list(await db.exec(locked)):
        await alarms.judge_anew(db, meter)


def _together(policy: Policy, own: Mapping[int, OwnLevel]) -> list[alarm.Level]:
    return [
        alarm.Level(
            level.depth,
            level.tone,
            own[level.depth].unit if level.depth in own else level.unit,
            own[level.depth].value if level.depth in own else level.value,
            own[level.depth].on if level.depth in own else level.on,
        )
        for level in policy.levels
    ]
