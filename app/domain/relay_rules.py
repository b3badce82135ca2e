"""What stands against moving a relay because staff say so (SPEC H-4, M-5, M-8).

A cut for a balance is another matter: `app.domain.cutting` says what stands against that.
"""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.cutting import Against, Facts, Verdict, calendar, place
from app.domain.operation import OperationKind
from app.domain.relay import ClosePolicy
from app.domain.rules import CutRules

REASON_WANTED = frozenset({OperationKind.TRIP_RELAY, OperationKind.KEEP_POWER_OFF})


class CloseHeld(StrEnum):
    """Why a relay is not closed from afar: the safety policy of the meter wants a hand there."""

    POLICY = "policy_forbids"


def against_staff_cut(facts: Facts, rules: CutRules, zone: ZoneInfo, now: datetime, *, forced: bool) -> Verdict:
    """What stands against a cut for another reason than money.

    Keep-power, an outage there and an amnesty always do: nobody lets a cut through them. Friendly hours and the no-cut
    calendar do unless a second person has let it through (`forced`).
    """
    always = (*((Against.KEEP_POWER,) if facts.keep_power else ()), *place(facts, rules, now))
    return Verdict(always if forced else (*always, *calendar(rules, zone, now)))


def against_closing(kind: OperationKind, policy: ClosePolicy, *, forced: bool) -> CloseHeld | None:
    """May a relay be closed, or armed, from afar? Nobody energises from afar what a hand there must see first."""
    if forced or kind not in (OperationKind.CLOSE, OperationKind.ALLOW_CLOSE):
        return None
    may = {ClosePolicy.CLOSE} if kind is OperationKind.CLOSE else {ClosePolicy.CLOSE, ClosePolicy.ARM}
    return None if policy in may else CloseHeld.POLICY
