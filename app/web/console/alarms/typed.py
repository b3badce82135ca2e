"""Reads what staff type about levels: figures by unit, rows of a policy, changes for many; faults by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from app.domain.access import NumberError, NumberKind, parse_number
from app.domain.alarm import AlarmTone, AlertCycle, AlertUnit, Level, OwnLevel, Policy
from app.domain.level_change import PERIODS, ChangeKind, SetLevel
from app.domain.money import AmountError, parse_balance
from app.services.customer_filter import CustomerFilter
from app.services.levels.policies import PolicyDraft
from app.services.levels.wish import ChangeWish, Whom

MOST_ROWS = 6
MOST_NUMBERS = 300
_LONGEST_NAME = 60
_MOST = {AlertUnit.DAYS: 365, AlertUnit.PERCENT: 100}
_USUAL, _ANY = "usual", "any"


@dataclass(slots=True)
class Typed:
    """What was typed, and by field what is wrong with it."""

    form: Mapping[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field without the spaces around it."""
        return self.form.get(name, "").strip()

    def figure(self, name: str, unit: AlertUnit) -> int:
        """A figure of a unit: minor units, days or percent; 0 and a fault for what is none."""
        if unit is AlertUnit.MONEY:
            return self.money(name)
        typed = self.text(name)
        if not (typed.isascii() and typed.isdecimal() and len(typed) <= 4 and int(typed) <= _MOST[unit]):
            self.faults[name] = f"{unit}_bad"
            return 0
        return int(typed)

    def money(self, name: str) -> int:
        """An amount that may be below zero, minor units."""
        try:
            return parse_balance(self.text(name))
        except AmountError:
            self.faults[name] = "money_bad"
            return 0

    def chosen(self, name: str) -> UUID | None:
        """The id of a list's entry; None for the first, which stands for the usual one."""
        typed = self.text(name)
        if typed in ("", _USUAL):
            return None
        try:
            return UUID(typed)
        except ValueError:
            self.faults[name] = "choice_bad"
            return None

    def unit(self, name: str) -> AlertUnit:
        """A unit; money where nothing was chosen."""
        typed = self.text(name)
        return AlertUnit(typed) if typed in tuple(AlertUnit) else AlertUnit.MONEY


def read_policy(typed: Typed) -> PolicyDraft:
    """A policy from its rows; rows without a figure are no levels, and the rest close up."""
    rows = [row for row in range(1, MOST_ROWS + 1) if typed.text(f"value_{row}")]
    levels = tuple(_level(typed, row, depth) for depth, row in enumerate(rows, start=1))
    margin = typed.money("margin")
    if margin < 0:
        typed.faults["margin"] = "money_bad"
    name = " ".join(typed.text("name").split())[:_LONGEST_NAME]
    return PolicyDraft(name, Policy(levels, margin), usual=typed.text("usual") == "1")


def _level(typed: Typed, row: int, depth: int) -> Level:
    tone, cycle, hour = typed.text(f"tone_{row}"), typed.text(f"cycle_{row}"), typed.text(f"hour_{row}")
    unit = typed.unit(f"unit_{row}")
    if not (hour.isascii() and hour.isdecimal() and len(hour) <= 2 and int(hour) < 24):
        typed.faults[f"hour_{row}"] = "hour_bad"
        hour = "9"
    return Level(
        depth,
        AlarmTone(tone) if tone in tuple(AlarmTone) else AlarmTone.NOTICE,
        unit,
        typed.figure(f"value_{row}", unit),
        on=typed.text(f"on_{row}") == "1",
        cycle=AlertCycle(cycle) if cycle in tuple(AlertCycle) else AlertCycle.ONCE,
        hour=int(hour),
    )


def read_own(typed: Typed, policy: Policy) -> dict[int, OwnLevel]:
    """What is set for an account; a depth that is left as the policy says is not set."""
    own = {}
    for level in policy.levels:
        how = typed.text(f"how_{level.depth}")
        if how == "off":
            own[level.depth] = OwnLevel(level.unit, level.value, on=False)
        elif how == "own":
            unit = typed.unit(f"unit_{level.depth}")
            own[level.depth] = OwnLevel(unit, typed.figure(f"value_{level.depth}", unit))
    return own


def read_change(typed: Typed, depths: int) -> ChangeWish:
    """A change for many, as the form asks for it."""
    kind = typed.text("kind")
    if kind not in tuple(ChangeKind):
        typed.faults["kind"] = "choice_bad"
        kind = ChangeKind.LEVELS
    whom = _whom(typed)
    if kind == ChangeKind.POLICY:
        return ChangeWish(ChangeKind.POLICY, whom, policy_id=typed.chosen("policy"))
    levels = tuple(_use_levels(typed, depths) if kind == ChangeKind.USE else _set_levels(typed, depths))
    if not levels and not typed.faults:
        typed.faults["kind"] = "no_levels"
    days = typed.text("days")
    if days not in {str(period) for period in PERIODS}:
        days = "30"
    return ChangeWish(ChangeKind(kind), whom, levels=levels, days=int(days))


def _whom(typed: Typed) -> Whom:
    lowest = typed.money("from") if typed.text("from") else None
    highest = typed.money("to") if typed.text("to") else None
    if lowest is not None and highest is not None and lowest > highest:
        typed.faults["to"] = "range_backwards"
    node = typed.chosen("node")
    wanted = CustomerFilter(node_id=node, balance_from_minor=lowest, balance_to_minor=highest)
    of_policy = typed.text("of_policy") or _ANY
    policy_id = None if of_policy == _ANY else typed.chosen("of_policy")
    return Whom(wanted, by_policy=of_policy != _ANY, of_policy=policy_id, numbers=_numbers(typed))


def _numbers(typed: Typed) -> tuple[str, ...]:
    found = typed.text("numbers").replace(",", " ").replace("，", " ").split()
    if len(found) > MOST_NUMBERS:
        typed.faults["numbers"] = "too_many_numbers"
        return ()
    wrong = [number for number in found if not _is_account(number)]
    if wrong:
        typed.faults["numbers"] = "number_wrong"
        typed.faults["which"] = ", ".join(each[:20] for each in wrong[:5])
    return tuple(dict.fromkeys(found))


def _is_account(number: str) -> bool:
    try:
        return parse_number(number).kind is NumberKind.ACCOUNT
    except NumberError:
        return False


def _set_levels(typed: Typed, depths: int) -> list[SetLevel]:
    found = []
    for depth in range(1, depths + 1):
        if typed.text(f"value_{depth}"):
            unit = typed.unit(f"unit_{depth}")
            found.append(SetLevel(depth, unit, typed.figure(f"value_{depth}", unit)))
    _falling(typed, [(level.depth, level.value) for level in found if level.unit is AlertUnit.MONEY], "value")
    return found


def _use_levels(typed: Typed, depths: int) -> list[SetLevel]:
    found = []
    for depth in range(1, depths + 1):
        if typed.text(f"days_{depth}"):
            least = typed.money(f"least_{depth}") if typed.text(f"least_{depth}") else 0
            found.append(
                SetLevel(depth, AlertUnit.DAYS, typed.figure(f"days_{depth}", AlertUnit.DAYS), least_minor=least)
            )
    _falling(typed, [(level.depth, level.value) for level in found], "days")
    _falling(typed, [(level.depth, level.least_minor) for level in found if level.least_minor], "least")
    return found


def _falling(typed: Typed, pairs: list[tuple[int, int]], name: str) -> None:
    for (_, above), (depth, below) in pairwise(pairs):
        if below >= above:
            typed.faults.setdefault(f"{name}_{depth}", "order")
