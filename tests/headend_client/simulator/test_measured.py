"""What a meter measures: voltage, current and power that belong together, and what its status words say."""

from decimal import Decimal

import pytest

from headend_client.simulator.world import FirstState, Limits
from meters_io.dlt645.items import ITEMS
from meters_io.dlt645.items.shape import PLACES, DataItem
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import build_read
from meters_io.dlt645.relay import RelayAction
from meters_io.layout import Unreadable
from meters_io.sts.management import Management, encode_management
from meters_io.sts.tid import BaseDate, tid_at
from tests.clocks import Clock
from tests.each import each
from tests.headend_client.simulator.bench import Bench, esam_spec, sts_spec, token_frame

VOLTAGE, CURRENT, POWER, REACTIVE, APPARENT, FACTOR = (0x02000000 | number << 16 for number in range(1, 7))
A, B, C, ALL = 0x100, 0x200, 0x300, 0xFF00
LIMITS = Limits(overdraft_cents=200)


def number(bench: Bench, di: int) -> Decimal:
    value = bench.said(di)
    assert isinstance(value, Decimal)
    return value


@pytest.mark.parametrize("load_w", [40, 1_000, 6_000, 13_200])
def test_power_is_voltage_times_current_times_power_factor(clock: Clock, load_w: int) -> None:
    bench = Bench(esam_spec(load_w=load_w, first=FirstState(balance_cents=90_000)), clock)
    power = number(bench, POWER) * 1000
    assert power == load_w
    product = number(bench, VOLTAGE | A) * number(bench, CURRENT | A) * number(bench, FACTOR | A)
    assert abs(product - power) < 1
    assert number(bench, APPARENT) * number(bench, FACTOR) * 1000 == pytest.approx(power, abs=2)
    root = (number(bench, REACTIVE) ** 2 + number(bench, POWER) ** 2).sqrt()
    assert root == pytest.approx(number(bench, APPARENT), abs=Decimal("0.002"))


def test_voltage_and_frequency_wander_and_stay_believable(clock: Clock) -> None:
    bench = Bench(esam_spec(load_w=1_000, first=FirstState(balance_cents=90_000)), clock)
    voltages, frequencies = set(), set()
    for _ in range(40):
        clock.forward(minutes=1)
        voltages.add(number(bench, VOLTAGE | A))
        frequencies.add(number(bench, 0x02800002))
    assert len(voltages) > 5
    assert all(214 <= voltage <= 226 for voltage in voltages)
    assert all(Decimal("49.9") < frequency < Decimal("50.1") for frequency in frequencies)


def test_whoever_asks_in_one_minute_sees_the_same(clock: Clock) -> None:
    first, again = (Bench(esam_spec(), clock) for _ in range(2))
    assert first.raw(VOLTAGE | A) == again.raw(VOLTAGE | A)


def test_a_relay_that_is_open_lets_no_current_through(clock: Clock) -> None:
    bench = Bench(sts_spec(load_w=2_000), clock)
    assert number(bench, CURRENT | A) > 8
    bench.hear(bench.plain(RelayAction.TRIP))
    assert [number(bench, di) for di in (CURRENT | A, POWER, REACTIVE, APPARENT, 0x02800001)] == [0] * 5
    assert number(bench, VOLTAGE | A) > 200
    assert number(bench, FACTOR) == 1


def test_phases_that_are_not_there_show_ff(clock: Clock) -> None:
    bench = Bench(esam_spec(load_w=1_000), clock)
    assert bench.raw(VOLTAGE | B) == bench.raw(VOLTAGE | C) == b"\xff\xff"
    assert bench.raw(VOLTAGE | ALL) == bench.raw(VOLTAGE | A) + b"\xff" * 4
    assert bench.raw(POWER | ALL) == bench.raw(POWER) * 2 + b"\xff" * 6
    assert bench.said(CURRENT | B) is None


@pytest.mark.parametrize("number_of_word", range(1, 8))
def test_a_healthy_meter_has_nothing_to_say_in_its_status_words(clock: Clock, number_of_word: int) -> None:
    bench = Bench(esam_spec(first=FirstState(balance_cents=90_000)), clock)
    raw = bench.raw(0x04000500 | number_of_word)
    assert raw == (b"\x00\x02" if number_of_word == 3 else b"\x00\x00")  # prepaid, in money


def test_debt_shows_in_word_1(clock: Clock) -> None:
    bench = Bench(esam_spec(first=FirstState(overdraft_cents=150), limits=LIMITS), clock)
    assert bench.said(0x04000501) == ["overdraft"]


def test_a_large_current_shows_in_word_4(clock: Clock) -> None:
    bench = Bench(esam_spec(load_w=15_000), clock)
    assert bench.said(0x04000504) == ["over_current"]


def test_more_power_than_a_token_allows_shows_in_word_4(clock: Clock) -> None:
    bench = Bench(sts_spec(load_w=3_000), clock)
    assert bench.spec.sts is not None
    key, tid = bytes.fromhex(bench.spec.sts.decoder_key_hex), tid_at(clock(), BaseDate.Y2014)
    bench.hear(token_frame(encode_management(key, Management.MAXIMUM_POWER_LIMIT, 2_500, tid, 5)))
    assert bench.said(0x04000504) == ["overload"]


def test_what_was_raised_from_outside_shows_beside_the_meters_own(clock: Clock) -> None:
    bench = Bench(esam_spec(first=FirstState(overdraft_cents=150), limits=LIMITS), clock)
    bench.meter.state.raised = [1 << 2, 0, 0, 0, 0, 0, 1 << 9]
    assert bench.said(0x04000501) == ["clock_battery_low", "overdraft"]
    assert bench.said(0x04000507) == ["cover_open"]


@each(ITEMS, lambda item: item.pattern)
def test_what_a_meter_shows_is_understood_by_the_table_of_items(item: DataItem, clock: Clock) -> None:
    bench = Bench(esam_spec(load_w=1_000, first=FirstState(balance_cents=90_000)), clock)
    di = int("".join(f"{PLACES[pair].first:02X}" if pair in PLACES else pair for pair in pairs(item.pattern)), 16)
    reply = bench.hear(build_read(bench.spec.address, di))
    assert reply.control == 0xD1 or not isinstance(bench.said(di), Unreadable)


def pairs(pattern: str) -> list[str]:
    return [pattern[at : at + 2] for at in range(0, 8, 2)]


def test_an_sts_meter_measures_too(clock: Clock) -> None:
    bench = Bench(sts_spec(load_w=1_000), clock)
    assert number(bench, POWER) == 1
    assert bench.raw(Item.STATUS_3)
