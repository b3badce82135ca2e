"""What the world file says of an existing head end."""

from dataclasses import dataclass, field

from headend_client.simulator.errors import WorldError

_SHORTEST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEndSpec:
    """`port`: of loopback, where it takes tasks; 0 any free one. `key_id`, `secret`: what both sides know."""

    port: int
    key_id: str
    secret: str = field(repr=False)
    name: str = "Existing head end"

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 0xFFFF:
            raise WorldError("port", "0 to 65535")
        if not self.key_id or len(self.secret) < _SHORTEST:
            raise WorldError("secret", f"{_SHORTEST} characters or more, and a name for it")
