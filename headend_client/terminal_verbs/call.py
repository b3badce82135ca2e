"""One order to a concentrator under way: whom it is for, and what it may use."""

from dataclasses import dataclass
from datetime import tzinfo

from headend_client.clock import Clock
from headend_client.session import Session
from headend_client.target import Place
from headend_client.trace import Trace


@dataclass(frozen=True, slots=True)
class TerminalCall:
    """What a verb is given. `zone`: local time of the clocks. `until`: loop time by which it has to end."""

    place: Place
    session: Session
    trace: Trace
    now: Clock
    zone: tzinfo
    until: float
