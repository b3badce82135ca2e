"""What goes wrong beside latency and loss, by name. How often, a laboratory says with a `Rate`."""

from dataclasses import dataclass
from enum import StrEnum

from headend_client.simulator.errors import WorldError
from headend_client.simulator.lab.paths import check_share


class Fault(StrEnum):
    """Of exchanges with meters, of bytes, of links, of devices."""

    REPLY_LOST = "reply_lost"  # the meter obeyed what changes it, and k = 0 comes
    NO_ANSWER = "no_answer"  # k = 0, and the meter heard nothing
    DENIED = "denied"  # AFN 00 F2, and the meter heard nothing
    LATE = "late"  # the answer comes `seconds` later, under its old number
    OTHER_METER = "other_meter"  # it bears another meter's address
    NOT_THERE = "not_there"  # its values are EE throughout: "not available"
    NOT_BCD = "not_bcd"  # its values are no digits

    SPLIT = "split"  # the frame is cut anywhere, and the rest comes later
    GLUED = "glued"  # another frame that nobody asked for stands before it in one piece
    TWICE = "twice"  # it comes twice
    NOISE = "noise"  # what is no frame stands before it
    BAD_CHECKSUM = "bad_checksum"  # its checksum is wrong

    VANISHED = "vanished"  # the concentrator forgets its connection without a FIN, and dials again
    HALF_OPEN = "half_open"  # the connection stands and nobody is there, for `seconds`
    POWER_CUT = "power_cut"  # ERC 14, silence for `seconds`, login, ERC 14 with its end
    SECOND_LOGIN = "second_login"  # it dials and logs in again while the first connection stands
    HUNG_UP = "hung_up"  # it ends the connection in good order
    REPORT_TWICE = "report_twice"  # each report comes twice, confirmed or not

    CLOCK_AHEAD = "clock_ahead"  # the concentrator's clock is `seconds` ahead, so that time tags kill orders
    METER_CLOCK_BEHIND = "meter_clock_behind"  # a meter's clock is `seconds` behind
    DEAD_METER = "dead_meter"  # a meter that neither obeys nor answers
    LAZY_RELAY = "lazy_relay"  # a meter that says yes to closing and leaves its relay as it is


OF_EXCHANGES = (
    Fault.REPLY_LOST, Fault.NO_ANSWER, Fault.DENIED, Fault.LATE, Fault.OTHER_METER, Fault.NOT_THERE, Fault.NOT_BCD,
)  # fmt: skip
OF_BYTES = (Fault.SPLIT, Fault.GLUED, Fault.TWICE, Fault.NOISE, Fault.BAD_CHECKSUM)
OF_LINKS = (
    Fault.VANISHED, Fault.HALF_OPEN, Fault.POWER_CUT, Fault.SECOND_LOGIN, Fault.HUNG_UP, Fault.REPORT_TWICE,
)  # fmt: skip
OF_TERMINALS = (Fault.CLOCK_AHEAD,)
OF_METERS = (Fault.DEAD_METER, Fault.LAZY_RELAY, Fault.METER_CLOCK_BEHIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`share` of the exchanges, answers, links, concentrators or meters have this fault.

    `seconds`: how late, how long, how wrong. `within_s`: so long after the login at most a link's fault begins.
    """

    fault: Fault
    share: float
    seconds: float = 300.0
    within_s: float = 600.0

    def __post_init__(self) -> None:
        check_share(self.share, "share")
        if self.seconds < 0 or self.within_s < 0:
            raise WorldError("seconds", "this cannot be negative")
