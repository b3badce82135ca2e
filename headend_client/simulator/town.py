"""A large world in a few lines: so many concentrators with so many meters each, made from a rule as they are needed."""

from dataclasses import dataclass, field

from headend_client.simulator.errors import WorldError
from headend_client.simulator.keys import check_hex

MOST_METERS = 2040  # of one concentrator: its archive has no more places
_LAST_ADDRESS = 10**12 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Concentrators `region`-`first_terminal` and on, each with `meters_each` ESAM meters behind port 31.

    Meters count on from `first_address`, concentrator by concentrator. The number and the customer of a meter are its
    address, its key is derived from `master_key_hex`, the head end's (32 bytes). `control_port` is that of the first
    concentrator. What else is here is as in a world file, alike for all.
    """

    concentrators: int
    meters_each: int
    master_key_hex: str = field(repr=False)
    region: str = "3201"
    first_terminal: int = 1
    first_address: str = "100000000001"
    balance_cents: int = 5_000
    load_w: int = 400
    heartbeat_s: float = 60.0
    confirm_s: float = 30.0
    retry_s: float = 0.5
    retry_max_s: float = 10.0
    frame_bytes: int = 1024
    control_port: int | None = None

    def __post_init__(self) -> None:
        check_hex(self.master_key_hex, 32, "master_key_hex")
        if not 1 <= self.meters_each <= MOST_METERS:
            raise WorldError("meters_each", f"1 to {MOST_METERS}")
        if not 1 <= self.first_terminal <= self.first_terminal + self.concentrators - 1 <= 0xFFFF:
            raise WorldError("concentrators", "the last one has no address of its own")
        if len(self.first_address) != 12 or not self.first_address.isdecimal():
            raise WorldError("first_address", "12 digits")
        if int(self.first_address) + self.meters - 1 > _LAST_ADDRESS:
            raise WorldError("first_address", "the last meter has no address of its own")

    @property
    def meters(self) -> int:
        """How many there are in all."""
        return self.concentrators * self.meters_each

    def address(self, place: int, number: int) -> str:
        """Return the address of a meter: `place` of its concentrator, `number` there, both from 0."""
        return f"{int(self.first_address) + place * self.meters_each + number:012d}"

    def is_behind(self, place: int, address: str) -> bool:
        """Tell whether a meter of this address hangs on the concentrator at `place`."""
        if not (address.isascii() and address.isdecimal()):
            return False
        return (int(address) - int(self.first_address)) // self.meters_each == place
