"""What a driver can be asked to do besides carrying credit: orders to meters and to concentrators, as plain values.

An order says what is wanted, in the words of `headend_client.registers`; how a meter model hears it is in `verbs/`. An
order that changes something is proved by reading it back: its outcome holds what was read afterwards.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from meters_io.gdw1376.archive import ArchiveEntry
from meters_io.layout import Plain


@dataclass(frozen=True, slots=True)
class Read:
    """Read registers, one after the other. `names`: of headend_client.registers."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadFrozen:
    """Read what was frozen at the end of a day: money and energy. `days_ago`: 1..62."""

    days_ago: int


@dataclass(frozen=True, slots=True)
class Write:
    """Write registers, each read back. `values`: by name, in the units of headend_client.registers."""

    values: tuple[tuple[str, Plain], ...]


@dataclass(frozen=True, slots=True)
class SetClock:
    """Set a meter's clock to now."""


class RelayWish(StrEnum):
    """What a relay, or the keep-power state in front of it, is to do. To open it needs a clearance: `trip_relay`."""

    ALLOW_CLOSE = "allow_close"
    CLOSE = "close"
    KEEP_POWER_ON = "keep_power_on"
    KEEP_POWER_OFF = "keep_power_off"


@dataclass(frozen=True, slots=True)
class Switch:
    """Order the relay; the status word is read afterwards, and its bits are the outcome."""

    wish: RelayWish


@dataclass(frozen=True, slots=True)
class EnterTokens:
    """Enter STS tokens other than credit: a setting, or a key change set in its order."""

    digits: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """Read the total group that keeps what was bought: the last bill, what is left, its rounds, what is on and open."""


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Have a terminal open the rounds when what was bought is used up (AFN 04 F48, AFN 05 F16), or not (F24)."""

    on: bool


MeterOrder: TypeAlias = Read | ReadFrozen | Write | SetClock | Switch | EnterTokens | ReadGroup | ControlGroup


@dataclass(frozen=True, slots=True)
class ReadTerminalClock:
    """Read a concentrator's clock (AFN 0C F2)."""


@dataclass(frozen=True, slots=True)
class SetTerminalClock:
    """Set a concentrator's clock to now (AFN 05 F31)."""


@dataclass(frozen=True, slots=True)
class SyncMeters:
    """Have a concentrator tell its meters the time every day, or stop that."""

    on: bool


@dataclass(frozen=True, slots=True)
class ReadArchive:
    """Read which meters a concentrator has (AFN 0A F10). `sequences`: their places; empty: all that it has."""

    sequences: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeArchive:
    """Add, change or delete meters (AFN 04 F10); read back afterwards."""

    entries: tuple[ArchiveEntry, ...]


@dataclass(frozen=True, slots=True)
class ClearArchive:
    """Delete all meters. `history`: what was stored of them too (AFN 01)."""

    history: bool


@dataclass(frozen=True, slots=True)
class ReadParameters:
    """Read parameters of a concentrator (AFN 0A). `functions`: numbers such as 33, each for `point`."""

    functions: tuple[int, ...]
    point: int = 0


@dataclass(frozen=True, slots=True)
class SetParameters:
    """Set parameters (AFN 04), read back afterwards. `values`: by function number, as meters_io names their fields."""

    values: tuple[tuple[int, Plain], ...]
    point: int = 0


@dataclass(frozen=True, slots=True)
class CollectEvents:
    """Fetch the events that we have not seen (AFN 0E). `known`: the counters EC1 and EC2 up to which we have them."""

    known: tuple[int, int]


@dataclass(frozen=True, slots=True)
class CollectDay:
    """Fetch frozen purchases (0D F210) and energy (0D F161) of many points at once. `points`: measuring points."""

    points: tuple[int, ...]
    day: date


@dataclass(frozen=True, slots=True)
class CollectFrozen:
    """Have read what many meters froze at the end of a day, in one task of an existing head end.

    `meters`: (address, profile) of each, at most `MOST_METERS`. `days_ago`: as in `ReadFrozen`.
    """

    meters: tuple[tuple[str, str], ...]
    days_ago: int


MOST_METERS = 500  # of one task: its answer stays well below what a head end may answer with


@dataclass(frozen=True, slots=True)
class CollectCurves:
    """Fetch a day's curves of a measuring point (0D F81 and up), a point every `minutes` (15, 30, 60).

    `quantities`: by the names of registers (headend_client.terminal_verbs.curves).
    """

    point: int
    day: date
    minutes: int
    quantities: tuple[str, ...]


TerminalOrder: TypeAlias = (
    ReadTerminalClock
    | SetTerminalClock
    | SyncMeters
    | ReadArchive
    | ChangeArchive
    | ClearArchive
    | ReadParameters
    | SetParameters
    | CollectEvents
    | CollectDay
    | CollectFrozen
    | CollectCurves
)
