"""How a verb ends. Three ways, all values: done, refused, unknown. (`Unreachable`, nothing sent, is an error.)"""

from dataclasses import dataclass
from datetime import datetime

from meters_io.gdw1376.archive import ArchiveEntry
from meters_io.gdw1376.events import (
    EnergyControl,
    NotReadable,
    OtherEvent,
    PowerLost,
    StatusChanged,
    TerminalEvent,
)
from meters_io.gdw1376.meter_values import PurchaseInfo, Register
from meters_io.gdw1376.readings import Reading
from meters_io.gdw1376.reports import Pointers, Report

__all__ = [  # and what concentrators say, as meters_io reads it
    "ArchiveEntry",
    "Done",
    "EnergyControl",
    "FrameRecord",
    "MeterWord",
    "NotReadable",
    "OtherEvent",
    "PointCurve",
    "Pointers",
    "PowerLost",
    "PurchaseInfo",
    "Reading",
    "Readings",
    "Refused",
    "Register",
    "Relay",
    "Report",
    "StatusChanged",
    "TerminalEvent",
    "TokenTaken",
    "Unknown",
    "Wallet",
]


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One frame as it crossed the wire, secrets already masked with 'xx'. `direction`: 'down' or 'up'."""

    at: datetime
    direction: str
    outer_hex: str
    inner_hex: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """Money in a meter: minor units, overdraft already subtracted. `count` is None for meters without one (STS).

    `energy_left_kwh`: what it holds is energy; the money is what that is worth.
    """

    balance_minor: int
    overdraft_minor: int
    count: int | None
    energy_left_kwh: int | None = None


@dataclass(frozen=True, slots=True)
class Relay:
    """Bits 4, 6, 7 and 12 of status word 3 (DL/T 645-2007, 04000503)."""

    relay_open: bool
    command_open: bool
    alarm: bool
    keep_power: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The meter said yes. It is not proof; the read-back is."""


@dataclass(frozen=True, slots=True)
class PointCurve:
    """A day of one quantity of a measuring point, from midnight. None: the concentrator does not have it."""

    point: int
    quantity: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class MeterWord:
    """What one of many meters said by name, or None and why: `code`, in our words; `silent`: it was not reached."""

    address: str
    values: dict[str, int | str | None] | None
    code: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Readings:
    """What a device said, by name (headend_client.registers); after an order that changes: what was read back.

    `archive`, `report`, `days`, `curves`: what only concentrators have, as meters_io reads it. `relay`: the status word
    after an order to the relay; its bits stand in `values` too. `meters`: of an order about many, those that are known.
    """

    values: dict[str, int | str | None]
    archive: tuple[ArchiveEntry, ...] = ()
    report: Report | None = None
    days: tuple[Reading, ...] = ()
    curves: tuple[PointCurve, ...] = ()
    relay: Relay | None = None
    meters: tuple[MeterWord, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenTaken:
    """The meter's word on a token: accepted now, or used before (which proves an earlier acceptance)."""

    already: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The meter or concentrator said no. `code` is ours (meters_io.dlt645.refusals, sts result names)."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bytes left us and no answer came that settles it. Read back before anything else."""

    reason: str
