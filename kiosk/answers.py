"""What the use-cases of the counter answer: codes and figures, never sentences. `Trouble` says why there is none."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kiosk.codes import CodeKind
from kiosk.meter import RelayEnd, TokenEnd
from kiosk.shapes import Announcement, MeterView, Posted


class State(StrEnum):
    """`locked`: the door was opened, staff must look. `out_of_service`: revoked, or never enrolled."""

    OPEN = "open"
    LOCKED = "locked"
    OUT_OF_SERVICE = "out_of_service"


class Source(StrEnum):
    """Where a figure comes from: the platform now, the meter itself on the line now, or what is kept."""

    LIVE = "live"
    LINE = "line"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class MeterCard:
    """A meter as the screen shows it. `as_of`: the age of the balance. `supply`: on, off, armed, keep_power, unknown.

    `on_line`: this terminal can speak to it. `waiting`: tokens that were issued for it and can go in now.
    `may_pay`: else the screen says that paying is not possible now. `view`: all that the platform says, if it does.
    `inbox`: what was told about it, the newest first.
    """

    number: str
    source: Source
    takes_tokens: bool
    as_of: datetime | None = None
    balance_minor: int | None = None
    supply: str = "unknown"
    arrears_minor: int = 0
    reclose_limit_minor: int = 0
    on_line: bool = False
    waiting: int = 0
    may_pay: bool = False
    view: MeterView | None = None
    inbox: tuple[Posted, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the supply. `code`: below_limit, needs_hand, not_from_here, no_answer, or why the meter refused.

    `relay` is None where no order was given.
    """

    supply: str
    relay: RelayEnd | None = None
    code: str = ""
    balance_minor: int | None = None

    @property
    def lit(self) -> bool:
        """The meter says that supply is on."""
        return self.supply == "on"


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a token, or of several (`ends`, in order, ending with the first that did not go in)."""

    number: str
    ends: tuple[TokenEnd, ...]
    restored: Restored | None = None

    @property
    def inside(self) -> bool:
        """All of it is in the meter."""
        return all(end.inside for end in self.ends)


@dataclass(frozen=True, slots=True)
class Charged:
    """What became of a payer's code. `state`: paid, checking, refused, or unknown: ask again, and charge no other."""

    state: str
    ref: str | None = None


class PrintEnd(StrEnum):
    """How printing ended. After `paper_out` and `fault` the slip is kept."""

    PRINTED = "printed"
    PAPER_OUT = "paper_out"
    FAULT = "fault"
    NO_PRINTER = "no_printer"


@dataclass(frozen=True, slots=True)
class Printed:
    """What became of a slip."""

    ref: str
    outcome: PrintEnd


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that came in. `text`: a number or reference that may be shown. `handle`: names a token or payer's code
    that is kept here for two minutes and for one use, so that no page ever holds it.
    """

    kind: CodeKind
    text: str = ""
    handle: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Notices:
    """The board and its age."""

    announcements: tuple[Announcement, ...]
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Works:
    """What is possible at this moment."""

    state: State
    paying: bool
    tokens: bool
    printing: bool
    queue: int
