"""Days that might have been: daily balances that end where a story begins, and the purchases between them."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

DAYS = 60
LONG = 430  # fourteen months: a year, and some of the one before to compare it with
_AMOUNTS = (3000, 5000, 10000)
_LEFT = (-240, -120, 60, 320, 900, 1500, 2300)  # when people buy: some at the first warning, some in the dark
_SEASON = (
    140,
    130,
    100,
    80,
    75,
    100,
    135,
    140,
    105,
    80,
    90,
    120,
)  # per cent of the usual, by months back: the same whatever the date


@dataclass(frozen=True, slots=True)
class Day:
    """One day's end balance and the purchase of that day, if there was one. Fen."""

    day: date
    balance_minor: int
    purchase_minor: int = 0


def history(today: date, balance_minor: int, daily_use_minor: int, dice: Random, length: int = DAYS) -> list[Day]:
    """Walk `length` days back from today: each gives back its use; a purchase is taken out where it fits."""
    if not length:
        return []
    days = [Day(today, balance_minor)]
    balance, least, left = balance_minor, dice.choice(_AMOUNTS), dice.choice(_LEFT)
    for back in range(1, length):
        usual = daily_use_minor * _SEASON[back // 30 % 12] // 100
        use = max(usual + dice.randrange(-daily_use_minor // 4, daily_use_minor // 4 + 1), 1)
        balance += use
        if balance - least >= left:
            amount = max(a for a in _AMOUNTS if balance - a >= left)
            days[-1] = Day(days[-1].day, days[-1].balance_minor, amount)
            balance -= amount
            least, left = dice.choice(_AMOUNTS), dice.choice(_LEFT)
        days.append(Day(today - timedelta(days=back), balance))
    return days[::-1]
