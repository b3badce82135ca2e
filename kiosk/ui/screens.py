"""What is on the screen, before anybody decides how it looks: shown by touch, or as eight lines and a keypad."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Facts = Mapping[str, str]


class Tone(StrEnum):
    """`good`: it worked. `warn`: read this first. `bad`: it did not work."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence by its code, with what stands in it."""

    code: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to press. `act` is what happens; its number on the keypad is its place, from 1."""

    act: str
    label: Say
    main: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Digits to be typed. `groups`: how many digits a block has; `full`: how many there are in all, 0 for any."""

    typed: str
    label: Say
    groups: int = 4
    full: int = 0
    longest: int = 20

    @property
    def blocks(self) -> tuple[str, ...]:
        """What was typed, in blocks; those still empty too where it is known how many there are."""
        total = max(self.full, len(self.typed))
        return tuple(
            self.typed[at : at + self.groups].ljust(min(self.groups, total - at), "·")
            for at in range(0, total, self.groups)
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a story. `mark`: done, now, late, stuck, ahead."""

    mark: str
    what: Say
    when: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen. `figure` is what is read from afar; `back` False: there is nothing to go back to.

    `spoken` is what the voice says; the title and the text where it is empty. `codes`: long digits to be read off.
    """

    name: str
    title: Say
    text: tuple[Say, ...] = ()
    tone: Tone = Tone.PLAIN
    figure: str = ""
    choices: tuple[Choice, ...] = ()
    entry: Entry | None = None
    lines: tuple[Line, ...] = ()
    codes: tuple[str, ...] = ()
    qr: str = ""
    back: bool = True
    busy: bool = False
    spoken: tuple[Say, ...] = ()
