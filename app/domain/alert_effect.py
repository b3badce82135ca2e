"""What delivered warnings led to (SPEC M-14): a payment before the cut, a cut first, or neither so far."""

from dataclasses import dataclass
from datetime import date, timedelta

FOLLOWED_FOR = timedelta(days=14)  # a payment later than this was not made because of the warning


@dataclass(frozen=True, slots=True)
class Effect:
    """Episodes of one level. `undelivered`: warned, but no message is proved to have arrived.

    `told` = `paid` + `cut` + `neither`. `half_paid_in`: how long half of those who paid first took, None for nobody.
    """

    told: int = 0
    paid: int = 0
    cut: int = 0
    undelivered: int = 0
    half_paid_in: timedelta | None = None

    @property
    def neither(self) -> int:
        """Neither paid nor cut so far: the balance held, or the time is not over."""
        return self.told - self.paid - self.cut

    @property
    def paid_tenths(self) -> int | None:
        """Share of those told who paid before a cut, in tenths of a per cent; None if nobody was told."""
        return round(1000 * self.paid / self.told) if self.told else None


@dataclass(frozen=True, slots=True)
class Week:
    """The warnings that arrived in one week, from its Monday on."""

    monday: date
    effect: Effect
