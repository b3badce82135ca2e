"""PSEQ of one link: four bits, so a number comes again after sixteen requests.

A number whose request was given up rests until its answer cannot come any more. Otherwise a late answer would pass
for that of the request sixteen later.
"""

from collections.abc import Callable

from headend_client.tally import Mishap
from meters_io.gdw1376.exchange import NUMBERS, next_number


class Numbers:
    """Hands out numbers; `time` is monotonic seconds, `rest_s` how long a number rests that was given up."""

    def __init__(self, rest_s: float, time: Callable[[], float]) -> None:
        self._rest_s, self._time = rest_s, time
        self._last = NUMBERS - 1
        self._out: set[int] = set()
        self._answered: set[int] = set()
        self._rest_until: dict[int, float] = {}

    def take(self) -> int | None:
        """Return the next number that is neither out nor resting, or None when there is none."""
        number = self._last
        for _ in range(NUMBERS):
            number = next_number(number)
            if number not in self._out and self._rest_until.get(number, 0.0) <= self._time():
                self._last = number
                self._out.add(number)
                self._answered.discard(number)
                return number
        return None

    def give_back(self, number: int, *, answered: bool) -> None:
        """Return a number: at once if its request was answered or never sent, else after its rest."""
        self._out.discard(number)
        if answered:
            self._answered.add(number)
        else:
            self._rest_until[number] = self._time() + self._rest_s

    def what_was(self, number: int) -> Mishap:
        """Say what an answer is that comes under a number which is not out."""
        if self._rest_until.get(number, 0.0) > self._time():
            return Mishap.LATE
        return Mishap.DOUBLED if number in self._answered else Mishap.UNASKED
