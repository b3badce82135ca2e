"""Emergency credit (应急电费): when a meter may have an advance that the next payment repays first (SPEC R-10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.reach import Reach


class Refusal(StrEnum):
    """Why there is no advance. `too_little`: it would not bring the light back, and only leave a debt."""

    SWITCHED_OFF = "switched_off"
    NOT_READ = "not_read"
    NOT_NEEDED = "not_needed"
    TAKEN = "taken"
    TOO_SOON = "too_soon"
    MONEY_COMING = "money_coming"
    TOO_LITTLE = "too_little"
    METER_DOWN = "meter_down"


class AdvanceRefused(Exception):
    """There is no advance; nothing has been changed. `code` is the refusal's."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.code = refusal.value


@dataclass(frozen=True, slots=True)
class Terms:
    """What the utility allows: `amount_minor` at a time (0: nothing), and not again within `rest`."""

    amount_minor: int
    rest: timedelta


def opened(usual: Terms, least_minor: int) -> Terms:
    """What is allowed during an amnesty, when people may be unable to buy (SPEC M-5): no rest, and at least so much."""
    return Terms(max(usual.amount_minor, least_minor), timedelta())


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a meter and its account. `open`: an advance is not repaid yet."""

    balance_minor: int | None
    reclose_limit_minor: int
    reach: Reach
    takes_tokens: bool
    open: bool = False
    last_granted_at: datetime | None = None
    money_coming: bool = False


def refusal(terms: Terms, case: Case, now: datetime) -> Refusal | None:
    """Why there is no advance now; None: it may be had."""
    if terms.amount_minor <= 0:
        return Refusal.SWITCHED_OFF
    if case.open:
        return Refusal.TAKEN
    if case.balance_minor is None:
        return Refusal.NOT_READ
    if case.balance_minor > case.reclose_limit_minor:
        return Refusal.NOT_NEEDED
    if case.money_coming:
        return Refusal.MONEY_COMING
    if case.last_granted_at is not None and now - case.last_granted_at < terms.rest:
        return Refusal.TOO_SOON
    if case.balance_minor + terms.amount_minor <= case.reclose_limit_minor:
        return Refusal.TOO_LITTLE
    if case.reach is Reach.DOWN and not case.takes_tokens:
        return Refusal.METER_DOWN
    return None
