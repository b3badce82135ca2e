"""Alarm levels as data: figures below which a resident is warned (SPEC N-1, N-2).

A meter stands at a *depth*: 0 is normal, 1 the level that is reached first, and so on. Levels come from a policy; what
staff set for an account and what the holders chose go before it (`watched`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MOST_LEVELS = 9
NORMAL = 0


class AlarmTone(StrEnum):
    """How a level speaks. `owing`: the meter runs below zero, or arrears stand."""

    NOTICE = "notice"
    URGENT = "urgent"
    OWING = "owing"


class AlertUnit(StrEnum):
    """`percent`: of the last purchase."""

    MONEY = "money"
    DAYS = "days"
    PERCENT = "percent"


class AlertCycle(StrEnum):
    """`none`: never. `once`: when a level is reached. `daily`: and again each day at the hour while it lasts."""

    NONE = "none"
    ONCE = "once"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a policy. `value`: minor units, days left, or percent of the last purchase. `hour` is local."""

    depth: int
    tone: AlarmTone = AlarmTone.NOTICE
    unit: AlertUnit = AlertUnit.MONEY
    value: int = 0
    on: bool = True
    cycle: AlertCycle = AlertCycle.ONCE
    hour: int = 9


@dataclass(frozen=True, slots=True)
class Policy:
    """A set of levels by depth. One clears only `margin_minor` above where it was raised."""

    levels: tuple[Level, ...]
    margin_minor: int = 100


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """What staff set for one account in place of the policy's figure at a depth."""

    unit: AlertUnit
    value: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What the holders chose: figures from the first warning to the last, one unit, one cycle for every level."""

    unit: AlertUnit
    figures: tuple[int, ...]
    cycle: AlertCycle = AlertCycle.ONCE
    hour: int = 9


@dataclass(frozen=True, slots=True)
class Means:
    """What makes days and percent money. None: not known."""

    daily_use_minor: int | None = None
    last_purchase_minor: int | None = None


@dataclass(frozen=True, slots=True)
class MoneyLevel:
    """A level that watches: reached below `below_minor`."""

    depth: int
    tone: AlarmTone
    below_minor: int
    cycle: AlertCycle = AlertCycle.ONCE
    hour: int = 9


@dataclass(frozen=True, slots=True)
class Watch:
    """What one meter is watched at."""

    levels: tuple[MoneyLevel, ...]
    margin_minor: int = 100

    def at(self, depth: int) -> MoneyLevel | None:
        """The level of a depth, if it watches."""
        return next((level for level in self.levels if level.depth == depth), None)


@dataclass(frozen=True, slots=True)
class Own:
    """What goes before the policy: what staff set by depth, and what the holders wish."""

    levels: Mapping[int, OwnLevel] = field(default_factory=dict)
    wish: Wish | None = None


USUAL = Policy(
    (
        Level(1, AlarmTone.NOTICE, value=2000),
        Level(2, AlarmTone.URGENT, value=500),
        Level(3, AlarmTone.OWING, value=0),
    )
)  # what holds where no policy was made the usual one


def levels_in_money(
    levels: Sequence[Level], daily_use_minor: int | None, last_purchase_minor: int | None
) -> tuple[MoneyLevel, ...]:
    """The levels that watch, in minor units. One that is off, or whose figure is not known, does not."""
    means = Means(daily_use_minor, last_purchase_minor)
    worth = ((level, _worth(level.unit, level.value, means)) for level in levels if level.on)
    return tuple(
        MoneyLevel(level.depth, level.tone, below, level.cycle, level.hour)
        for level, below in worth
        if below is not None
    )


def _worth(unit: AlertUnit, value: int, means: Means) -> int | None:
    match unit:
        case AlertUnit.MONEY:
            return value
        case AlertUnit.DAYS:
            return value * means.daily_use_minor if means.daily_use_minor else None
        case AlertUnit.PERCENT:
            return value * means.last_purchase_minor // 100 if means.last_purchase_minor else None


def watched(policy: Policy, own: Own, means: Means) -> Watch:
    """What a meter is watched at: its holders' wish, else what staff set for the account, else the policy.

    A figure that is not known gives way to the next of the three, so that a new meter is warned at the policy's money.
    A wish takes the place of every level that is not owing; its cycle holds for those too.
    """
    levels = tuple(_of_account(level, own.levels.get(level.depth), means) for level in policy.levels)
    if own.wish is not None:
        levels = _of_wish(levels, own.wish, means)
    found = levels_in_money(levels, means.daily_use_minor, means.last_purchase_minor)
    return Watch(found, policy.margin_minor)


def _of_account(level: Level, set_: OwnLevel | None, means: Means) -> Level:
    if set_ is None or (set_.on and _worth(set_.unit, set_.value, means) is None):
        return level
    return replace(level, unit=set_.unit, value=set_.value, on=set_.on)


def _of_wish(levels: tuple[Level, ...], wish: Wish, means: Means) -> tuple[Level, ...]:
    at_their_time = tuple(replace(level, cycle=wish.cycle, hour=wish.hour) for level in levels)
    if _worth(wish.unit, 1, means) is None:
        return at_their_time
    owing = [level for level in at_their_time if level.tone is AlarmTone.OWING]
    others = [level for level in at_their_time if level.tone is not AlarmTone.OWING]
    chosen = [
        replace(level, unit=wish.unit, value=figure, on=True)
        for level, figure in zip(others, wish.figures, strict=False)
    ]
    return tuple(sorted([*chosen, *owing], key=lambda level: level.depth))


def disorder(levels: Sequence[Level]) -> int | None:
    """The depth of the first level that is not lower than the one before it, both on and of one unit; else None.

    Levels of different units can only be compared for one meter; there, one that is not lower is never seen.
    """
    last: dict[AlertUnit, int] = {}
    for level in sorted((level for level in levels if level.on), key=lambda level: level.depth):
        if level.unit in last and level.value >= last[level.unit]:
            return level.depth
        last[level.unit] = level.value
    return None


def reached(balance_minor: int, levels: Sequence[MoneyLevel], arrears_minor: int = 0, lift: int = 0) -> int:
    """The deepest level that a balance is below, each lifted by `lift`. Arrears alone reach the owing ones."""
    found = (
        level.depth
        for level in levels
        if balance_minor < level.below_minor + lift or (level.tone is AlarmTone.OWING and arrears_minor > 0)
    )
    return max(found, default=NORMAL)


def step(before: int, balance_minor: int, watch: Watch, arrears_minor: int = 0) -> int:
    """The depth after a reading of `balance_minor`; between raise and clear it stays as it was."""
    falling = reached(balance_minor, watch.levels, arrears_minor)
    if falling >= before:
        return falling
    return min(before, reached(balance_minor, watch.levels, arrears_minor, watch.margin_minor))


def raised(before: int, after: int) -> int | None:
    """The depth whose episode opens on this edge, if one does. Falling past one opens the next one only."""
    return after if after > before else None


def cleared(before: int, after: int) -> range:
    """The depths whose episodes close on this edge."""
    return range(after + 1, before + 1)


def told_next(cycle: AlertCycle, hour: int, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When an episode that lasts is told again after `now`: on the next local day at `hour`; None: not again."""
    if cycle is not AlertCycle.DAILY:
        return None
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, hour, tzinfo=zone).astimezone(now.tzinfo)
