"""The days that a meter has behind it when it is seen first: made up from its load, as if it had always drawn that."""

from datetime import UTC, datetime, timedelta

from headend_client.simulator.rundown import UJ_PER_WH
from headend_client.simulator.state import E5_PER_CENT, FrozenDay, MeterState
from headend_client.simulator.tariffs import TARIFFS, Tariffs
from headend_client.simulator.world import MAX_CENTS

_UJ_PER_W = 1_000_000
_E4_TO_E5 = 10
_DAY = timedelta(days=1)


def past_days(state: MeterState, tariffs: Tariffs, load_w: int, midnight: datetime, days: int) -> list[FrozenDay]:
    """Return `days` midnights before `midnight` (local time), the oldest first.

    Energy was less by what was used since, never below zero, and money more by what that cost, as far as a register
    goes; purchases there were none.
    """
    used_uj = [load_w * seconds * _UJ_PER_W for seconds in _seconds_by_tariff(tariffs, midnight)]
    cost_e5 = sum(used * price * _E4_TO_E5 for used, price in zip(used_uj, tariffs.prices, strict=True))
    made = []
    for ago in range(days, 0, -1):
        money_e5 = min(state.money_e5 + ago * cost_e5 // (1_000 * UJ_PER_WH), MAX_CENTS * E5_PER_CENT)
        total, *each = (
            max(now_uj - ago * used, 0) // UJ_PER_WH
            for now_uj, used in zip((state.energy_uj, *state.tariffs_uj), (sum(used_uj), *used_uj), strict=True)
        )
        made.append(FrozenDay((midnight - ago * _DAY).astimezone(UTC), money_e5, state.purchase_count, (total, *each)))
    return made


def _seconds_by_tariff(tariffs: Tariffs, midnight: datetime) -> list[int]:
    """Return how long each tariff holds in the day before `midnight`."""
    seconds, at = [0] * TARIFFS, midnight - _DAY
    while at < midnight:
        until = tariffs.next_change(at)
        seconds[tariffs.tariff_at(at) - 1] += int((until - at).total_seconds())
        at = until
    return seconds
