"""A meter at one moment, as those see it who write its items."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from headend_client.simulator.meter import Meter
from meters_io.dlt645 import values
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.status import StatusWord3

_ENERGY_WRAP_WH = 1_000_000_000  # XXXXXX.XX kWh begins again


class Gate(Protocol):
    """What differs between the two ways of taking credit, as far as reading sees it."""

    def status(self, now: datetime) -> StatusWord3: ...

    def minutes_left(self, now: datetime) -> int | None: ...


@dataclass(frozen=True, slots=True)
class View:
    """A meter at one moment."""

    meter: Meter
    gate: Gate
    now: datetime

    @property
    def clock(self) -> bytes:
        """Seven bytes, as in item 0400010C: ss mm hh WW DD MM YY."""
        return values.clock_to_bytes(self.meter.clock(self.now), self.meter.around.zone)

    def moment(self, moment: datetime | None, width: int) -> bytes:
        """Return a moment in the meter's local time."""
        return values.moment_to_bytes(moment, self.meter.around.zone, width)


Register: TypeAlias = Callable[[View], bytes]


def energy(energy_wh: int) -> bytes:
    """Return a register of energy as it shows, beginning again after 999999.99 kWh."""
    return values.energy_to_bytes(energy_wh % _ENERGY_WRAP_WH)


@dataclass(frozen=True, slots=True)
class Setting:
    """An item of the settings. `write` says why the meter does not take a value; it is None where none is taken."""

    read: Register
    write: Callable[[Meter, bytes, datetime], RefusalCode | None] | None
