"""Why am I dark? One cause from everything that is known, and what to do next (SPEC M-1, R-5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.relay import Supply
from app.domain.wallet import is_stale


class Cause(StrEnum):
    """`armed`: the meter waits for a hand. `on_its_way`: paid, and not in the meter or not switched on yet.

    `line_down`: we cannot ask, so we do not know. `unknown`: we could ask, and have not lately.
    """

    CREDIT = "credit"
    AREA_OUTAGE = "area_outage"
    PLANNED_WORK = "planned_work"
    ARMED = "armed"
    ON_ITS_WAY = "on_its_way"
    FAULT = "fault"
    LINE_DOWN = "line_down"
    UNKNOWN = "unknown"
    NOT_DARK = "not_dark"


class Next(StrEnum):
    """What to do about it."""

    PAY = "pay"
    WAIT_FOR_AREA = "wait_for_area"
    PRESS = "press"
    FOLLOW = "follow"
    CALL = "call"
    READ = "read"
    LOOK_INSIDE = "look_inside"
    SAY_STILL_OUT = "say_still_out"


NEXT: dict[Cause, Next] = {
    Cause.CREDIT: Next.PAY,
    Cause.AREA_OUTAGE: Next.WAIT_FOR_AREA,
    Cause.PLANNED_WORK: Next.WAIT_FOR_AREA,
    Cause.ARMED: Next.PRESS,
    Cause.ON_ITS_WAY: Next.FOLLOW,
    Cause.FAULT: Next.CALL,
    Cause.LINE_DOWN: Next.CALL,
    Cause.UNKNOWN: Next.READ,
    Cause.NOT_DARK: Next.LOOK_INSIDE,
}
LATELY = timedelta(minutes=15)  # what a meter said of its relay counts as its present state for this long


@dataclass(frozen=True, slots=True)
class Signs:
    """Everything that is known. Money in minor units; `outage_since`: when an outage of the place began, if one holds.

    `money_coming`: a purchase is on its way, or its relay is still being seen to. `fault_known`: a person has been
    asked about this meter's relay. `restored`: an outage of the place is said to be over, and the meter has not been
    heard since.
    """

    supply: Supply
    supply_read_at: datetime | None
    balance_minor: int | None
    balance_read_at: datetime | None
    reclose_limit_minor: int
    overdraft_limit_minor: int
    linked: bool
    silent: bool
    outage_since: datetime | None = None
    outage_planned: bool = False
    money_coming: bool = False
    fault_known: bool = False
    restored: bool = False

    @property
    def out_of_credit(self) -> bool:
        """Is the balance too low for the relay to close?"""
        return self.balance_minor is not None and self.balance_minor <= self.reclose_limit_minor


def cause(signs: Signs, now: datetime) -> Cause:
    """The one cause that explains the darkness best, or that there is none, or that we do not know."""
    if _area_is_out(signs, now):
        return Cause.PLANNED_WORK if signs.outage_planned else Cause.AREA_OUTAGE
    if signs.supply is Supply.ARMED:
        return Cause.ARMED
    if signs.supply in (Supply.ON, Supply.KEEP_POWER):
        return _though_it_was_on(signs, now)
    if signs.money_coming:
        return Cause.ON_ITS_WAY
    if signs.out_of_credit:
        return Cause.CREDIT
    if signs.fault_known or (signs.supply is Supply.OFF and _relay_is_news(signs)):
        return Cause.FAULT
    return _not_known(signs)


def next_step(found: Cause, signs: Signs) -> Next:
    """What to do; where a restoration may have missed the meter, saying so helps more than anything else."""
    if found in (Cause.LINE_DOWN, Cause.UNKNOWN) and signs.restored:
        return Next.SAY_STILL_OUT
    return NEXT[found]


def _area_is_out(signs: Signs, now: datetime) -> bool:
    """An outage holds, unless the meter has just answered: whoever answers has power at its door."""
    if signs.outage_since is None:
        return False
    heard = signs.supply_read_at
    return heard is None or heard < signs.outage_since or now - heard > LATELY


def _though_it_was_on(signs: Signs, now: datetime) -> Cause:
    """The relay was closed when it was last read. A meter that has used up its money since has opened it."""
    if signs.supply is Supply.ON and _cut_since(signs):
        return Cause.ON_ITS_WAY if signs.money_coming else Cause.CREDIT
    if not is_stale(signs.supply_read_at, now, LATELY):
        return Cause.NOT_DARK
    return _not_known(signs)


def _cut_since(signs: Signs) -> bool:
    if signs.balance_minor is None or signs.balance_read_at is None:
        return False
    spent = signs.balance_minor <= -signs.overdraft_limit_minor and signs.out_of_credit
    return spent and (signs.supply_read_at is None or signs.supply_read_at < signs.balance_read_at)


def _relay_is_news(signs: Signs) -> bool:
    """Was the relay read with the balance or after it? Else it may have been closed since."""
    if signs.balance_minor is None or signs.supply_read_at is None:
        return False
    return signs.balance_read_at is None or signs.supply_read_at >= signs.balance_read_at


def _not_known(signs: Signs) -> Cause:
    return Cause.UNKNOWN if signs.linked and not signs.silent else Cause.LINE_DOWN
