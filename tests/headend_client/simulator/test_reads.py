"""What a meter shows, and to whom it answers at all."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from headend_client.simulator.answers import Fate
from headend_client.simulator.world import FirstState, Limits
from meters_io.bits import digits_to_bytes
from meters_io.dlt645 import reads
from meters_io.dlt645.frame import ANY_METER, BROADCAST, Frame, encode
from meters_io.dlt645.names import Control, Item
from meters_io.dlt645.reads import ReadData, Register, build_read, parse_read_reply
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import RelayAction
from meters_io.dlt645.replies import di_to_bytes
from meters_io.dlt645.status import PrepayKind, StatusWord3
from meters_io.dlt645.values import clock_from_bytes, moment_from_bytes, money_from_bytes, number_from_bytes
from tests.clocks import MONDAY_MORNING, Clock
from tests.headend_client.simulator.bench import CUSTOMER, ESAM_ADDRESS, ZONE, Bench, esam_spec, refusal, sts_spec

LIMITS = Limits(alarm_1_cents=800, alarm_2_cents=300, overdraft_cents=200, hoard_cents=90_000, reclose_cents=100)
FIRST = FirstState(balance_cents=123_456, purchase_count=3, energy_wh=4_567_890)


@pytest.fixture
def bench(clock: Clock) -> Bench:
    """1234.56 yuan, 4567.89 kWh."""
    return Bench(esam_spec(first=FIRST, limits=LIMITS, price_e4=5_283), clock)


def raw(bench: Bench, di: int) -> bytes:
    answer = parse_read_reply(bench.hear(build_read(bench.spec.address, di)), bench.spec.address, di)
    assert isinstance(answer, ReadData)
    return answer.data


def test_a_balance_travels_as_the_standard_writes_it(bench: Bench) -> None:
    reply = bench.hear(build_read(ESAM_ADDRESS, Item.BALANCE))
    body = bytes.fromhex("68 17 00 00 00 00 00 68 91 08") + bytes(
        (byte + 0x33) & 0xFF for byte in bytes.fromhex("00 02 90 00 56 34 12 00")
    )
    assert encode(reply) == b"\xfe" * 4 + body + bytes((sum(body) & 0xFF, 0x16))


@pytest.mark.parametrize(
    ("register", "value"),
    [
        (reads.BALANCE, 123_456),
        (reads.OVERDRAFT, 0),
        (reads.ENERGY, 4_567_890),
        (reads.PURCHASE_COUNT, 3),
        (reads.PRICE_NOW, 5_283),
        (reads.ALARM_1, 800),
        (reads.ALARM_2, 300),
        (reads.OVERDRAFT_LIMIT, 200),
        (reads.HOARD_LIMIT, 90_000),
        (reads.RECLOSE_BALANCE, 100),
        (reads.STATUS_3, StatusWord3(prepay_kind=PrepayKind.MONEY)),
    ],
)
def test_an_item_shows_what_the_meter_holds(bench: Bench, register: Register[object], value: object) -> None:
    assert bench.read(register) == value


def test_debt_shows_as_an_overdraft_and_in_status_word_1(clock: Clock) -> None:
    bench = Bench(esam_spec(first=FirstState(overdraft_cents=150), limits=LIMITS), clock)
    assert (bench.read(reads.BALANCE), bench.read(reads.OVERDRAFT)) == (0, 150)
    assert raw(bench, 0x04000501) == b"\x00\x40"


def test_names_and_numbers_are_there(bench: Bench) -> None:
    assert raw(bench, Item.ADDRESS) == digits_to_bytes(ESAM_ADDRESS, 6)
    assert raw(bench, Item.METER_NUMBER) == digits_to_bytes("100000000017", 6)
    assert raw(bench, Item.CUSTOMER) == digits_to_bytes(CUSTOMER, 6)


def test_the_clock_shows_local_time(bench: Bench) -> None:
    assert clock_from_bytes(raw(bench, Item.CLOCK), ZONE) == MONDAY_MORNING
    assert raw(bench, Item.DATE).hex() == "01020326"  # Monday, 2 March 2026
    assert raw(bench, Item.TIME).hex() == "000009"


def test_midnight_is_read_with_its_energy(bench: Bench) -> None:
    midnight = datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert moment_from_bytes(raw(bench, Item.DAILY_FREEZE_MOMENT), ZONE) == midnight
    assert raw(bench, Item.DAILY_FREEZE_ENERGY).hex() == "89674500" + 4 * "97411100"  # the total, then each tariff


def test_how_long_an_authentication_lasts_can_be_read(bench: Bench) -> None:
    assert number_from_bytes(raw(bench, Item.AUTHENTICATION_LEFT), 2) == 0
    bench.authenticate()
    assert number_from_bytes(raw(bench, Item.AUTHENTICATION_LEFT), 2) == 5
    status = bench.read(reads.STATUS_3)
    assert isinstance(status, StatusWord3)
    assert status.authenticated


def test_purchases_are_recorded_newest_first(bench: Bench, clock: Clock) -> None:
    bench.meter.spec = replace(bench.spec, limits=Limits())
    bench.recharge(1_000, 4)
    clock.forward(minutes=1)
    bench.recharge(2_000, 5)
    assert moment_from_bytes(raw(bench, Item.PURCHASE_MOMENT), ZONE) == clock()
    assert number_from_bytes(raw(bench, Item.PURCHASE_COUNT), 2) == 5
    assert number_from_bytes(raw(bench, Item.PURCHASE_COUNT + 1), 2) == 4
    parts = (Item.PURCHASE_AMOUNT, Item.BALANCE_BEFORE, Item.BALANCE_AFTER, Item.PURCHASED_IN_ALL)
    assert [money_from_bytes(raw(bench, di)) for di in parts] == [2_000, 124_456, 126_456, 3_000]
    assert [money_from_bytes(raw(bench, di + 1)) for di in parts] == [1_000, 123_456, 124_456, 1_000]
    assert [money_from_bytes(raw(bench, di + 2)) for di in parts] == [0, 0, 0, 0]
    assert moment_from_bytes(raw(bench, Item.PURCHASE_MOMENT + 2), ZONE) is None


@pytest.mark.parametrize("di", [0x00010500, 0xFFFFFFFF, 0x040005FF, 0x0333010B, 0x03330100, 0x00900100, 0x028011FF])
def test_an_item_that_is_not_there_is_refused_by_bit_1(bench: Bench, di: int) -> None:
    reply = bench.hear(build_read(ESAM_ADDRESS, di))
    assert (reply.control, reply.data) == (0xD1, b"\x02")
    assert refusal(reply) == RefusalCode.NO_DATA


@pytest.mark.parametrize("di", [Item.PURCHASE_COUNT, Item.PURCHASE_AMOUNT, Item.CUSTOMER, Item.AUTHENTICATION_LEFT])
def test_an_sts_meter_counts_no_purchases(clock: Clock, di: int) -> None:
    bench = Bench(sts_spec(), clock)
    assert refusal(bench.hear(build_read(bench.spec.address, di))) == RefusalCode.NO_DATA


@pytest.mark.parametrize("address", [ANY_METER, "AAAAAAAA0017"])
def test_a_wildcard_is_answered_with_the_real_address(bench: Bench, address: str) -> None:
    assert bench.hear(build_read(address, Item.BALANCE)).address == ESAM_ADDRESS
    answer = bench.hear(Frame(address, Control.READ_ADDRESS))
    assert (answer.control, answer.data) == (0x93, digits_to_bytes(ESAM_ADDRESS, 6))


def test_a_wildcard_moves_neither_money_nor_relay(bench: Bench) -> None:
    bench.authenticate()
    for request in (bench.purchase(1_000, 4), bench.sealed(RelayAction.TRIP)):
        answer = bench.ask(Frame(ANY_METER, request.control, request.data))
        assert answer.fate is Fate.SILENT
    assert bench.relay == (False, False)
    assert bench.meter.state.credits == []


@pytest.mark.parametrize("address", ["000000000018", "AAAAAAAA0018", BROADCAST])
def test_what_is_meant_for_others_is_not_answered(bench: Bench, address: str) -> None:
    asked = Frame(address, Control.READ, di_to_bytes(Item.BALANCE))
    assert bench.ask(asked).fate is Fate.SILENT


@pytest.mark.parametrize("control", [0x91, 0xD1, 0x83])
def test_answers_of_others_are_not_answered(bench: Bench, control: int) -> None:
    assert bench.ask(Frame(ESAM_ADDRESS, control, b"\0\0\0\0")).fate is Fate.SILENT


@pytest.mark.parametrize("control", [0x00, 0x04, 0x1E, 0x1F, Control.FREEZE, Control.READ_MORE])
def test_a_function_nobody_heard_of_is_not_answered(bench: Bench, control: int) -> None:
    assert bench.ask(Frame(ESAM_ADDRESS, control, b"\0\0\0\0")).fate is Fate.SILENT


def test_nothing_can_be_written_without_authority(bench: Bench) -> None:
    reply = bench.hear(Frame(ESAM_ADDRESS, Control.WRITE, bytes(16)))
    assert (reply.control, reply.data) == (0xD4, b"\x04")


@pytest.mark.parametrize("length", range(4))
def test_a_read_without_an_identifier_is_refused(bench: Bench, length: int) -> None:
    answer = bench.hear(Frame(ESAM_ADDRESS, Control.READ, bytes(length)))
    assert refusal(answer) == RefusalCode.OTHER
