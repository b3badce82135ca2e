"""Exchange of a meter whose money the ledger holds: its rest is charged, its fund ends, and a new one may begin.

The old meter's last word is energy, the new one's first word too. What the household has used in the period, and what
was charged too little so far, goes along: an exchange is no new beginning of steps or of rounding.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from app.domain.fees import Charge, Counted, Prices, Registers
from app.domain.swapping import SwapBar, SwapWay

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FundEnd:
    """Where what a fund holds goes, minor units: into the fund of the new meter, back, or it is owed. One at most."""

    carried_minor: int = 0
    back_minor: int = 0
    owed_minor: int = 0

    @property
    def held_minor(self) -> int:
        """What it came to, below zero if more was used than paid for."""
        return self.carried_minor + self.back_minor - self.owed_minor


def end_of(held_minor: int, rest: Charge, way: SwapWay) -> FundEnd:
    """Say where goes what is held once the rest is charged. Below zero the account owes it, as after any exchange."""
    left = held_minor - rest.amount_minor
    if left < 0:
        return FundEnd(owed_minor=-left)
    return FundEnd(back_minor=left) if way is SwapWay.REFUND else FundEnd(carried_minor=left)


def begin_at(rest: Charge, start: Registers) -> Counted:
    """Up to where the new meter's fund is charged when it begins at `start`.

    What the new meter counts today is charged as today's, beside the old one's. On the first day of a month it goes
    with the next day, for the steps that may begin with a month count on from what was just charged.
    """
    same_month = rest.last.day > 1
    return replace(rest.after, day=rest.last - _A_DAY if same_month else rest.last, registers=start)


def bar_to_read(read: Registers | None, rest: Charge | None, *, doubted: bool) -> SwapBar | None:
    """Why the old meter's fund cannot end yet; None if it can.

    `doubted`: a person still has to look at an earlier day. `rest` None: no rule charges up to that reading.
    """
    if read is None:
        return SwapBar.NOT_READ
    return SwapBar.ENERGY_IN_DOUBT if doubted or rest is None else None


def bar_to_begin(start: Registers | None, prices: Prices | None) -> SwapBar | None:
    """Why the new meter's fund cannot begin; None if it can. By time of use every tariff's register is wanted."""
    if start is None:
        return SwapBar.NO_START
    lacks = prices is not None and prices.by_time and len(start.by_tariff_wh) < len(prices.prices_e4)
    return SwapBar.NO_START if lacks else None
