"""The keypad of a meter: digits one at a time until a token is whole. What the token is worth is the meter's affair."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from meters_io.errors import LocalError

BACKSPACE = "<"
_DIGITS = frozenset("0123456789")
_TOKEN_LENGTH = 20


@dataclass(frozen=True, slots=True)
class KeypadRules:
    """`patience`: how long may pass between two keys before what stands there is forgotten."""

    patience: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Typed:
    """The digits that stand on the display, and when the last key was pressed. A power cut leaves `Typed()`."""

    digits: str = field(default="", repr=False)
    at: datetime | None = None


def press(typed: Typed, key: str, now: datetime, rules: KeypadRules = KeypadRules()) -> tuple[Typed, str | None]:
    """Return what stands there after a key, and the twenty digits of a token once they are whole.

    `key`: a digit, or BACKSPACE. Raises LocalError: `keypad_key`, `naive_time`.
    """
    if now.tzinfo is None:
        raise LocalError("a keypad needs an aware time", code="naive_time", field="now")
    if key not in _DIGITS and key != BACKSPACE:
        raise LocalError("a keypad has digits and a way back", code="keypad_key", field="key")
    before = "" if _is_forgotten(typed, now, rules) else typed.digits
    digits = before[:-1] if key == BACKSPACE else before + key
    if len(digits) == _TOKEN_LENGTH:
        return Typed(), digits
    return Typed(digits, now), None


def _is_forgotten(typed: Typed, now: datetime, rules: KeypadRules) -> bool:
    return typed.at is not None and now - typed.at > rules.patience
