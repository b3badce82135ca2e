"""Total groups of a terminal that keep what was bought, as the world file has them."""

from dataclasses import dataclass

from headend_client.simulator.errors import WorldError

MOST_GROUPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """One total group. `number`: 1..8. `rounds`: its switches, bit 0 the first. `load_w`: what its customers draw.

    `price_e4`: it counts money, and a kWh costs so much (1/10000 yuan); None: it counts kWh. `steps`: what it has left
    when it is seen first, in kWh or li (0.001 yuan). `controlled`: it opens its rounds when that is used up.
    """

    number: int
    rounds: int = 1
    load_w: int = 0
    price_e4: int | None = None
    steps: int = 0
    controlled: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MOST_GROUPS:
            raise WorldError("number", f"1 to {MOST_GROUPS}")
        if not 0 <= self.rounds <= 0xFF:
            raise WorldError("rounds", "eight bits")
        if self.load_w < 0 or (self.price_e4 is not None and self.price_e4 <= 0):
            raise WorldError("load_w", "this cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterSpec:
    """A master meter of a transformer area. `address`: 12 digits. `port`: where it hangs; it is heard there only.

    `load_w`: what the area draws on the average of a day.
    """

    address: str
    port: int = 2
    load_w: int = 10_000

    def __post_init__(self) -> None:
        if len(self.address) != 12 or not (self.address.isascii() and self.address.isdecimal()):
            raise WorldError("address", "12 digits")
        if self.load_w < 0:
            raise WorldError("load_w", "this cannot be negative")
