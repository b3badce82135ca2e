"""A laboratory as its file says it: a seed, the ways, the faults."""

from dataclasses import dataclass, field

from headend_client.simulator.errors import WorldError
from headend_client.simulator.lab.faults import Fault, Rate
from headend_client.simulator.lab.paths import PATHS, UPLINKS, Path, Uplink

CARRIER_PORT = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSpec:
    """`carrier`, `wired`: the ways behind port 31 and behind all others; `uplink`: by their names in `paths`.

    `own_paths`, `own_uplinks`: ways with figures of one's own, to be named as well. `faults`: one `Rate` each at most.
    """

    seed: int = 1
    carrier: str = "narrow_band"
    wired: str = "rs485"
    uplink: str = "4g"
    own_paths: tuple[Path, ...] = ()
    own_uplinks: tuple[Uplink, ...] = ()
    faults: tuple[Rate, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("carrier", "wired"):
            if getattr(self, name) not in self._paths():
                raise WorldError(name, "one of " + ", ".join(self._paths()))
        if self.uplink not in self._uplinks():
            raise WorldError("uplink", "one of " + ", ".join(self._uplinks()))
        named = [rate.fault for rate in self.faults]
        if len(set(named)) < len(named):
            raise WorldError("faults", "a fault has one rate")

    def path(self, port: int) -> Path:
        """Return the way behind a port."""
        return self._paths()[self.carrier if port == CARRIER_PORT else self.wired]

    def way_up(self) -> Uplink:
        """Return the way to the front-end."""
        return self._uplinks()[self.uplink]

    def rates(self, faults: tuple[Fault, ...]) -> tuple[Rate, ...]:
        """Return the rates of these faults, in the order of `faults`."""
        by_fault = {rate.fault: rate for rate in self.faults}
        return tuple(by_fault[fault] for fault in faults if fault in by_fault)

    def _paths(self) -> dict[str, Path]:
        return PATHS | {path.name: path for path in self.own_paths}

    def _uplinks(self) -> dict[str, Uplink]:
        return UPLINKS | {uplink.name: uplink for uplink in self.own_uplinks}


CALM = LabSpec(carrier="perfect", wired="perfect", uplink="perfect")
