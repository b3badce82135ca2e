"""What a verb is aimed at, and what it carries. Plain values; no database row crosses this line."""

from dataclasses import dataclass
from enum import IntEnum

GDW1376 = "gdw1376"  # concentrators that dial in
GROUPS = "gdw1376_groups"  # total groups of such concentrators, which keep what was bought themselves


class Priority(IntEnum):
    """Lower goes first. Restoring somebody's supply goes before everything (SPEC H-6)."""

    RESTORE = 0
    ASKED = 1
    ROUTINE = 2


@dataclass(frozen=True, slots=True)
class ConcentratorAddress:
    """Q/GDW 1376.1 address: four BCD digits of region, terminal number 1..65535."""

    region: str
    terminal: int

    def __str__(self) -> str:
        """As people and logs write it: 3201-7."""
        return f"{self.region}-{self.terminal}"


@dataclass(frozen=True, slots=True)
class StsIdentity:
    """What an STS vending key and decoder key are found by.

    `ea`: the meter's cipher, 7 or 11; `tct`: its token carrier, 2 for typed digits; `ken`: its key expiry number.
    """

    drn: str
    sgc: str
    krn: int
    ti: int
    ea: int = 11
    tct: int = 2
    ken: int = 255


@dataclass(frozen=True, slots=True)
class Group:
    """A total group of a terminal that keeps what was bought (总加组), 1..8, and its switches, 1..8.

    `price_e4`: it counts kWh, and one is worth so much (1/10000); None: it counts money. At or below `alarm` it warns,
    at or below `trip` it opens its switches: kWh, or minor units.
    """

    number: int
    rounds: tuple[int, ...]
    price_e4: int | None = None
    alarm: int = 0
    trip: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """One meter behind one concentrator port. `customer` is the 12-digit customer number kept in an ESAM.

    `driver`: which way leads to it (headend_client.drivers). `group`: what it bought is kept by its terminal, there.
    """

    address: str
    profile: str
    concentrator: ConcentratorAddress
    port: int
    customer: str = ""
    sts: StsIdentity | None = None
    priority: Priority = Priority.ROUTINE
    driver: str = GDW1376
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One concentrator, as what an order is about. `priority`: of its talk with the concentrator itself."""

    concentrator: ConcentratorAddress
    priority: Priority = Priority.ROUTINE
    driver: str = GDW1376


@dataclass(frozen=True, slots=True)
class Recharge:
    """A recharge: minor units and the purchase count it is sent under. `energy_kwh`: what a group that counts kWh gets
    for it."""

    amount_minor: int
    number: int
    energy_kwh: int | None = None
