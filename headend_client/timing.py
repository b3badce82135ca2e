"""How long a head end waits for what.

The wait for a forward must be longer than the concentrator's own: for a free port (5 s on RS-485, 120 s on carrier),
for the meter (frame timeout), and for the way there and back. Otherwise it answers when nobody listens any more.
Source: firmware of concentrators, quoted with Q/GDW 1376.1 AFN 10.
"""

from dataclasses import dataclass

from meters_io.gdw1376.passage import CARRIER_PORT, LINE_2400_8E1


@dataclass(frozen=True, slots=True)
class PortTiming:
    """`line`: control word of the meters' line. `frame_timeout_ms`: how long the concentrator waits for a meter.

    `answer_s`: how long we wait for the concentrator.
    """

    frame_timeout_ms: int
    answer_s: float
    line: int = LINE_2400_8E1


@dataclass(frozen=True, slots=True)
class Timing:
    """`turn_s`: how long a verb waits for its turn on a busy port. `verb_s`: how long it may take in all, below the
    time limit of a job. `heartbeat_s`: the period concentrators are set to. `terminal_s`: how long we wait for a
    concentrator's own word, and for each further part of it.
    """

    carrier: PortTiming = PortTiming(60_000, 190.0)
    wired: PortTiming = PortTiming(3_000, 18.0)
    turn_s: float = 45.0
    verb_s: float = 240.0
    heartbeat_s: float = 900.0
    terminal_s: float = 20.0

    def of(self, port: int) -> PortTiming:
        """Return the timing of a concentrator port: 31 is the carrier, 2 to 4 are RS-485."""
        return self.carrier if port == CARRIER_PORT else self.wired

    @property
    def longest_s(self) -> float:
        """After this long no answer to a request can come any more."""
        return max(self.carrier.answer_s, self.wired.answer_s, self.terminal_s)
