"""Prices by hour and season, written beforehand and in force from a moment on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from headend_client.simulator.memory import Memory
from headend_client.simulator.tariffs import Period, TableSet, Tariffs, Zone
from headend_client.simulator.world import FirstState
from meters_io.dlt645.names import Item
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.values import moment_from_bytes, moment_to_bytes
from meters_io.layout import Plain
from tests.clocks import Clock
from tests.headend_client.simulator.bench import ZONE, Bench, bytes_of, esam_spec, refusal, sts_spec

IN_FORCE, BACKUP = 0x040501FF, 0x040502FF
PRICE_SWITCH, STEP_SWITCH, ZONE_SWITCH, DAY_SWITCH = 0x04000108, 0x04000109, 0x04000106, 0x04000107
STEPS, STEPS_BACKUP = 0x040604FF, 0x040605FF
ENERGIES = 0x0001FF00
USUAL_PRICES = [5_000] * 4
NIGHT_AND_DAY: Plain = [{"begins": "0000", "tariff": 4}, {"begins": "0800", "tariff": 1}]


@pytest.fixture
def bench(clock: Clock) -> Bench:
    """1 kW at 0.50 yuan, whatever the hour; nine in the morning, 500 yuan."""
    return Bench(esam_spec(load_w=1_000, price_e4=5_000, first=FirstState(balance_cents=50_000)), clock)


def prices_e4(bench: Bench, di: int = IN_FORCE) -> list[int]:
    raw = bench.raw(di)
    return [int(raw[at : at + 4][::-1].hex()) for at in range(0, len(raw), 4)]


def price_bytes(*prices: int) -> bytes:
    return b"".join(bytes.fromhex(f"{price:08}")[::-1] for price in prices)


def write_ok(bench: Bench, di: int, value: bytes) -> None:
    assert bench.write(di, value).control == 0x94


def moment(when: datetime) -> bytes:
    return moment_to_bytes(when, ZONE, 5)


def test_a_meter_that_nobody_told_prices_has_one_for_all_hours(bench: Bench) -> None:
    assert (prices_e4(bench), prices_e4(bench, BACKUP)) == (USUAL_PRICES, USUAL_PRICES)
    assert bench.raw(0x04050103) == price_bytes(5_000)
    assert bench.said(0x04000204) == 4


def test_written_prices_wait_in_the_backup_and_are_swapped_at_their_hour(bench: Bench, clock: Clock) -> None:
    write_ok(bench, BACKUP, price_bytes(10_000, 9_000, 8_000, 7_000))
    assert prices_e4(bench) == USUAL_PRICES
    write_ok(bench, PRICE_SWITCH, moment(clock() + timedelta(hours=2)))
    bench.meter.advance(clock.forward(hours=1, minutes=59))
    assert prices_e4(bench) == USUAL_PRICES
    assert bench.raw(PRICE_SWITCH) == moment(clock() + timedelta(minutes=1))
    clock.forward(minutes=1)
    assert prices_e4(bench) == [10_000, 9_000, 8_000, 7_000]
    assert prices_e4(bench, BACKUP) == USUAL_PRICES
    assert moment_from_bytes(bench.raw(PRICE_SWITCH), ZONE) is None


def test_each_hour_costs_what_its_tariff_costs(bench: Bench, clock: Clock) -> None:
    write_ok(bench, BACKUP, price_bytes(10_000, 9_000, 8_000, 7_000))
    write_ok(bench, PRICE_SWITCH, moment(clock() + timedelta(hours=2)))
    # from nine: an hour flat and one peak at 0.50, four peak at 0.90 (11 to 15), three flat at 0.80, three tip at 1.00
    bench.meter.advance(clock.forward(hours=12))
    assert bench.money == (50_000 - 100 - 360 - 240 - 300, 0)


def test_one_long_look_away_counts_as_many_short_ones(clock: Clock) -> None:
    spec = esam_spec(load_w=1_234, price_e4=5_000, first=FirstState(balance_cents=500_000))
    once, often = Bench(spec, clock), Bench(spec, clock)
    for bench in (once, often):
        write_ok(bench, BACKUP, price_bytes(10_001, 9_003, 8_005, 7_007))
        write_ok(bench, PRICE_SWITCH, moment(clock() + timedelta(hours=5)))
    for _ in range(3 * 24 * 4):
        often.meter.advance(clock.forward(minutes=15))
    once.meter.advance(clock())
    assert once.meter.state.money_e5 == often.meter.state.money_e5
    assert once.meter.state.tariffs_uj == often.meter.state.tariffs_uj
    assert once.meter.state.frozen == often.meter.state.frozen


def test_energy_is_told_by_tariff(bench: Bench, clock: Clock) -> None:
    bench.meter.advance(clock.forward(days=1))
    assert [str(energy) for energy in (bench.said(ENERGIES) or [])] == ["24.00", "3.00", "7.00", "6.00", "8.00"]  # type: ignore[union-attr]
    assert str(bench.said(0x00010400)) == "8.00"
    assert sum(bench.meter.state.tariffs_uj) == bench.meter.state.energy_uj


def test_price_in_force_follows_the_hour(bench: Bench, clock: Clock) -> None:
    write_ok(bench, BACKUP, price_bytes(10_000, 9_000, 8_000, 7_000))
    write_ok(bench, PRICE_SWITCH, moment(clock()))
    seen = []
    for _ in range(8):
        seen.append(prices_e4(bench, Item.PRICE_NOW))
        clock.forward(hours=3)
    assert seen == [[8_000], [9_000], [8_000], [10_000], [9_000], [7_000], [7_000], [7_000]]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (price_bytes(1, 2, 3), RefusalCode.OTHER),
        (price_bytes(1, 2, 3, 4, 5), RefusalCode.TARIFFS),
        (b"\xff" * 16, RefusalCode.OTHER),
        (b"\x0b" * 16, RefusalCode.OTHER),
    ],
)
def test_prices_of_another_number_of_tariffs_are_refused(bench: Bench, value: bytes, code: RefusalCode) -> None:
    assert refusal(bench.write(BACKUP, value)) == code
    assert bench.meter.state.tariffs is None


def test_day_periods_are_written_into_either_set(bench: Bench, clock: Clock) -> None:
    for di in (0x04010001, 0x04020001):
        write_ok(bench, di, bytes_of(di, NIGHT_AND_DAY))
        assert bench.said(di) == NIGHT_AND_DAY
    bench.meter.advance(clock.forward(hours=24))
    assert [energy // 1000 for energy in bench.meter.energies_wh] == [24, 16, 0, 0, 8]


def test_the_other_set_of_day_periods_is_used_from_its_switch_on(bench: Bench, clock: Clock) -> None:
    write_ok(bench, 0x04020001, bytes_of(0x04020001, NIGHT_AND_DAY))
    write_ok(bench, DAY_SWITCH, moment(clock() + timedelta(hours=15)))  # midnight
    assert bench.raw(0x04000503)[0] & 1 == 0
    bench.meter.advance(clock.forward(hours=15))
    assert bench.raw(0x04000503)[0] & 1 == 1
    before = bench.meter.energies_wh
    bench.meter.advance(clock.forward(hours=24))
    after = bench.meter.energies_wh
    assert [(now - then) // 1000 for now, then in zip(after, before, strict=True)] == [24, 16, 0, 0, 8]


def test_year_zones_choose_the_table_of_the_day(bench: Bench, clock: Clock) -> None:
    write_ok(bench, 0x04020001, bytes_of(0x04020001, [{"begins": "0000", "tariff": 1}]))
    write_ok(bench, 0x04020002, bytes_of(0x04020002, [{"begins": "0000", "tariff": 2}]))
    zones: Plain = [{"begins": "0303", "table": 2}, {"begins": "0305", "table": 1}]
    write_ok(bench, 0x04020000, bytes_of(0x04020000, zones))
    for di in (DAY_SWITCH, ZONE_SWITCH):
        write_ok(bench, di, moment(clock() + timedelta(hours=15)))
    bench.meter.advance(clock.forward(hours=15))  # 3 March begins
    before = bench.meter.energies_wh
    assert bench.raw(0x04000503)[0] & 0x21 == 0x21
    bench.meter.advance(clock.forward(days=4))
    after = bench.meter.energies_wh
    assert [(now - then) // 1000 for now, then in zip(after, before, strict=True)] == [96, 48, 48, 0, 0]


@pytest.mark.parametrize(
    ("di", "value", "code"),
    [
        (0x04010001, [{"begins": "0000", "tariff": 5}], RefusalCode.TARIFFS),
        (0x04010001, [{"begins": "0000", "tariff": 1}] * 15, RefusalCode.DAY_PERIODS),
        (0x04010001, [{"begins": "2400", "tariff": 1}], RefusalCode.OTHER),
        (0x04010001, [{"begins": "0800", "tariff": 1}, {"begins": "0000", "tariff": 1}], RefusalCode.OTHER),
        (0x04010000, [{"begins": "0101", "table": 1}] * 15, RefusalCode.YEAR_ZONES),
        (0x04010000, [{"begins": "1301", "table": 1}], RefusalCode.OTHER),
        (0x04010000, [{"begins": "0101", "table": 9}], RefusalCode.OTHER),
    ],
)
def test_tables_that_cannot_be_are_refused(bench: Bench, di: int, value: Plain, code: RefusalCode) -> None:
    assert refusal(bench.write(di, bytes_of(di, value))) == code
    assert bench.meter.state.tariffs is None


def test_a_meter_has_eight_tables_of_day_periods(bench: Bench) -> None:
    assert bench.said(0x04010008) == bench.said(0x04010001)
    assert refusal(bench.write(0x04010009, bytes_of(0x04010009, NIGHT_AND_DAY))) == RefusalCode.NO_DATA


def test_steps_are_kept_and_swapped(bench: Bench, clock: Clock) -> None:
    table: Plain = {"steps": [Decimal(200)], "prices": [Decimal("0.5"), Decimal("0.6")], "settled_on": ["010100"] * 4}
    raw = bytes_of(STEPS_BACKUP, table)
    old = bench.raw(STEPS)
    write_ok(bench, STEPS_BACKUP, raw)
    write_ok(bench, STEP_SWITCH, moment(clock() + timedelta(hours=1)))
    assert bench.raw(STEPS) == old
    clock.forward(hours=1)
    assert bench.raw(STEPS) == raw
    assert refusal(bench.write(STEPS_BACKUP, raw[:-1])) == RefusalCode.OTHER


def test_a_switch_time_that_is_no_time_is_refused(bench: Bench) -> None:
    for value in (bytes.fromhex("0000133226"), bytes(4), bytes(6)):
        assert refusal(bench.write(PRICE_SWITCH, value)) == RefusalCode.OTHER


def test_a_planned_switch_can_be_taken_back(bench: Bench, clock: Clock) -> None:
    write_ok(bench, BACKUP, price_bytes(1, 2, 3, 4))
    write_ok(bench, PRICE_SWITCH, moment(clock() + timedelta(hours=1)))
    write_ok(bench, PRICE_SWITCH, bytes(5))
    clock.forward(days=1)
    assert prices_e4(bench) == USUAL_PRICES


def test_tariffs_outlive_the_meters_death(clock: Clock, tmp_path: Path) -> None:
    bench = Bench(sts_spec(), clock)
    write_ok(bench, BACKUP, price_bytes(1, 2, 3, 4))
    write_ok(bench, 0x04020002, bytes_of(0x04020002, NIGHT_AND_DAY))
    write_ok(bench, ZONE_SWITCH, moment(clock() + timedelta(hours=1)))
    Memory(tmp_path).save("1", bench.meter.state)
    assert Memory(tmp_path).load("1") == bench.meter.state


def test_a_switch_that_came_while_nobody_simulated_is_made_when_the_meter_comes_back(clock: Clock) -> None:
    bench = Bench(esam_spec(), clock)
    write_ok(bench, BACKUP, price_bytes(1, 2, 3, 4))
    write_ok(bench, PRICE_SWITCH, moment(clock() + timedelta(hours=1)))
    clock.forward(days=3)
    assert prices_e4(Bench(bench.spec, clock, bench.meter.state)) == [1, 2, 3, 4]


def test_before_the_first_zone_of_the_year_the_last_one_still_holds() -> None:
    days = ((Period(0, 1),), (Period(0, 2),))
    tables = TableSet((Zone(3, 1, 1), Zone(11, 1, 2)), days)
    tariffs = Tariffs((1, 2, 3, 4), (1, 2, 3, 4), (tables, tables))
    seen = [tariffs.tariff_at(datetime(2026, month, 1, tzinfo=UTC)) for month in (1, 2, 3, 10, 11, 12)]
    assert seen == [2, 2, 1, 1, 2, 2]


def test_before_the_first_period_of_the_day_the_last_one_still_holds() -> None:
    tables = TableSet(days=((Period(360, 1), Period(1_080, 2)),))
    tariffs = Tariffs((1, 2, 3, 4), (1, 2, 3, 4), (tables, tables))
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    assert [tariffs.tariff_at(midnight + timedelta(hours=hour)) for hour in (0, 6, 18)] == [2, 1, 2]
    assert tariffs.next_change(midnight + timedelta(hours=18)) == midnight + timedelta(days=1)
