"""A set of rules as a form: one control a field, by the field's type, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from enum import StrEnum
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

from app.domain.rules import Rules

WEEKDAYS = range(7)
_MOST_LINES = 500


class RuleWrong(ValueError):
    """A field that cannot hold what was typed."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Control(StrEnum):
    NUMBER = "number"
    TIME = "time"
    SWITCH = "switch"
    CHOICE = "choice"
    WEEKDAYS = "weekdays"
    DAYS = "days"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class RuleField:
    """A control: what it is called, and what is in it as the form's own words."""

    name: str
    control: Control
    value: str
    ticked: tuple[int, ...] = ()
    choices: tuple[str, ...] = ()


def shown(rules: Rules) -> list[RuleField]:
    """The controls of a set that holds."""
    hints = get_type_hints(type(rules))
    return [_field(each.name, hints[each.name], getattr(rules, each.name)) for each in fields(rules)]


def as_typed(kind: type[Rules], form: Mapping[str, str]) -> list[RuleField]:
    """The controls with what somebody typed, right or wrong."""
    hints = get_type_hints(kind)
    made = []
    for each in fields(kind):
        control = control_of(hints[each.name])
        ticked = tuple(day for day in WEEKDAYS if f"{each.name}_{day}" in form)
        value = form.get(each.name, "")
        made.append(RuleField(each.name, control, value, ticked, _choices(hints[each.name])))
    return made


def read(kind: type[Rules], form: Mapping[str, str]) -> Rules:
    """What was typed as a set. Raises RuleWrong with the first field that is wrong."""
    hints = get_type_hints(kind)
    found = {each.name: _value(each.name, hints[each.name], form) for each in fields(kind)}
    try:
        return kind(**found)  # type: ignore[arg-type]  # each value is made by the type of its field
    except ValueError as wrong:
        raise RuleWrong(str(wrong)) from None


def control_of(hint: object) -> Control:
    """Which control a field of this type has. Raises TypeError for a type that no form knows."""
    kind = _without_none(hint)
    if get_origin(kind) is tuple:
        return {int: Control.WEEKDAYS, date: Control.DAYS, str: Control.LINES}[get_args(kind)[0]]
    if kind is bool:
        return Control.SWITCH
    if kind is int:
        return Control.NUMBER
    if kind is time:
        return Control.TIME
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Control.CHOICE
    raise TypeError(f"no control for {kind}")


def _field(name: str, hint: object, value: object) -> RuleField:
    control, choices = control_of(hint), _choices(hint)
    match value:
        case None:
            return RuleField(name, control, "")
        case bool():
            return RuleField(name, control, "on" if value else "")
        case time():
            return RuleField(name, control, value.strftime("%H:%M"))
        case tuple() if control is Control.WEEKDAYS:
            return RuleField(name, control, "", ticked=value)
        case tuple():
            return RuleField(name, control, "\n".join(str(each) for each in value))
        case _:
            return RuleField(name, control, str(value), choices=choices)


def _choices(hint: object) -> tuple[str, ...]:
    kind = _without_none(hint)
    return tuple(str(each) for each in kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else ()


def _value(name: str, hint: object, form: Mapping[str, str]) -> object:
    typed, control = form.get(name, "").strip(), control_of(hint)
    try:
        match control:
            case Control.SWITCH:
                return name in form
            case Control.WEEKDAYS:
                return tuple(day for day in WEEKDAYS if f"{name}_{day}" in form)
            case Control.DAYS:
                return tuple(sorted({date.fromisoformat(line) for line in _lines(typed)}))
            case Control.LINES:
                return tuple(dict.fromkeys(_lines(typed)))
            case Control.TIME:
                return time.fromisoformat(typed) if typed or not _may_be_none(hint) else None
            case Control.NUMBER:
                return _number(typed) if typed or not _may_be_none(hint) else None
            case Control.CHOICE:
                return _without_none(hint)(typed)  # type: ignore[operator]  # a StrEnum
    except ValueError:
        raise RuleWrong(name) from None


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 12):
        raise ValueError
    return int(typed)


def _lines(typed: str) -> list[str]:
    found = [line.strip() for line in typed.replace(",", "\n").splitlines() if line.strip()]
    if len(found) > _MOST_LINES:
        raise ValueError
    return found


def _may_be_none(hint: object) -> bool:
    return type(None) in get_args(hint)


def _without_none(hint: object) -> object:
    if get_origin(hint) in (UnionType, Union):
        return next(each for each in get_args(hint) if each is not type(None))
    return hint
