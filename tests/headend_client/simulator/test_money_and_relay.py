"""Money runs down with use, levels follow it, and the relay follows them (local fee control)."""

from dataclasses import replace

import pytest

from headend_client.simulator.rundown import UJ_PER_WH
from headend_client.simulator.state import Cause, Level
from headend_client.simulator.supply import HIGH_CURRENT
from headend_client.simulator.world import FirstState, Limits, MeterSpec, Reclose
from meters_io.dlt645.relay import Obeyed, RelayAction, parse_relay_reply
from tests.clocks import Clock
from tests.headend_client.simulator.bench import Bench, esam_spec

LIMITS = Limits(alarm_1_cents=800, alarm_2_cents=300, overdraft_cents=200, reclose_cents=100)


def household(**changes: object) -> MeterSpec:
    """1 kW at 0.5 yuan/kWh: 50 cents an hour, 10.00 yuan to begin with."""
    return esam_spec(load_w=1_000, price_e4=5_000, limits=LIMITS, **changes)


def test_an_hour_costs_what_the_price_says(clock: Clock) -> None:
    bench = Bench(household(), clock)
    bench.meter.advance(clock.forward(hours=1))
    assert bench.money == (950, 0)
    assert bench.meter.energy_wh == 1_000


def test_many_small_steps_cost_as_much_as_a_large_one(clock: Clock) -> None:
    bench = Bench(household(), clock)
    for _ in range(3_600):
        bench.meter.advance(clock.forward(seconds=1))
    assert bench.meter.state.money_e5 == 950_000
    assert bench.meter.energy_wh == 1_000


def test_speed_makes_use_faster_and_leaves_the_clock_alone(clock: Clock) -> None:
    bench = Bench(household(), clock, speed=60.0)
    bench.meter.advance(clock.forward(minutes=1))
    assert bench.money == (950, 0)


def test_no_time_passes_while_nobody_simulates(clock: Clock) -> None:
    first = Bench(household(), clock)
    clock.forward(days=3)
    again = Bench(household(), clock, first.meter.state)
    assert again.money == (1_000, 0)


@pytest.mark.parametrize(
    ("cents", "level", "alarm"),
    [
        (801, Level.NORMAL, False),
        (800, Level.ALARM_1, True),
        (301, Level.ALARM_1, True),
        (300, Level.ALARM_2, True),
        (1, Level.ALARM_2, True),
        (0, Level.OVERDRAFT, True),
        (-199, Level.OVERDRAFT, True),
        (-200, Level.OFF, True),
    ],
)
def test_levels_follow_the_money(clock: Clock, cents: int, level: Level, alarm: bool) -> None:
    first = FirstState(balance_cents=max(cents, 0), overdraft_cents=max(-cents, 0))
    bench = Bench(household(first=first), clock)
    assert bench.meter.state.level is level
    assert bench.meter.status().alarm is alarm
    assert bench.meter.status().relay_open is (level is Level.OFF)


def test_the_relay_opens_exactly_at_the_end_of_the_overdraft(clock: Clock) -> None:
    bench = Bench(household(), clock)
    bench.meter.advance(clock.forward(days=30))
    assert bench.money == (0, 200)
    assert bench.meter.energy_wh == 24_000  # 12.00 yuan at 0.50, and nothing after it
    assert bench.relay == (True, True)
    assert bench.meter.state.relay.cause is Cause.DEBT


def test_without_overdraft_the_relay_opens_at_zero(clock: Clock) -> None:
    bench = Bench(household(), clock)
    bench.meter.spec = replace(bench.spec, limits=Limits(overdraft_cents=0))
    bench.meter.advance(clock.forward(days=30))
    assert bench.money == (0, 0)
    assert bench.relay == (True, True)


def test_a_relay_waits_with_a_trip_until_the_current_is_small(clock: Clock) -> None:
    bench = Bench(household(), clock)  # 1 kW are 4.5 A
    bench.meter.state.parameters[HIGH_CURRENT] = "004000"  # 4 A
    bench.authenticate()
    reply = parse_relay_reply(bench.hear(bench.sealed(RelayAction.TRIP, operator=1 << 24)), bench.spec.address)
    assert isinstance(reply, Obeyed)
    assert reply.done == ("trip", "delayed_by_high_current")
    assert bench.relay == (False, True)
    bench.meter.state.load_w = 500
    bench.meter.advance(clock.forward(seconds=1))
    assert bench.relay == (True, True)


def test_a_relay_that_waits_for_a_small_current_lets_debt_grow(clock: Clock) -> None:
    bench = Bench(household(), clock)
    bench.meter.state.parameters[HIGH_CURRENT] = "004000"
    bench.meter.advance(clock.forward(hours=26))
    assert bench.relay == (False, True)
    assert bench.money == (0, 300)  # a hundred beyond the overdraft
    bench.meter.state.load_w = 0
    bench.meter.advance(clock.forward(seconds=1))
    assert bench.relay == (True, True)


def test_keep_power_lets_debt_grow(clock: Clock) -> None:
    bench = Bench(household(first=FirstState(balance_cents=1_000, keep_power=True)), clock)
    bench.meter.advance(clock.forward(hours=30))
    assert bench.money == (0, 500)
    assert bench.relay == (False, False)


def test_when_keep_power_ends_in_debt_the_meter_trips(clock: Clock) -> None:
    bench = Bench(household(first=FirstState(overdraft_cents=500, keep_power=True)), clock)
    bench.authenticate()
    bench.ask(bench.sealed(RelayAction.KEEP_POWER_OFF))
    assert bench.relay == (True, True)


@pytest.mark.parametrize(
    ("reclose", "relay"),
    [(Reclose.WAIT, (True, True)), (Reclose.ALLOW, (True, False)), (Reclose.CLOSE, (False, False))],
)
def test_credit_above_the_reclose_balance_lifts_the_trip(
    clock: Clock, reclose: Reclose, relay: tuple[bool, bool]
) -> None:
    bench = Bench(household(first=FirstState(overdraft_cents=200), reclose=reclose), clock)
    bench.recharge(301, 1)
    assert bench.money == (101, 0)
    assert bench.relay == relay


def test_credit_up_to_the_reclose_balance_does_not(clock: Clock) -> None:
    bench = Bench(household(first=FirstState(overdraft_cents=200), reclose=Reclose.CLOSE), clock)
    bench.recharge(300, 1)
    assert bench.money == (100, 0)
    assert bench.relay == (True, True)
    bench.meter.press_key()
    assert bench.relay == (True, True)


def test_a_hand_closes_a_relay_that_may_be_closed(clock: Clock) -> None:
    bench = Bench(household(first=FirstState(overdraft_cents=200)), clock)
    bench.recharge(1_000, 1)
    bench.meter.press_key()
    assert bench.relay == (False, False)


def test_a_warning_trip_comes_once_on_each_worse_level(clock: Clock) -> None:
    bench = Bench(household(warning_trips=True), clock)
    bench.meter.advance(clock.forward(days=2))
    assert (bench.money, bench.relay) == ((300, 0), (True, False))
    bench.meter.press_key()
    bench.meter.advance(clock.forward(hours=1))
    assert (bench.money, bench.relay) == ((250, 0), (False, False))
    bench.meter.advance(clock.forward(days=2))
    assert (bench.money, bench.relay) == ((0, 0), (True, False))
    bench.meter.press_key()
    bench.meter.advance(clock.forward(days=2))
    assert (bench.money, bench.relay) == ((0, 200), (True, True))
    bench.meter.press_key()
    assert bench.relay == (True, True)


def test_a_meter_that_draws_nothing_keeps_its_money(clock: Clock) -> None:
    bench = Bench(household(), clock)
    bench.meter.state.load_w = 0
    bench.meter.advance(clock.forward(days=900))
    assert bench.money == (1_000, 0)
    assert bench.meter.state.energy_uj // UJ_PER_WH == 0
