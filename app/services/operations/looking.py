"""How a device is asked whether an earlier try has already done what it was told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.domain.operation import OperationKind
from app.ports import FrameRecord, Gateway, Read, Readings, Refused, Relay, Target, Unknown

Said = Readings | Relay | Refused | Unknown


class Look(Protocol):
    """Asks, and judges what was said."""

    async def ask(self, gateway: Gateway, target: Target, frames: list[FrameRecord]) -> Said:
        """Read what tells. Raises Unreachable."""

    def is_done(self, said: Readings | Relay) -> bool:
        """Is the device as it was wanted?"""


@dataclass(frozen=True, slots=True)
class LookAtRegisters:
    """Written registers read as they were wanted."""

    values: tuple[tuple[str, int | str], ...]

    async def ask(self, gateway: Gateway, target: Target, frames: list[FrameRecord]) -> Said:
        return await gateway.operate(target, Read(tuple(name for name, _ in self.values)), frames)

    def is_done(self, said: Readings | Relay) -> bool:
        return isinstance(said, Readings) and all(said.values.get(name) == value for name, value in self.values)


@dataclass(frozen=True, slots=True)
class LookAtRelay:
    """The relay stands as it was wanted."""

    kind: OperationKind

    async def ask(self, gateway: Gateway, target: Target, frames: list[FrameRecord]) -> Said:
        return await gateway.read_relay(target, frames)

    def is_done(self, said: Readings | Relay) -> bool:
        return isinstance(said, Relay) and _STANDS[self.kind](said)


_STANDS: dict[OperationKind, Callable[[Relay], bool]] = {  # as the head end judges what it reads back
    OperationKind.TRIP_RELAY: lambda relay: relay.command_open,
    OperationKind.CLOSE: lambda relay: not (relay.relay_open and relay.command_open),
    OperationKind.ALLOW_CLOSE: lambda relay: not (relay.relay_open and relay.command_open),
    OperationKind.KEEP_POWER_ON: lambda relay: relay.keep_power,
    OperationKind.KEEP_POWER_OFF: lambda relay: not relay.keep_power,
}
