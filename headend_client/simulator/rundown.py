"""Money runs down with use: exact in integers, stopping at each sum where a relay opens."""

from dataclasses import dataclass

from headend_client.simulator.state import MeterState

UJ_PER_WH = 3_600_000_000
# 1 kWh is 3.6e12 microjoules and costs `price` yuan/10000, which is 10 * price of our money unit.
_COST_SCALE = 360_000_000_000


@dataclass(frozen=True, slots=True)
class Use:
    """What a household draws and pays: W, and yuan/10000 per kWh."""

    load_w: int
    price_e4: int


def consume(state: MeterState, use: Use, span_us: int, floor_e5: int | None) -> int:
    """Use energy for `span_us` microseconds, or until the money has come down to `floor_e5`; return the rest of it."""
    taken = span_us
    if floor_e5 is not None and use.load_w * use.price_e4:
        taken = min(span_us, _span_until(state, use, floor_e5))
    used_uj = use.load_w * taken
    cost = used_uj * use.price_e4 + state.cost_rest
    state.energy_uj += used_uj
    state.money_e5 -= cost // _COST_SCALE
    state.cost_rest = cost % _COST_SCALE
    return span_us - taken


def _span_until(state: MeterState, use: Use, floor_e5: int) -> int:
    missing = (state.money_e5 - floor_e5) * _COST_SCALE - state.cost_rest
    return max(0, -(-missing // (use.load_w * use.price_e4)))
