"""How a meter turns deaf to guesses: longer with each wrong token, until a good one or a power cut forgives them."""

from datetime import datetime

from meters_io.sts.meter_rules import MeterRules
from meters_io.sts.meter_state import MeterState

_MOST_DOUBLINGS = 30  # a longer shift than any wait needs would only grow the number


def is_locked(state: MeterState, now: datetime) -> bool:
    """Tell whether the meter listens to test tokens only."""
    return state.locked_until is not None and now < state.locked_until


def count_wrong_token(state: MeterState, rules: MeterRules, now: datetime) -> None:
    """Remember a token whose CRC was bad, and turn deaf where it was one too many."""
    state.wrong_tokens += 1
    beyond = state.wrong_tokens - rules.free_tries
    if beyond >= 0:
        wait = rules.first_wait * (1 << min(beyond, _MOST_DOUBLINGS))
        state.locked_until = now + min(wait, rules.longest_wait)


def unlock(state: MeterState) -> None:
    """Forget the wrong tokens."""
    state.wrong_tokens = 0
    state.locked_until = None
