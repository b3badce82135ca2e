"""Finds what meters are watched at: their holders' wish, else what staff set for the account, else the policy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import alarm
from app.domain.alarm import AlarmTone, AlertCycle, AlertUnit, Level, Means, Own, OwnLevel, Policy, Watch, Wish
from app.models import Account, AccountLevel, AlarmPolicy, AlarmPolicyLevel, AlertRule, Meter


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy, and the one that holds for accounts that name none."""

    usual: Policy = alarm.USUAL
    usual_id: UUID | None = None
    by_id: Mapping[UUID, Policy] = field(default_factory=dict)

    def of(self, policy_id: UUID | None) -> Policy:
        """The policy of an account."""
        return self.usual if policy_id is None else self.by_id.get(policy_id, self.usual)


@dataclass(frozen=True, slots=True)
class Place:
    """As much of a meter and its account as says which levels hold for it."""

    meter_id: UUID
    account_id: UUID
    policy_id: UUID | None
    daily_use_minor: int | None


async def policies(db: AsyncSession) -> Policies:
    """All policies with their levels; there are few."""
    levels: dict[UUID, list[Level]] = defaultdict(list)
    for row in await db.exec(select(AlarmPolicyLevel).order_by(col(AlarmPolicyLevel.depth))):
        levels[row.policy_id].append(level_of(row))
    rows = list(await db.exec(select(AlarmPolicy)))
    found = {row.id: Policy(tuple(levels[row.id]), row.margin_minor) for row in rows}
    usual = next((row.id for row in rows if row.usual), None)
    return Policies(found[usual] if usual else alarm.USUAL, usual, found)


def level_of(row: AlarmPolicyLevel) -> Level:
    """A policy's level as the rules know it."""
    tone, unit, cycle = AlarmTone(row.tone), AlertUnit(row.unit), AlertCycle(row.cycle)
    return Level(row.depth, tone, unit, row.value, row.on, cycle, row.hour)


@dataclass(frozen=True, slots=True)
class Source:
    """What goes before a meter's policy, and what makes its figures money."""

    own: Own
    means: Means


async def sources(db: AsyncSession, known: Policies, places: Sequence[Place]) -> dict[UUID, Source]:
    """What the levels of each meter come from, in three statements however many they are."""
    set_ = await _account_levels(db, [place.account_id for place in places])
    wishes = await _wishes(db, [place.meter_id for place in places])
    bought = await _last_purchases(db, places) if _percent_in(known, set_) else {}
    return {
        place.meter_id: Source(
            Own(set_.get(place.account_id, {}), wishes.get(place.meter_id)),
            Means(place.daily_use_minor, bought.get(place.meter_id)),
        )
        for place in places
    }


async def watches(db: AsyncSession, known: Policies, places: Sequence[Place]) -> dict[UUID, Watch]:
    """What each meter is watched at. Those of whom nothing but a policy in money is known share one watch."""
    found = await sources(db, known, places)
    shared: dict[UUID | None, Watch] = {}
    watched: dict[UUID, Watch] = {}
    for place in places:
        policy, source = known.of(place.policy_id), found[place.meter_id]
        if source.own != _NOTHING_OWN or not _is_money(policy):
            watched[place.meter_id] = _watched(policy, source)
            continue
        if place.policy_id not in shared:
            shared[place.policy_id] = _watched(policy, source)
        watched[place.meter_id] = shared[place.policy_id]
    return watched


_NOTHING_OWN = Own()


def _is_money(policy: Policy) -> bool:
    return all(level.unit is AlertUnit.MONEY for level in policy.levels)


def _watched(policy: Policy, source: Source) -> Watch:
    return alarm.watched(policy, source.own, source.means)


async def watch_of(db: AsyncSession, meter: Meter) -> Watch:
    """What one meter is watched at."""
    account = await db.get_one(Account, meter.account_id)
    place = Place(meter.id, account.id, account.alarm_policy_id, meter.daily_use_minor)
    return (await watches(db, await policies(db), [place]))[meter.id]


async def policy_of(db: AsyncSession, meter: Meter) -> Policy:
    """The policy of a meter's account."""
    account = await db.get_one(Account, meter.account_id)
    return (await policies(db)).of(account.alarm_policy_id)


async def rule_of(db: AsyncSession, meter_id: UUID) -> AlertRule | None:
    """What the holders of a meter chose; None: nothing."""
    return (await db.exec(select(AlertRule).where(AlertRule.meter_id == meter_id))).first()


_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_LEVELS = select(AccountLevel).where(col(AccountLevel.account_id) == any_(_IDS))
_RULES = select(AlertRule).where(col(AlertRule.meter_id) == any_(_IDS))
_LAST = text(
    """
    select wanted.id, bought.amount_minor from unnest(cast(:ids as uuid[])) as wanted (id),
    lateral (select amount_minor from purchase where meter_id = wanted.id and credited_at is not null
             order by credited_at desc limit 1) as bought
    """
)


async def _account_levels(db: AsyncSession, accounts: list[UUID]) -> dict[UUID, dict[int, OwnLevel]]:
    found: dict[UUID, dict[int, OwnLevel]] = defaultdict(dict)
    for row in await db.exec(_LEVELS, params={"ids": accounts}):
        found[row.account_id][row.depth] = OwnLevel(AlertUnit(row.unit), row.value, row.on)
    return found


async def _wishes(db: AsyncSession, meters: list[UUID]) -> dict[UUID, Wish]:
    rows = await db.exec(_RULES, params={"ids": meters})
    return {
        row.meter_id: Wish(AlertUnit(row.unit), tuple(row.figures), AlertCycle(row.cycle), row.hour) for row in rows
    }


async def _last_purchases(db: AsyncSession, places: Sequence[Place]) -> dict[UUID, int]:
    rows = await db.execute(_LAST, {"ids": [place.meter_id for place in places]})
    return {row.id: row.amount_minor for row in rows}


def _percent_in(known: Policies, set_: Mapping[UUID, Mapping[int, OwnLevel]]) -> bool:
    of_policies = (level for policy in (known.usual, *known.by_id.values()) for level in policy.levels)
    of_accounts = (level for levels in set_.values() for level in levels.values())
    units = [*(level.unit for level in of_policies), *(level.unit for level in of_accounts)]
    return AlertUnit.PERCENT in units
