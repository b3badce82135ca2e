"""What the simulator raises.

SimulatorError
+- WorldError    a world file, a meter's memory or an order at the control port that cannot be read; `path` says where
+- NotThere      an order at the control port names a meter or concentrator that this process does not run
"""


class SimulatorError(Exception):
    """Base of this package's errors."""


class WorldError(SimulatorError):
    """JSON from outside that does not say what it must."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'world'}: {reason}")
        self.path = path
        self.reason = reason


class NotThere(SimulatorError):
    """No such meter or concentrator here."""
