"""Scripted meters by name, as data: what a meter does that a good one would not, how often, for how long."""

from dataclasses import dataclass
from enum import StrEnum

from headend_client.simulator.errors import WorldError


class Script(StrEnum):
    """A meter's part in a story. "Changing" commands are recharges, tokens, relay orders and writes, refused ones too.

    `WELL_BEHAVED`  does what the standard says
    `SLOW`          every answer takes `seconds` (silent where the concentrator does not wait that long)
    `DEAF`          obeys, and the answers to its first `times` changing commands are lost; reads answer
    `DEAD`          neither obeys nor answers
    `LAZY_RELAY`    says yes to its first `times` orders to close and does nothing
    `WRONG_COUNT`   its purchase count is `count_ahead` further than the head end believes
    `KEEP_POWER`    stands under a keep-power order: no trip is obeyed
    `HOARDER`       holds at most `limit_cents`, so it refuses what would bring it over
    `DROPS_LINK`    obeys its first `times` recharges or tokens, and the concentrator's link breaks amid the answer
    `LATE_ANSWER`   obeys its first `times` changing commands; the answers arrive `seconds` later, long given up
    `IDLE`          says yes to its first `times` relay orders and writes of any kind, and does nothing
    `SAYS_NO`       refuses its first `times` writes, and has done them all the same
    """

    WELL_BEHAVED = "well_behaved"
    SLOW = "slow"
    DEAF = "deaf"
    DEAD = "dead"
    LAZY_RELAY = "lazy_relay"
    WRONG_COUNT = "wrong_count"
    KEEP_POWER = "keep_power"
    HOARDER = "hoarder"
    DROPS_LINK = "drops_link"
    LATE_ANSWER = "late_answer"
    IDLE = "idle"
    SAYS_NO = "says_no"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a script where the world file names none. `times` None: always."""

    times: int | None = None
    seconds: float = 0.0
    count_ahead: int = 0
    limit_cents: int = 0


DEFAULTS: dict[Script, Figures] = {
    Script.WELL_BEHAVED: Figures(),
    Script.SLOW: Figures(seconds=4.0),
    Script.DEAF: Figures(times=1),
    Script.DEAD: Figures(),
    Script.LAZY_RELAY: Figures(),
    Script.WRONG_COUNT: Figures(count_ahead=3),
    Script.KEEP_POWER: Figures(),
    Script.HOARDER: Figures(limit_cents=10_000),
    Script.DROPS_LINK: Figures(times=1),
    Script.LATE_ANSWER: Figures(times=1, seconds=45.0),
    Script.IDLE: Figures(),
    Script.SAYS_NO: Figures(),
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A script and its figures; None takes the script's own (`DEFAULTS`). `always`: as often as it comes."""

    script: Script = Script.WELL_BEHAVED
    times: int | None = None
    seconds: float | None = None
    count_ahead: int | None = None
    limit_cents: int | None = None
    always: bool = False

    def __post_init__(self) -> None:
        for name in ("times", "seconds", "count_ahead", "limit_cents"):
            number = getattr(self, name)
            if number is not None and number < 0:
                raise WorldError(name, "this cannot be negative")

    @property
    def figures(self) -> Figures:
        """The script's figures with ours in their place."""
        own = DEFAULTS[self.script]
        times = own.times if self.times is None else self.times
        return Figures(
            times=None if self.always else times,
            seconds=own.seconds if self.seconds is None else self.seconds,
            count_ahead=own.count_ahead if self.count_ahead is None else self.count_ahead,
            limit_cents=own.limit_cents if self.limit_cents is None else self.limit_cents,
        )
