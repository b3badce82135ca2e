"""Meter exchange (换表): what is in the old meter, what is still on its way, and where both go (SPEC H-7, M-12).

A swap takes the last figures of the old meter, settles what may be in it, and carries the rest to the new one. Nothing
is carried that nobody has read, and no purchase is credited in both.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.download import Record


class SwapState(StrEnum):
    """`open`: begun, the old meter still hangs. `done`: the new one has its place. `cancelled`: it stays as it was."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class SwapWay(StrEnum):
    """What becomes of the balance: `carry`, it is credited in the new meter; `refund`, it is given back."""

    CARRY = "carry"
    REFUND = "refund"


class Found(StrEnum):
    """Where a purchase is at the moment of the exchange: in the old meter, surely not in it, or nobody knows."""

    IN_METER = "in_meter"
    NOT_IN_METER = "not_in_meter"
    UNKNOWN = "unknown"


class SwapBar(StrEnum):
    """Why an exchange cannot begin, or not be finished yet.

    `swap_not_read`: nobody has read the old meter since it began. `swap_read_again`: a purchase landed after the
    reading, or a day was charged beyond it. `swap_in_doubt`: of a purchase nobody has said whether it is in the old
    meter. `swap_in_hands`: one is being sent at this moment. `swap_ledger_holds`: it is under remote fee control, and
    the new one takes tokens; switched to local first, what the ledger holds is a purchase that moves along.
    `swap_energy_in_doubt`: no rule charges what was used last. `swap_no_start`: nobody has said where the new meter's
    registers begin.
    """

    NUMBER_TAKEN = "swap_number_taken"
    ADDRESS_TAKEN = "swap_address_taken"
    NO_SUCH_METER = "swap_no_such_meter"
    NOT_IN_USE = "swap_not_in_use"
    OPEN_ALREADY = "swap_open_already"
    NO_REASON = "swap_no_reason"
    BAD_NUMBER = "swap_bad_number"
    BAD_ADDRESS = "swap_bad_address"
    BAD_KEY = "swap_bad_key"
    BAD_FIGURE = "swap_bad_figure"
    NOT_NOW = "swap_not_now"
    NOT_READ = "swap_not_read"
    READ_AGAIN = "swap_read_again"
    IN_DOUBT = "swap_in_doubt"
    IN_HANDS = "swap_in_hands"
    LEDGER_HOLDS = "swap_ledger_holds"
    ENERGY_IN_DOUBT = "swap_energy_in_doubt"
    NO_START = "swap_no_start"
    TERMINAL_KEEPS = "swap_terminal_keeps"


class CannotSwap(Exception):
    """An exchange that cannot be, or not yet; nothing has been changed. `code` says why."""

    def __init__(self, bar: SwapBar) -> None:
        super().__init__(bar.value)
        self.bar = bar
        self.code = bar.value


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A purchase that is no end yet. `tokens`: how many codes were made for it, which a hand may have typed."""

    number: int | None
    sends: int
    tokens: int
    credit_minor: int = 0


@dataclass(frozen=True, slots=True)
class LastRead:
    """The old meter's last word. `count` None: it keeps none, or nobody could read it. `records`: the purchases that it
    wrote down itself, as far back as was asked; none where it keeps none or its figures were taken off the display."""

    balance_minor: int
    count: int | None
    at: datetime
    records: tuple[Record, ...] = ()


def find(purchase: OnItsWay, count: int | None, records: tuple[Record, ...] = ()) -> Found:
    """Say where a purchase is by the last count of the old meter, and by its own record of that number.

    Where it has none, only its own number proves that it has landed: a higher count may hold another's under ours.
    """
    if purchase.tokens:
        return Found.UNKNOWN
    if purchase.sends == 0:
        return Found.NOT_IN_METER
    if purchase.number is None or count is None:
        return Found.UNKNOWN
    record = record_of(purchase.number, records)
    if record is not None:
        return Found.IN_METER if record.amount_minor == purchase.credit_minor else Found.NOT_IN_METER
    if count < purchase.number:
        return Found.NOT_IN_METER
    return Found.IN_METER if count == purchase.number else Found.UNKNOWN


def record_of(number: int | None, records: tuple[Record, ...]) -> Record | None:
    """What the old meter wrote down under a number; None: nothing that is known."""
    return next((each for each in records if each.count == number), None)


def judged(found: Found, said: Found | None) -> Found:
    """What the count proves goes before what a person says; where it proves nothing, the person's word counts."""
    return said or found if found is Found.UNKNOWN else found


def bar_to_end(read: LastRead | None, newest_credit: datetime | None, found: tuple[Found, ...]) -> SwapBar | None:
    """Why an exchange cannot be finished; None if it can. `newest_credit`: when a purchase last landed in the meter."""
    if read is None:
        return SwapBar.NOT_READ
    if newest_credit is not None and newest_credit > read.at:
        return SwapBar.READ_AGAIN
    return SwapBar.IN_DOUBT if Found.UNKNOWN in found else None
