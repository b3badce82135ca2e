"""Settings written over the line: who is believed, what the meter makes of a value, and when a word means nothing."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headend_client.simulator.answers import Fate
from headend_client.simulator.memory import Memory
from headend_client.simulator.state import Level
from headend_client.simulator.world import Behaviour, FirstState, Limits, Script
from meters_io.dlt645 import reads
from meters_io.dlt645.frame import ANY_METER, BROADCAST, Frame
from meters_io.dlt645.names import Control, Item
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import Password, RelayAction
from meters_io.dlt645.values import clock_to_bytes, moment_to_bytes, money_to_bytes
from tests.clocks import Clock
from tests.headend_client.simulator.bench import PASSWORD, ZONE, Bench, esam_spec, refusal, sts_spec

TEN_YUAN = money_to_bytes(1_000)
LIMIT_ITEMS = (Item.ALARM_1, Item.ALARM_2, Item.OVERDRAFT_LIMIT, Item.HOARD_LIMIT, Item.RECLOSE_BALANCE)


@pytest.fixture(params=["esam", "sts"])
def bench(request: pytest.FixtureRequest, clock: Clock) -> Bench:
    """A meter of either kind with 10.00 yuan."""
    return Bench(esam_spec() if request.param == "esam" else sts_spec(), clock)


@pytest.fixture
def chip(clock: Clock) -> Bench:
    """An ESAM meter with a session."""
    made = Bench(esam_spec(), clock)
    made.authenticate()
    return made


def is_yes(reply: Frame) -> bool:
    return (reply.control, reply.data) == (0x94, b"")


@pytest.mark.parametrize("di", LIMIT_ITEMS)
def test_a_limit_is_written_and_read_back(bench: Bench, di: int) -> None:
    assert is_yes(bench.write(di, money_to_bytes(4_321)))
    assert bench.raw(di) == money_to_bytes(4_321)
    assert [bench.raw(other) == money_to_bytes(4_321) for other in LIMIT_ITEMS].count(True) == 1


def test_a_written_limit_counts_at_once(bench: Bench) -> None:
    levels = []
    for cents in (1_000, 999):
        bench.write(Item.ALARM_1, money_to_bytes(cents))
        levels.append(bench.meter.state.level)
    assert levels == [Level.ALARM_1, Level.NORMAL]


def test_an_overdraft_that_is_taken_away_opens_the_relay(clock: Clock) -> None:
    bench = Bench(sts_spec(first=FirstState(overdraft_cents=150), limits=Limits(overdraft_cents=200)), clock)
    assert bench.relay == (False, False)
    bench.write(Item.OVERDRAFT_LIMIT, money_to_bytes(150))
    assert bench.relay == (True, True)


def test_a_written_hoarding_limit_refuses_a_purchase(clock: Clock) -> None:
    bench = Bench(esam_spec(), clock)
    bench.write(Item.HOARD_LIMIT, money_to_bytes(1_500))
    assert refusal(bench.hear(bench.purchase(501, 4))) == RefusalCode.HOARD


def test_all_limits_are_read_and_written_in_one(bench: Bench) -> None:
    values = b"".join(money_to_bytes(amount) for amount in (900, 400, 300, 90_000, 100))
    assert is_yes(bench.write(0x040010FF, values))
    assert bench.raw(0x040010FF) == values
    assert bench.raw(Item.OVERDRAFT_LIMIT) == money_to_bytes(300)


def test_what_was_written_outlives_the_meters_death(bench: Bench, clock: Clock, tmp_path: Path) -> None:
    bench.write(Item.ALARM_1, money_to_bytes(4_321))
    bench.write(0x04001401, b"\x15\x00")
    bench.write(Item.TIME, bytes.fromhex("000010"))
    assert bench.saved
    Memory(tmp_path).save("1", bench.meter.state)
    again = Bench(bench.spec, clock, Memory(tmp_path).load("1"))
    assert again.meter.state == bench.meter.state
    assert again.raw(Item.ALARM_1) == money_to_bytes(4_321)
    assert again.raw(0x04001401) == b"\x15\x00"
    assert again.raw(Item.TIME) == bytes.fromhex("000010")


@pytest.mark.parametrize("di", [Item.BALANCE, Item.ENERGY, Item.STATUS_3, 0x040501FF, 0x04050201, 0x04001006, 0])
def test_what_no_master_may_write_is_no_such_data(bench: Bench, di: int) -> None:
    assert refusal(bench.write(di, TEN_YUAN)) == RefusalCode.NO_DATA


@pytest.mark.parametrize("value", [b"", b"\0", bytes(5), b"\xff" * 4])
def test_a_value_of_another_form_is_refused_and_changes_nothing(chip: Bench, value: bytes) -> None:
    sealed = chip.set_sealed(Item.HOARD_LIMIT, value)
    assert refusal(chip.hear(sealed)) == RefusalCode.OTHER
    assert chip.read(reads.HOARD_LIMIT) == 0


def test_digits_that_are_none_are_refused(chip: Bench) -> None:
    assert refusal(chip.hear(chip.set_sealed(Item.HOARD_LIMIT, b"\x0a\0\0\0"))) == RefusalCode.OTHER
    assert refusal(chip.hear(chip.set_sealed(0x04001402, b"\x0a\0\0"))) == RefusalCode.OTHER


def test_without_authentication_nothing_is_written(clock: Clock) -> None:
    bench = Bench(esam_spec(), clock)
    for di in (Item.ALARM_1, Item.HOARD_LIMIT):
        reply = bench.hear(bench.set_sealed(di, TEN_YUAN))
        assert (reply.control, reply.data) == (0xD4, b"\x04")
    assert bench.meter.state.limits is None


def test_an_authentication_is_good_for_five_minutes_of_writing(chip: Bench, clock: Clock) -> None:
    late = chip.set_sealed(Item.HOARD_LIMIT, TEN_YUAN)
    clock.forward(minutes=5)
    assert refusal(chip.hear(late)) == RefusalCode.PASSWORD


@pytest.mark.parametrize("di", [Item.ALARM_1, Item.HOARD_LIMIT])
def test_a_write_that_was_tampered_with_is_refused_and_counted(chip: Bench, di: int) -> None:
    good = chip.set_sealed(di, TEN_YUAN)
    for place in (12, len(good.data) - 1):
        bad = good.data[:place] + bytes((good.data[place] ^ 1,)) + good.data[place + 1 :]
        assert refusal(chip.hear(Frame(good.address, good.control, bad))) == RefusalCode.PASSWORD
    assert chip.meter.state.mac_errors == 2
    assert is_yes(chip.hear(good))


def test_after_two_hundred_wrong_macs_the_chip_writes_nothing_that_day(chip: Bench, clock: Clock) -> None:
    good = chip.set_sealed(Item.HOARD_LIMIT, TEN_YUAN)
    chip.meter.state.mac_errors, chip.meter.state.mac_errors_on = 200, "2026-03-02"
    assert refusal(chip.hear(good)) == RefusalCode.PASSWORD
    clock.forward(days=1)
    assert is_yes(chip.write(Item.HOARD_LIMIT, TEN_YUAN))


@pytest.mark.parametrize(("di", "level"), [(Item.ALARM_1, 0x98), (Item.HOARD_LIMIT, 0x99), (Item.HOARD_LIMIT, 0x02)])
def test_a_write_of_the_other_class_is_refused(chip: Bench, di: int, level: int) -> None:
    good = chip.set_sealed(di, TEN_YUAN)
    bad = Frame(good.address, good.control, good.data[:4] + bytes((level,)) + good.data[5:])
    assert refusal(chip.hear(bad)) == RefusalCode.PASSWORD


@pytest.mark.parametrize("password", [replace(PASSWORD, level=4), replace(PASSWORD, secret=0)])
def test_a_wrong_password_writes_nothing(clock: Clock, password: Password) -> None:
    bench = Bench(sts_spec(), clock)
    assert refusal(bench.hear(bench.set_plain(Item.ALARM_1, TEN_YUAN, password))) == RefusalCode.PASSWORD
    assert bench.meter.state.limits is None


@pytest.mark.parametrize("length", range(30))
def test_a_write_cut_short_is_refused(chip: Bench, length: int) -> None:
    whole = chip.set_sealed(Item.HOARD_LIMIT, TEN_YUAN)
    reply = chip.hear(Frame(whole.address, whole.control, whole.data[:length]))
    assert refusal(reply) in (RefusalCode.OTHER, RefusalCode.PASSWORD)
    assert chip.meter.state.limits is None


def test_a_wildcard_writes_nothing(chip: Bench) -> None:
    whole = chip.set_sealed(Item.HOARD_LIMIT, TEN_YUAN)
    assert chip.ask(Frame(ANY_METER, whole.control, whole.data)).fate is Fate.SILENT


def test_a_customer_number_can_be_written_where_one_is_kept(clock: Clock) -> None:
    chip, keypad = Bench(esam_spec(), clock), Bench(sts_spec(), clock)
    assert is_yes(chip.write(Item.CUSTOMER, bytes.fromhex("124700000000")))
    assert chip.meter.state.customer == "000000004712"
    assert refusal(keypad.write(Item.CUSTOMER, bytes(6))) == RefusalCode.NO_DATA


def test_an_item_that_a_model_lacks_is_neither_read_nor_written(clock: Clock) -> None:
    bench = Bench(sts_spec(lacks=("0400010C",)), clock)
    now = clock_to_bytes(clock(), ZONE)
    assert refusal(bench.write(Item.CLOCK, now)) == RefusalCode.NO_DATA
    assert refusal(bench.hear(reads.build_read(bench.spec.address, Item.CLOCK))) == RefusalCode.NO_DATA
    assert is_yes(bench.write(Item.TIME, now[:3]))


def test_an_idle_meter_says_yes_and_does_nothing(clock: Clock) -> None:
    bench = Bench(esam_spec(behaviour=Behaviour(Script.IDLE)), clock)
    assert is_yes(bench.write(Item.HOARD_LIMIT, TEN_YUAN))
    assert bench.read(reads.HOARD_LIMIT) == 0
    for action in (RelayAction.TRIP, RelayAction.KEEP_POWER_ON):
        assert bench.hear(bench.sealed(action)).control == 0x9C
        assert (bench.relay, bench.meter.state.keep_power) == ((False, False), False)


def test_a_meter_that_says_no_may_have_done_it(clock: Clock) -> None:
    bench = Bench(esam_spec(behaviour=Behaviour(Script.SAYS_NO, times=1)), clock)
    assert refusal(bench.write(Item.HOARD_LIMIT, TEN_YUAN)) == RefusalCode.OTHER
    assert bench.read(reads.HOARD_LIMIT) == 1_000
    assert is_yes(bench.write(Item.HOARD_LIMIT, money_to_bytes(2_000)))


def test_a_deaf_meter_obeys_a_write_that_nobody_hears_of(clock: Clock) -> None:
    bench = Bench(esam_spec(behaviour=Behaviour(Script.DEAF)), clock)
    bench.authenticate()
    assert bench.ask(bench.set_sealed(Item.HOARD_LIMIT, TEN_YUAN)).fate is Fate.LOST
    assert bench.read(reads.HOARD_LIMIT) == 1_000


def behind(clock: Clock, seconds: int, speed: float = 1.0) -> Bench:
    first = FirstState(balance_cents=1_000, clock_ahead_s=-seconds)
    return Bench(esam_spec(first=first), clock, speed=speed)


def test_a_clock_that_is_behind_shows_it_and_refuses_no_good_order(clock: Clock) -> None:
    bench = behind(clock, 900)
    assert bench.raw(Item.CLOCK) == clock_to_bytes(clock() - timedelta(minutes=15), ZONE)
    bench.authenticate()
    assert bench.hear(bench.sealed(RelayAction.TRIP, clock() - timedelta(minutes=10))).control == 0x9C


def test_a_clock_that_is_ahead_makes_good_orders_fail(clock: Clock) -> None:
    bench = behind(clock, -900)
    bench.authenticate()
    reply = bench.hear(bench.sealed(RelayAction.TRIP, clock() + timedelta(minutes=5), 1 << 24))
    assert refusal(reply) == RefusalCode.EXPIRY


def test_a_clock_is_set_by_date_and_time(clock: Clock) -> None:
    bench = behind(clock, 3 * 86_400 + 900)
    now = clock_to_bytes(clock(), ZONE)
    assert is_yes(bench.write(Item.DATE, now[3:]))
    assert bench.raw(Item.CLOCK) == clock_to_bytes(clock() - timedelta(minutes=15), ZONE)
    assert is_yes(bench.write(Item.TIME, now[:3]))
    assert bench.raw(Item.CLOCK) == now
    clock.forward(seconds=90)
    assert bench.raw(Item.CLOCK) == clock_to_bytes(clock(), ZONE)


def test_a_clock_is_set_in_one(clock: Clock) -> None:
    bench = behind(clock, 10**7)
    assert is_yes(bench.write(Item.CLOCK, clock_to_bytes(clock(), ZONE)))
    assert bench.meter.state.clock_ahead_s == 0


@pytest.mark.parametrize("value", ["0000", "00000000", "000060", "006000", "000024", "0a0000"])
def test_a_time_that_there_is_not_is_refused(chip: Bench, value: str) -> None:
    assert refusal(chip.write(Item.TIME, bytes.fromhex(value))) == RefusalCode.OTHER
    assert chip.meter.state.clock_ahead_s == 0


def test_a_clock_is_not_set_to_the_end_of_its_century(chip: Bench) -> None:
    assert refusal(chip.write(Item.DATE, bytes.fromhex("04311299"))) == RefusalCode.OTHER
    assert is_yes(chip.write(Item.DATE, bytes.fromhex("04311298")))


def told(clock: Clock) -> Frame:
    return Frame(BROADCAST, Control.BROADCAST_TIME, moment_to_bytes(clock(), ZONE))


def test_a_broadcast_mends_a_small_error_once_a_day_and_is_not_answered(clock: Clock) -> None:
    bench = behind(clock, 299)
    assert bench.ask(told(clock)).fate is Fate.SILENT
    assert bench.meter.state.clock_ahead_s == 0
    bench.meter.state.clock_ahead_s = -60
    bench.ask(told(clock))
    assert bench.meter.state.clock_ahead_s == -60
    clock.forward(days=1)
    bench.ask(told(clock))
    assert bench.meter.state.clock_ahead_s == 0


def test_a_broadcast_does_not_mend_a_large_error(clock: Clock) -> None:
    bench = behind(clock, 301)
    for data in (told(clock).data, b"", b"\xff" * 6, bytes(6)):
        bench.ask(Frame(BROADCAST, Control.BROADCAST_TIME, data))
    assert bench.meter.state.clock_ahead_s == -301


def test_an_address_that_is_somebody_elses_hears_no_time(clock: Clock) -> None:
    bench = behind(clock, 60)
    bench.ask(Frame("000000000018", Control.BROADCAST_TIME, told(clock).data))
    assert bench.meter.state.clock_ahead_s == -60
