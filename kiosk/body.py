"""The terminal's body: its door and the unit of screen and keys, as input files say (Linux GPIO: `value`, 0 or 1).

An opened door locks the terminal at once, with or without the platform: whoever opened it may have a hand on the line.
"""

import logging
from pathlib import Path

from kiosk.answers import State
from kiosk.clock import Clock
from kiosk.gate import Gate
from kiosk.journal import Journal, Kind

log = logging.getLogger(__name__)


class Body:
    """`door`: open, closed or none. `unit`: ok, fault or none. None: there is no such input."""

    def __init__(self, door: Path | None, unit: Path | None) -> None:
        self._door_input, self._unit_input = door, unit
        self.door = "none"
        self.unit = "none"

    async def look(self, journal: Journal, gate: Gate, clock: Clock) -> None:
        """Read the inputs; write down what has changed since the last look."""
        door = _word(self._door_input, "closed", "open")
        unit = _word(self._unit_input, "ok", "fault")
        if door == "open" and self.door != "open":
            await journal.note(Kind.DOOR_OPENED, clock())
            if gate.state is State.OPEN:
                await gate.move(State.LOCKED)
        if door == "closed" and self.door == "open":
            await journal.note(Kind.DOOR_CLOSED, clock())
        if unit == "fault" and self.unit != "fault":
            await journal.note(Kind.UNIT_FAULT, clock())
        self.door, self.unit = door, unit


def _word(path: Path | None, quiet: str, raised: str) -> str:
    """An input that cannot be read is raised: a cut wire is how one gets round a door switch."""
    if path is None:
        return "none"
    try:
        return quiet if path.read_text(encoding="ascii").strip() == "0" else raised
    except (OSError, ValueError) as failed:
        log.warning("%s cannot be read: %s", path.name, type(failed).__name__)
        return raised
