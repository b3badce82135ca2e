"""A scanner that types like a keyboard, told apart from a person: prefix, suffix, and a speed no finger has.

The rule as numbers for the screens' script, and as a pure reader with the same meaning. What is not a burst is a
person's typing and is left to the field it was typed into.
"""

from dataclasses import asdict, dataclass

from kiosk.codes import LONGEST


@dataclass(frozen=True, slots=True)
class WedgeRule:
    """`prefix`, `suffix`: keys as browsers name them. `gap_ms`: all gaps are shorter; a person's are longer."""

    prefix: str = "F13"
    suffix: str = "Enter"
    gap_ms: int = 50
    longest: int = LONGEST


RULE = WedgeRule()


def for_script(rule: WedgeRule = RULE) -> dict[str, str | int]:
    """The rule as data attributes of a page."""
    return asdict(rule)


class Burst:
    """Reads key after key; a whole burst comes out of the key that ends it."""

    def __init__(self, rule: WedgeRule = RULE) -> None:
        self._rule = rule
        self._text: list[str] | None = None
        self._last_ms = 0.0

    def feed(self, key: str, at_ms: float) -> str | None:
        """Take a key and the time it came at; return the text of the burst that it ends, if it ends one."""
        if key == self._rule.prefix:
            self._text, self._last_ms = [], at_ms
            return None
        if self._text is None:
            return None
        if at_ms - self._last_ms >= self._rule.gap_ms or len(self._text) > self._rule.longest:
            self._text = None
            return None
        self._last_ms = at_ms
        if key == self._rule.suffix:
            text, self._text = "".join(self._text), None
            return text or None
        if len(key) == 1:  # Shift and its like say nothing of themselves
            self._text.append(key)
        return None
