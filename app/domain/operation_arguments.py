"""What each kind of operation wants to be told, and whether what it was told can hold (SPEC H-3).

A form is built from `FIELDS`; whatever was filled in goes through `read` before it is stored. Money in minor units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from app.domain.fees import FeeControl
from app.domain.operation import OperationKind

Argument = str | int | list[str] | None
Arguments = dict[str, Argument]

MOST_MINOR = 99_999_999  # four BCD bytes: 999,999.99
MOST_LISTED = 500
FORCE = "force"  # a second person lets through what a rule forbids
YES, NO = "yes", "no"


class FieldKind(StrEnum):
    """How a field is filled in. `choice`: one of `choices`. `numbers`: meter numbers, as many as there are.

    `hour`: 00:20. `row`: whole numbers with commas. `pairs`: from when on which, MMDD=1,MMDD=2 or hhmm=1,hhmm=2.
    """

    NUMBER = "number"
    MONEY = "money"
    CHOICE = "choice"
    MOMENT = "moment"
    DIGITS = "digits"
    NUMBERS = "numbers"
    HOUR = "hour"
    ROW = "row"
    PAIRS = "pairs"


class TripCause(StrEnum):
    """Why supply is cut: `balance`, by the rule that guards every cut for money; `staff`, for another reason."""

    BALANCE = "balance"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class ArgumentField:
    """One field. `least`, `most`: of a number, or how many digits. `optional`: it may be left empty."""

    name: str
    kind: FieldKind
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()
    optional: bool = False


class BadArgument(ValueError):
    """A field that cannot hold what was given. `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


_K, _F = OperationKind, FieldKind


def _number(name: str, least: int, most: int, *, optional: bool = False) -> ArgumentField:
    return ArgumentField(name, _F.NUMBER, least, most, optional=optional)


def _money(name: str) -> ArgumentField:
    return ArgumentField(name, _F.MONEY, 0, MOST_MINOR, optional=True)


def _choice(name: str, *choices: str, optional: bool = False) -> ArgumentField:
    return ArgumentField(name, _F.CHOICE, choices=choices, optional=optional)


LIMITS = ("alarm_1_minor", "alarm_2_minor", "overdraft_limit_minor", "hoarding_limit_minor", "reclose_limit_minor")
SETTINGS = ("power_limit", "clear_credit", "clear_tamper", "phase_limit")
TARIFFS = (
    ("prices_backup_e4", _F.ROW),
    ("prices_switch_at", _F.MOMENT),
    ("zones_second", _F.PAIRS),
    ("zones_switch_at", _F.MOMENT),
    *((f"days_{table}_second", _F.PAIRS) for table in (1, 2, 3, 4)),
    ("days_switch_at", _F.MOMENT),
)
"""What of a tariff set is written, by the names of registers: always the one that waits, and when it takes over."""
_FORCE = _choice(FORCE, YES, optional=True)

DOWN_TO = "down_to"  # purchase records from the newest down to the one of this count
_MOST_COUNT = 9_999  # a count has four BCD digits in a record

FIELDS: dict[OperationKind, tuple[ArgumentField, ...]] = {
    _K.READ_RECORDS: (_number(DOWN_TO, 1, _MOST_COUNT, optional=True),),
    _K.READ_FROZEN: (_number("days_ago", 1, 62),),
    _K.SET_LIMITS: tuple(_money(name) for name in LIMITS),
    _K.SET_TARIFFS: tuple(ArgumentField(name, kind, 1, 14, optional=True) for name, kind in TARIFFS),
    _K.TRIP_RELAY: (_choice("cause", *TripCause), _FORCE),
    _K.SWITCH_FEE_CONTROL: (_choice("fee_control", *FeeControl),),
    _K.ALLOW_CLOSE: (_FORCE,),
    _K.CLOSE: (_FORCE,),
    _K.SEND_SETTING: (_choice("setting", *SETTINGS), _number("value", 0, 18_201_624, optional=True)),
    _K.CHANGE_KEY: (ArgumentField("sgc", _F.DIGITS, 6, 6), _number("krn", 1, 9), _number("ti", 0, 99)),
    _K.DOWNLOAD_ARCHIVE: (_choice("which", "missing", "all"),),
    _K.DELETE_FROM_ARCHIVE: (ArgumentField("meters", _F.NUMBERS, 1, MOST_LISTED),),
    _K.CLEAR_ARCHIVE: (_choice("history", YES, NO),),
    _K.SET_RUNNING: (
        _number("port", 1, 31),
        ArgumentField("read_at", _F.HOUR),
        _number("interval_min", 1, 255),
        ArgumentField("clock_at", _F.HOUR),
    ),
    _K.SET_MASTER_INTERVAL: (_number("interval_min", 1, 60),),
}


def fields_of(kind: OperationKind) -> tuple[ArgumentField, ...]:
    """The fields of a kind; none for most."""
    return FIELDS.get(kind, ())


def read(kind: OperationKind, given: Mapping[str, Argument]) -> Arguments:
    """Return what was given, as it is stored: numbers as numbers, empty fields left out. Raises BadArgument."""
    fields = fields_of(kind)
    strange = set(given) - {field.name for field in fields}
    if strange:
        raise BadArgument(min(strange))
    found = {field.name: _value(field, given.get(field.name)) for field in fields}
    kept: Arguments = {name: value for name, value in found.items() if value is not None}
    if kind in _WANT_ONE and not kept:
        raise BadArgument(fields[0].name)
    return kept


_WANT_ONE = frozenset({_K.SET_LIMITS, _K.SET_TARIFFS})


def _value(field: ArgumentField, given: Argument) -> Argument:
    if given is None or given in ("", []):
        if field.optional:
            return None
        raise BadArgument(field.name)
    return _READ[field.kind](field, given)


def _read_number(field: ArgumentField, given: Argument) -> int:
    try:
        number = int(given) if isinstance(given, int | str) else None
    except ValueError:
        number = None
    if number is None or not field.least <= number <= field.most:
        raise BadArgument(field.name)
    return number


def _read_choice(field: ArgumentField, given: Argument) -> str:
    if given not in field.choices:
        raise BadArgument(field.name)
    return str(given)


def _read_moment(field: ArgumentField, given: Argument) -> str:
    """A local moment without seconds, as the browser writes it: 2026-03-01T00:00."""
    try:
        return datetime.fromisoformat(str(given)).strftime("%Y-%m-%dT%H:%M")
    except ValueError:
        raise BadArgument(field.name) from None


def _read_digits(field: ArgumentField, given: Argument) -> str:
    text = str(given)
    if not (text.isascii() and text.isdigit() and field.least <= len(text) <= field.most):
        raise BadArgument(field.name)
    return text


def _read_numbers(field: ArgumentField, given: Argument) -> list[str]:
    listed = given if isinstance(given, list) else str(given).replace(",", " ").split()
    found = list(dict.fromkeys(listed))
    if not field.least <= len(found) <= field.most or not all(_is_meter_number(each) for each in found):
        raise BadArgument(field.name)
    return found


def _is_meter_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in (11, 12)


def _read_hour(field: ArgumentField, given: Argument) -> str:
    try:
        return time.fromisoformat(str(given)).strftime("%H:%M")
    except ValueError:
        raise BadArgument(field.name) from None


def _read_row(field: ArgumentField, given: Argument) -> str:
    parts = [each.strip() for each in str(given).split(",")]
    if not field.least <= len(parts) <= field.most or not all(_is_number(each) for each in parts):
        raise BadArgument(field.name)
    return ",".join(str(int(each)) for each in parts)


def _read_pairs(field: ArgumentField, given: Argument) -> str:
    pairs = [each.strip().partition("=") for each in str(given).split(",")]
    good = all(len(begins) == 4 and _is_number(begins) and _is_number(number) for begins, _, number in pairs)
    if not field.least <= len(pairs) <= field.most or not good:
        raise BadArgument(field.name)
    return ",".join(f"{begins}={int(number)}" for begins, _, number in pairs)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 8


_READ: dict[FieldKind, Callable[[ArgumentField, Argument], Argument]] = {
    _F.NUMBER: _read_number,
    _F.MONEY: _read_number,
    _F.CHOICE: _read_choice,
    _F.MOMENT: _read_moment,
    _F.DIGITS: _read_digits,
    _F.NUMBERS: _read_numbers,
    _F.HOUR: _read_hour,
    _F.ROW: _read_row,
    _F.PAIRS: _read_pairs,
}
