"""Rules that top a meter up by themselves, or ask their owner to: when they act (SPEC R-8)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TopUpKind(StrEnum):
    """`low`: when the balance falls below `below_minor`. `monthly`: on `day_of_month`, at the utility's morning."""

    LOW = "low"
    MONTHLY = "monthly"


LATEST_DAY = 28  # every month has it
MOST_A_MONTH = 10


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody asked for. `acted_on`: the last local day the rule did anything."""

    kind: TopUpKind
    below_minor: int
    day_of_month: int
    most_a_month: int
    acted_on: date | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """How things are. `acts`: how often the rule did something this local month; `on_its_way`: money is unresolved."""

    today: date
    balance_minor: int | None
    acts: int
    on_its_way: bool


class Decision(StrEnum):
    """`wait`: it would be due, but money is on its way already: look again later."""

    NO = "no"
    WAIT = "wait"
    ACT = "act"


def decide(terms: Terms, now: Situation) -> Decision:
    """Say whether a rule acts: at most once a local day and `most_a_month` times, and never on top of other money."""
    if terms.stopped or terms.acted_on == now.today or now.acts >= terms.most_a_month or not _reached(terms, now):
        return Decision.NO
    return Decision.WAIT if now.on_its_way else Decision.ACT


def _reached(terms: Terms, now: Situation) -> bool:
    if terms.kind is TopUpKind.MONTHLY:
        done = terms.acted_on is not None and (terms.acted_on.year, terms.acted_on.month) == (
            now.today.year,
            now.today.month,
        )
        return now.today.day >= terms.day_of_month and not done
    return now.balance_minor is not None and now.balance_minor < terms.below_minor


class TopUpError(ValueError):
    """What is wrong with a rule that somebody wants. `code`: topup_below, topup_day, topup_most, topup_phone,
    topup_many."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_terms(terms: Terms) -> Terms:
    """Return terms that can be kept. Raises TopUpError."""
    if terms.kind is TopUpKind.LOW and terms.below_minor <= 0:
        raise TopUpError("topup_below")
    if not 1 <= terms.day_of_month <= LATEST_DAY:
        raise TopUpError("topup_day")
    if not 1 <= terms.most_a_month <= MOST_A_MONTH:
        raise TopUpError("topup_most")
    return terms
