"""Orders that travel in a hand-held reader, and what may be believed of what it brings back (SPEC H-9).

A hand-held is out of our sight: it may carry an order out at any moment until the order's last one, or never. So what
it holds is in doubt until the meter's own word is back, or a person has said that it was given back undone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.cutting import closes_at
from app.domain.download import Verdict, by_record, verdict
from app.domain.operation import OperationKind
from app.domain.relay import RelayBits
from app.domain.rules import CutRules

_K = OperationKind
CARRIED = (
    _K.DOWNLOAD,
    _K.ALLOW_CLOSE,
    _K.CLOSE,
    _K.TRIP_RELAY,
    _K.KEEP_POWER_ON,
    _K.KEEP_POWER_OFF,
    _K.SET_LIMITS,
)
"""What can be put on a hand-held; of limits only the overdraft's."""
LIMIT = "overdraft_limit_minor"
MOST_LINES = 500
MOST_DAYS = 30
LONGEST_HOLDER = 80


class HandheldState(StrEnum):
    """A file of orders. `out`: somebody has it. `closed`: each of its lines has ended."""

    OUT = "out"
    CLOSED = "closed"


class LineState(StrEnum):
    """One order of a file. `out`: it may be carried out at any moment. `done`: the meter's word proves it. `refused`:
    the meter said no. `unproved`: the hand-held says that it is done, and nothing that was read says so. `given_back`:
    a person said that it was not carried out. `left_out`: a rule kept it out of the file.
    """

    OUT = "out"
    DONE = "done"
    REFUSED = "refused"
    UNPROVED = "unproved"
    GIVEN_BACK = "given_back"
    LEFT_OUT = "left_out"


class SaidState(StrEnum):
    """What the hand-held says became of an order."""

    NOT_TRIED = "not_tried"
    DONE = "done"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Said:
    """One row that came back. What the meter itself said afterwards is None where it was not asked; money in minor
    units. `refusal`: the meter's error word, hex."""

    state: SaidState
    at: datetime | None = None
    refusal: str = ""
    balance_minor: int | None = None
    count: int | None = None
    status_3: int | None = None
    limit_minor: int | None = None
    newest_minor: int | None = None

    @property
    def relay(self) -> RelayBits | None:
        """Bits 4, 6 and 12 of status word 3 (DL/T 645-2007, 04000503)."""
        if self.status_3 is None:
            return None
        word = self.status_3
        return RelayBits(bool(word >> 4 & 1), bool(word >> 6 & 1), bool(word >> 12 & 1))


class Finding(StrEnum):
    """What a row means. The first five are believed and end an order; `not_tried` and `no_answer` leave it out.

    `already`: it was in the meter, and known, before this row came. `repeated`: an earlier row said the same. The rest
    is doubtful: nothing is changed by it, and a person sees why. `count_says_no`: said to be done, and the meter's
    count says otherwise. `count_confused`: the count is neither ours nor the one before. `no_effect`: said to be done,
    and read back the meter is as it was. `bad_moment`: from before the file was made, or from the future.
    `ended_otherwise`: an earlier row said something else. `gone_otherwise`: its money has gone another way.
    """

    DONE = "done"
    DONE_LATE = "done_late"
    ALREADY = "already"
    REFUSED = "refused"
    UNPROVED = "unproved"
    NOT_TRIED = "not_tried"
    NO_ANSWER = "no_answer"
    REPEATED = "repeated"
    COUNT_SAYS_NO = "count_says_no"
    COUNT_CONFUSED = "count_confused"
    NO_EFFECT = "no_effect"
    BAD_MOMENT = "bad_moment"
    ENDED_OTHERWISE = "ended_otherwise"
    GONE_OTHERWISE = "gone_otherwise"


DOUBTFUL = frozenset(
    {
        Finding.UNPROVED,
        Finding.COUNT_SAYS_NO,
        Finding.COUNT_CONFUSED,
        Finding.NO_EFFECT,
        Finding.BAD_MOMENT,
        Finding.ENDED_OTHERWISE,
        Finding.GONE_OTHERWISE,
    }
)

_OPEN = {SaidState.NOT_TRIED: Finding.NOT_TRIED, SaidState.NO_ANSWER: Finding.NO_ANSWER}
CLOCK_SLACK = timedelta(minutes=15)  # the clock of a hand-held is not ours


def believable(said: Said, made_at: datetime, now: datetime) -> bool:
    """Can it have been then? Without a moment the meter said nothing."""
    return said.at is None or made_at - CLOCK_SLACK <= said.at <= now + CLOCK_SLACK


def of_recharge(number: int, credit_minor: int, said: Said) -> Finding:
    """Judge a recharge of a sum under `number` by the count that the meter said afterwards.

    Where the count is our number it is ours if the meter said yes to this one, or if its record of the newest purchase
    shows our sum: somebody else's may have come in under it. Without either nobody knows yet.
    """
    if said.count is None:
        return _unread(said)
    match verdict(number, said.count, maybe_sent=True):
        case Verdict.LANDED if said.newest_minor is not None:
            ours = by_record(credit_minor, said.newest_minor) is Verdict.LANDED
            return Finding.DONE if ours else Finding.COUNT_CONFUSED
        case Verdict.LANDED:
            return Finding.DONE if said.state is SaidState.DONE else Finding.UNPROVED
        case Verdict.CONFUSED:
            return Finding.COUNT_CONFUSED
        case _:
            return Finding.COUNT_SAYS_NO if said.state is SaidState.DONE else _said(said)


def of_tokens(said: Said) -> Finding:
    """A meter takes a token once, and says so; that somebody was there is shown by the balance, read afterwards."""
    return _unread(said) if said.balance_minor is None else _said(said)


def of_relay(kind: OperationKind, said: Said) -> Finding:
    """A good answer is no proof: status word 3 is."""
    if said.state is not SaidState.DONE:
        return _said(said)
    if said.relay is None:
        return Finding.UNPROVED
    return Finding.DONE if _STANDS[kind](said.relay) else Finding.NO_EFFECT


def of_limit(wanted_minor: int, said: Said) -> Finding:
    """The limit, read afterwards, is the one that was ordered."""
    if said.state is not SaidState.DONE:
        return _said(said)
    if said.limit_minor is None:
        return Finding.UNPROVED
    return Finding.DONE if said.limit_minor == wanted_minor else Finding.NO_EFFECT


_STANDS: dict[OperationKind, Callable[[RelayBits], bool]] = {
    _K.TRIP_RELAY: lambda bits: bits.command_open,
    _K.CLOSE: lambda bits: not (bits.relay_open and bits.command_open),
    _K.ALLOW_CLOSE: lambda bits: not (bits.relay_open and bits.command_open),
    _K.KEEP_POWER_ON: lambda bits: bits.keep_power,
    _K.KEEP_POWER_OFF: lambda bits: not bits.keep_power,
}


def _said(said: Said) -> Finding:
    if said.state in _OPEN:
        return _OPEN[said.state]
    return Finding.DONE if said.state is SaidState.DONE else Finding.REFUSED


def _unread(said: Said) -> Finding:
    """Nothing was read afterwards: neither yes nor no proves anything of money."""
    return _OPEN.get(said.state, Finding.UNPROVED)


def last_moment_of_cut(
    rules: CutRules, zone: ZoneInfo, now: datetime, due_at: datetime, read_at: datetime | None
) -> datetime:
    """Until when a hand-held may carry out a cut that nothing stands against now.

    Nobody can ask the gate again at the meter: so its leave ends after `handheld_trip_h`, before the next hours or day
    without cuts, and (of a cut for a balance, `read_at`) when the balance that it rests on becomes too old.
    """
    ends = [due_at, now + timedelta(hours=rules.handheld_trip_h)]
    closing = closes_at(rules, zone, now)
    if closing is not None:
        ends.append(closing)
    if read_at is not None:
        ends.append(read_at + timedelta(hours=rules.balance_good_for_h))
    return min(ends)
