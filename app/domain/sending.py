"""Whether a message may leave the house, and how numbers behave that are only for tests (SPEC M-17)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class SendMode(StrEnum):
    """`live`: to whomever it is for. `trial`: to listed addresses only, so many a day. `test`: to nobody; the scripted
    numbers behave as they are told."""

    LIVE = "live"
    TRIAL = "trial"
    TEST = "test"


class Script(StrEnum):
    """How a scripted address behaves. `late`: it arrives, and that is heard minutes later. `bounces`: it is taken, and
    comes back. `rejects`: it is refused for good. `fails`: it is refused for now, each time. `silent`: no answer ever
    comes, and nobody knows."""

    ARRIVES = "arrives"
    LATE = "late"
    BOUNCES = "bounces"
    REJECTS = "rejects"
    FAILS = "fails"
    SILENT = "silent"


LATE_BY = timedelta(minutes=2)
_DOMAIN = "scripted.invalid"  # RFC 2606, 2: nobody can ever own it
SCRIPTED: dict[str, Script] = {
    "+447700900001": Script.ARRIVES,  # Ofcom keeps +44 7700 900000 to 900999 for drama: nobody owns one
    "+447700900002": Script.LATE,
    "+447700900003": Script.BOUNCES,
    "+447700900004": Script.REJECTS,
    "+447700900005": Script.FAILS,
    "+447700900006": Script.SILENT,
    **{f"{script}@{_DOMAIN}": script for script in Script},
}
"""Addresses that never reach a provider, in whatever mode."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """It goes to a provider."""


@dataclass(frozen=True, slots=True)
class Stays:
    """It stays in the house, and what becomes of it is played."""

    script: Script


@dataclass(frozen=True, slots=True)
class Barred:
    """It is not sent at all. `reason`: `trial_not_listed`, `trial_spent`."""

    reason: str


Passage = Leaves | Stays | Barred


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial allows. `sent_today`: how many have left since midnight, local time."""

    listed: tuple[str, ...]
    a_day: int
    sent_today: int


def allowed(mode: SendMode, address: str, trial: Trial) -> Passage:
    """May a message to `address` leave? Scripted addresses never do; in test mode everybody else's arrives in play."""
    script = SCRIPTED.get(address.strip().lower())
    if script is not None:
        return Stays(script)
    match mode:
        case SendMode.LIVE:
            return Leaves()
        case SendMode.TEST:
            return Stays(Script.ARRIVES)
        case SendMode.TRIAL:
            if not is_listed(address, trial.listed):
                return Barred("trial_not_listed")
            return Leaves() if trial.sent_today < trial.a_day else Barred("trial_spent")


def is_listed(address: str, listed: tuple[str, ...]) -> bool:
    """Addresses are compared as people write them: in whatever case."""
    return address.strip().lower() in {one.strip().lower() for one in listed}


_STRICT = (SendMode.LIVE, SendMode.TRIAL, SendMode.TEST)


def stricter(one: SendMode, other: SendMode) -> SendMode:
    """Of two modes the one that lets less out."""
    return max(one, other, key=_STRICT.index)
