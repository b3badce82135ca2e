"""What a meter keeps of each day that passes."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from headend_client.simulator.memory import Memory
from headend_client.simulator.world import FirstState
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import build_read
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.values import moment_from_bytes
from tests.clocks import Clock
from tests.headend_client.simulator.bench import ZONE, Bench, esam_spec, refusal, sts_spec

MOMENT, FORWARD, REVERSE, ALL, MONEY = 0x05060000, 0x05060100, 0x05060200, 0x0506FF00, 0x05080200
FIRST = FirstState(balance_cents=10_000, purchase_count=3, energy_wh=40_000)


@pytest.fixture
def bench(clock: Clock) -> Bench:
    """1 kW at 0.50 yuan: 12.00 yuan and 24 kWh a day; nine in the morning."""
    return Bench(esam_spec(load_w=1_000, first=FIRST), clock)


def test_the_energy_of_midnight_is_frozen(bench: Bench, clock: Clock) -> None:
    bench.meter.advance(clock.forward(hours=14))
    assert [day.energies_wh[0] for day in bench.meter.state.frozen] == [40_000]
    bench.meter.advance(clock.forward(hours=1))
    assert [day.energies_wh[0] for day in bench.meter.state.frozen] == [40_000, 55_000]


def test_a_day_is_read_with_moment_money_count_and_energy(bench: Bench, clock: Clock) -> None:
    midnight = clock() + timedelta(hours=15)
    clock.forward(days=3)
    read = [moment_from_bytes(bench.raw(MOMENT | ago), ZONE) for ago in (1, 2, 3)]
    assert read == [midnight + timedelta(days=day) for day in (2, 1, 0)]
    assert bench.said(MONEY | 1) == {"count": 3, "balance": Decimal("68.50"), "overdraft": Decimal("0.00")}
    assert bench.said(MONEY | 3) == {"count": 3, "balance": Decimal("92.50"), "overdraft": Decimal("0.00")}
    assert bench.said(FORWARD | 3) == [Decimal(energy) for energy in ("55.00", "13.00", "17.00", "14.00", "11.00")]
    assert bench.raw(REVERSE | 3) == bytes(20)
    assert bench.raw(ALL | 3) == bench.raw(MOMENT | 3) + bench.raw(FORWARD | 3) + bench.raw(REVERSE | 3)


def test_a_purchase_shows_in_the_next_midnight(bench: Bench, clock: Clock) -> None:
    bench.recharge(5_000, 4)
    clock.forward(days=1)
    assert bench.said(MONEY | 1) == {"count": 4, "balance": Decimal("142.50"), "overdraft": Decimal("0.00")}
    assert bench.said(MONEY | 2) == {"count": 3, "balance": Decimal("100.00"), "overdraft": Decimal("0.00")}


def test_debt_is_frozen_too(clock: Clock) -> None:
    bench = Bench(sts_spec(load_w=1_000, first=FirstState(overdraft_cents=100, keep_power=True)), clock)
    clock.forward(hours=15)
    assert bench.said(MONEY | 1) == {"count": None, "balance": Decimal("0.00"), "overdraft": Decimal("8.50")}


def test_a_midnight_that_was_not_yet_shows_zeros(bench: Bench) -> None:
    assert bench.raw(MOMENT | 2) == bytes(5)
    assert bench.raw(FORWARD | 2) == bytes(20)
    assert bench.raw(MONEY | 62) == bytes(10)


@pytest.mark.parametrize("di", [MOMENT, FORWARD | 63, MONEY | 0xFF, 0x05060301, 0x05000101])
def test_what_no_meter_freezes_is_no_such_data(bench: Bench, di: int) -> None:
    assert refusal(bench.hear(build_read(bench.spec.address, di))) == RefusalCode.NO_DATA


def test_sixty_two_days_are_kept(bench: Bench, clock: Clock) -> None:
    bench.meter.advance(clock.forward(days=80))
    days = bench.meter.state.frozen
    assert len(days) == 62
    assert {later.at - earlier.at for earlier, later in pairwise(days)} == {timedelta(days=1)}
    assert bench.meter.frozen(62) == days[0]
    assert bench.meter.frozen(63) is None


def test_midnights_without_supply_are_made_up_when_it_comes_back_at_most_seven(clock: Clock) -> None:
    first = Bench(esam_spec(load_w=1_000, first=FIRST), clock)
    clock.forward(days=3)
    again = Bench(first.spec, clock, first.meter.state)
    assert [day.energies_wh[0] for day in again.meter.state.frozen] == [40_000] * 4
    clock.forward(days=30)
    assert len(Bench(first.spec, clock, again.meter.state).meter.state.frozen) == 4 + 7


def test_a_meter_may_have_days_behind_it_when_it_is_seen_first(clock: Clock) -> None:
    first = FirstState(balance_cents=10_000, energy_wh=400_000, purchase_count=3, days_before=10)
    bench = Bench(esam_spec(load_w=1_000, first=first), clock)
    days = bench.meter.state.frozen
    assert [day.energies_wh[0] for day in days] == [400_000 - 24_000 * ago for ago in range(10, -1, -1)]
    assert [day.money_e5 // 1_000 for day in days] == [10_000 + 1_200 * ago for ago in range(10, -1, -1)]
    assert {later.at - earlier.at for earlier, later in pairwise(days)} == {timedelta(days=1)}
    assert [now - then for now, then in zip(days[-1].energies_wh, days[-2].energies_wh, strict=True)] == [
        24_000, 3_000, 7_000, 6_000, 8_000,
    ]  # fmt: skip
    assert bench.money == (10_000, 0)


def test_a_meter_younger_than_its_days_had_used_nothing(clock: Clock) -> None:
    first = FirstState(balance_cents=10_000, energy_wh=30_000, days_before=3)
    bench = Bench(esam_spec(load_w=1_000, first=first), clock)
    assert [day.energies_wh[0] for day in bench.meter.state.frozen] == [0, 0, 6_000, 30_000]


def test_energy_of_the_month_begins_with_its_first_day(clock: Clock) -> None:
    first = FirstState(balance_cents=10_000, energy_wh=400_000, days_before=10)
    bench = Bench(esam_spec(load_w=1_000, first=first), clock)  # 2 March, nine in the morning; nothing used today
    assert bench.said(0x000C0000) == 24
    clock.forward(hours=2)
    assert bench.said(0x000C0000) == 26


def test_energy_of_the_month_of_a_young_meter_is_what_it_has_seen(bench: Bench, clock: Clock) -> None:
    clock.forward(hours=2)
    assert bench.said(0x000C0000) == 2


def test_days_outlive_the_meters_death(bench: Bench, clock: Clock, tmp_path: Path) -> None:
    bench.meter.advance(clock.forward(days=2))
    Memory(tmp_path).save("1", bench.meter.state)
    assert Memory(tmp_path).load("1") == bench.meter.state


def test_a_file_from_before_days_were_kept_still_loads(bench: Bench, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(
        '{"money_e5": 5, "energy_uj": 36000000000, "purchase_count": 1, "customer": "000000004711", "frozen_wh": 3,'
        ' "frozen_at": "2026-03-01T16:00:00+00:00"}'
    )
    again = Bench(bench.spec, clock, Memory(tmp_path).load("1"))
    assert again.meter.energies_wh == (10, 2, 2, 2, 2)
    assert [day.energies_wh[0] for day in again.meter.state.frozen] == [10]


def test_a_meter_freezes_by_its_own_clock(clock: Clock) -> None:
    first = FirstState(balance_cents=10_000, clock_ahead_s=3_600)
    bench = Bench(esam_spec(load_w=1_000, first=first), clock)
    bench.meter.advance(clock.forward(hours=14))
    assert bench.meter.state.frozen[-1].energies_wh[0] == 14_000


def test_a_clock_set_over_midnight_freezes_that_day_and_set_back_freezes_none_twice(bench: Bench, clock: Clock) -> None:
    bench.write(Item.TIME, bytes.fromhex("005923"))
    clock.forward(minutes=2)
    bench.meter.advance(clock())
    assert len(bench.meter.state.frozen) == 2
    bench.write(Item.DATE, bytes.fromhex("01020326"))
    bench.meter.advance(clock.forward(hours=1))
    assert len(bench.meter.state.frozen) == 2
