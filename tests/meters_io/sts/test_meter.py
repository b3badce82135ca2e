"""What a meter accepts, and what it says to everything else."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.keys import KeyType, VendingKey, decoder_key
from meters_io.sts.meter import Meter, MeterRules, Result, ResultCode
from meters_io.sts.meter_state import MeterState, PlainMeterState, manufactured
from meters_io.sts.tid import BaseDate, tid_at
from meters_io.sts.token import TokenClass, seal
from meters_io.sts.transfer import Credit, encode_credit
from meters_io.sts.vending import CreditOrder, Issuer, VendingState
from tests.meters_io.sts.published import EA07_METER, EA11_METER, KEY

MADE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
MADE_TID = tid_at(MADE, BaseDate.Y2014)
NOW = MADE + timedelta(days=30)
TID = tid_at(NOW, BaseDate.Y2014)
DECODER_KEY = decoder_key(KEY, EA11_METER)
OTHER_KEY = bytes(16)


def new_meter(key: VendingKey = KEY, memory_size: int = 50, rules: MeterRules | None = None) -> Meter:
    return Meter(manufactured(key, EA11_METER, MADE, memory_size), rules or MeterRules())


def kwh(tid: int, tenths: int = 100, key: bytes = DECODER_KEY) -> str:
    return encode_credit(key, Credit.ELECTRICITY, tenths, tid, 5)


def wrong_token(number: int = 0) -> str:
    return kwh(TID + number, key=OTHER_KEY)


def lock_out(meter: Meter, now: datetime) -> None:
    for number in range(3):
        assert meter.enter(wrong_token(number), now).code is ResultCode.CRC_ERROR


def test_a_credit_token_is_added_once() -> None:
    meter = new_meter()
    assert meter.enter(kwh(TID), NOW) == Result(ResultCode.ACCEPT, TID, 100, 0)
    assert meter.enter(kwh(TID), NOW) == Result(ResultCode.USED_ERROR, TID, 100, 0)
    assert meter.state.credit == [100, 0, 0, 0, 0, 0, 0, 0]


def test_units_and_currency_have_registers_of_their_own() -> None:
    meter = new_meter()
    money = encode_credit(DECODER_KEY, Credit.ELECTRICITY_CURRENCY, 500_000, TID, 5)
    assert meter.enter(money, NOW) == Result(ResultCode.ACCEPT, TID, 500_024, 4)
    meter.enter(kwh(TID + 1), NOW)
    assert meter.state.credit == [100, 0, 0, 0, 500_024, 0, 0, 0]


def test_tokens_may_be_entered_in_any_order() -> None:
    meter = new_meter()
    tids = [TID + 5, TID, TID + 9, TID + 1]
    assert [meter.enter(kwh(tid), NOW).code for tid in tids] == [ResultCode.ACCEPT] * 4
    assert [meter.enter(kwh(tid), NOW).code for tid in tids] == [ResultCode.USED_ERROR] * 4


def test_a_token_older_than_the_meter_is_refused() -> None:
    meter = new_meter()
    assert meter.enter(kwh(MADE_TID - 1), NOW).code is ResultCode.OLD_ERROR
    assert meter.enter(kwh(MADE_TID), NOW).code is ResultCode.USED_ERROR


def test_an_accepted_tid_takes_the_place_of_the_smallest() -> None:
    meter = new_meter(memory_size=3)
    assert [meter.enter(kwh(TID + n), NOW).code for n in (1, 2, 4)] == [ResultCode.ACCEPT] * 3
    assert meter.state.tids == [TID + 1, TID + 2, TID + 4]
    meter.enter(kwh(TID + 3), NOW)
    assert meter.state.tids == [TID + 2, TID + 3, TID + 4]
    assert meter.enter(kwh(TID + 1), NOW).code is ResultCode.OLD_ERROR


def test_a_token_skipped_until_the_memory_has_moved_on_is_old() -> None:
    meter = new_meter(memory_size=2)
    skipped = kwh(TID)
    for later in range(1, 4):
        meter.enter(kwh(TID + later), NOW)
    assert meter.enter(skipped, NOW).code is ResultCode.OLD_ERROR


def test_a_token_of_another_key_fails_its_checksum_and_adds_nothing() -> None:
    meter = new_meter()
    assert meter.enter(wrong_token(), NOW) == Result(ResultCode.CRC_ERROR)
    assert meter.state.credit == [0] * 8


def test_a_token_beyond_the_keys_expiry_is_refused() -> None:
    ken = TID >> 16
    meter = new_meter(replace(KEY, ken=ken))
    assert meter.enter(kwh((ken + 1) << 16), NOW).code is ResultCode.KEY_EXPIRED_ERROR
    assert meter.enter(kwh(((ken + 1) << 16) - 1), NOW).code is ResultCode.ACCEPT


def test_a_meter_without_key_expiry_does_not_mind() -> None:
    ken = (TID >> 16) - 1
    meter = new_meter(replace(KEY, ken=ken), rules=MeterRules(honours_key_expiry=False))
    assert meter.enter(kwh(TID), NOW).code is ResultCode.ACCEPT


def test_credit_under_a_default_key_is_refused() -> None:
    key = replace(KEY, kt=KeyType.DDTK)
    meter = new_meter(key)
    assert meter.enter(kwh(TID, key=decoder_key(key, EA11_METER)), NOW).code is ResultCode.DDTK_ERROR


def test_a_token_the_register_cannot_hold_stays_good_for_later() -> None:
    meter = new_meter(rules=MeterRules(units_max=150))
    meter.enter(kwh(TID), NOW)
    assert meter.enter(kwh(TID + 1), NOW) == Result(ResultCode.OVERFLOW_ERROR, TID + 1, 100, 0)
    meter.state.credit[0] -= 60
    assert meter.enter(kwh(TID + 1), NOW).code is ResultCode.ACCEPT


def test_a_debt_token_may_take_the_register_below_nothing_but_not_without_end() -> None:
    meter = new_meter(rules=MeterRules(currency_max=100_000))
    debts = [encode_credit(DECODER_KEY, 4, -60_000, TID + number, 5) for number in range(2)]
    codes = [meter.enter(debt, NOW).code for debt in debts]
    assert codes == [ResultCode.ACCEPT, ResultCode.OVERFLOW_ERROR]


@pytest.mark.parametrize("digits", ["", "1", "hello", "9" * 20, " " * 20, "1234567890123456789²"])
def test_what_is_not_a_token_gets_a_format_error(digits: str) -> None:
    assert new_meter().enter(digits, NOW).code is ResultCode.FORMAT_ERROR


@pytest.mark.parametrize(
    "digits",
    [
        "73786976294838206463",  # class 3
        "00000000000134220736",  # a meter test of nothing
        seal(TokenClass.TEST, 0x300000000000, None),  # a reserved one
        seal(TokenClass.TEST, 0x600000000000, None),  # the manufacturer's own
        seal(TokenClass.TEST, 0x000100000000 << 8, None),  # test 33
        seal(TokenClass.MANAGEMENT, 0x3564E602FFFF | 8 << 44, Misty1(DECODER_KEY)),  # proprietary
        seal(TokenClass.CREDIT, 0x950000000001, Misty1(DECODER_KEY)),
        encode_credit(DECODER_KEY, Credit.WATER, 1, TID, 5),
    ],
)
def test_what_this_meter_does_not_do_gets_a_function_error(digits: str) -> None:
    meter = new_meter()
    before = meter.state.to_plain()
    assert meter.enter(digits, NOW).code is ResultCode.FUNCTION_ERROR
    assert meter.state.to_plain() == before


def test_a_damaged_meter_test_does_not_count_toward_the_lock_out() -> None:
    meter = new_meter()
    for _ in range(5):
        assert meter.enter("56493153725450313472", NOW).code is ResultCode.CRC_ERROR
    assert meter.enter(kwh(TID), NOW).code is ResultCode.ACCEPT


def test_after_three_wrong_tokens_the_meter_is_deaf_for_ten_seconds() -> None:
    meter = new_meter()
    lock_out(meter, NOW)
    assert meter.enter(kwh(TID), NOW + timedelta(seconds=9)).code is ResultCode.LOCKED_OUT
    assert meter.enter(kwh(TID), NOW + timedelta(seconds=10)).code is ResultCode.ACCEPT
    assert meter.state.wrong_tokens == 0


def test_each_further_wrong_token_doubles_the_wait_up_to_its_limit() -> None:
    meter, now, waits = new_meter(), NOW, []
    lock_out(meter, now)
    for number in range(10):
        assert meter.state.locked_until is not None
        waits.append(int((meter.state.locked_until - now).total_seconds()))
        now = meter.state.locked_until
        meter.enter(wrong_token(number), now)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280]


def test_a_token_entered_while_deaf_does_not_prolong_the_wait() -> None:
    meter = new_meter()
    lock_out(meter, NOW)
    until = meter.state.locked_until
    assert meter.enter(wrong_token(), NOW).code is ResultCode.LOCKED_OUT
    assert meter.state.locked_until == until


def test_a_locked_meter_still_answers_meter_tests() -> None:
    meter = new_meter()
    lock_out(meter, NOW)
    assert meter.enter("56493153725450313471", NOW).code is ResultCode.ACCEPT
    assert meter.enter(kwh(TID), NOW).code is ResultCode.LOCKED_OUT


def test_a_used_token_does_not_count_as_a_guess() -> None:
    meter = new_meter()
    codes = [meter.enter(kwh(TID), NOW).code for _ in range(6)]
    assert codes == [ResultCode.ACCEPT] + [ResultCode.USED_ERROR] * 5


def test_an_accepted_token_forgives_earlier_mistakes() -> None:
    meter = new_meter()
    for number in range(2):
        meter.enter(wrong_token(number), NOW)
    meter.enter(kwh(TID), NOW)
    meter.enter(wrong_token(), NOW)
    assert meter.state.locked_until is None


def test_a_power_cycle_ends_the_lock_out() -> None:
    meter = new_meter()
    lock_out(meter, NOW)
    meter.power_cycled()
    assert meter.enter(kwh(TID), NOW).code is ResultCode.ACCEPT


def test_a_saved_meter_goes_on_where_it_was() -> None:
    meter = new_meter()
    meter.enter(kwh(TID), NOW)
    lock_out(meter, NOW)
    saved: PlainMeterState = json.loads(json.dumps(meter.state.to_plain()))
    again = Meter(MeterState.from_plain(saved))
    assert again.state == meter.state
    assert again.enter(kwh(TID + 1), NOW).code is ResultCode.LOCKED_OUT
    assert again.enter(kwh(TID), NOW + timedelta(seconds=10)).code is ResultCode.USED_ERROR


@pytest.mark.parametrize(("field", "value"), [("tids", []), ("tids", [3, 1]), ("credit", [0])])
def test_a_state_that_cannot_be_is_refused(field: str, value: list[int]) -> None:
    damaged: dict[str, object] = {**new_meter().state.to_plain(), field: value}
    with pytest.raises(LocalError) as refusal:
        MeterState.from_plain(json.loads(json.dumps(damaged)))
    assert (refusal.value.code, refusal.value.field) == ("meter_state", field)


def test_the_state_does_not_show_its_key() -> None:
    assert repr(DECODER_KEY) not in repr(new_meter().state)


def test_a_meter_that_is_not_ready_takes_nothing_and_counts_nothing() -> None:
    meter = new_meter()
    meter.state.figures.ready = False
    before = meter.state.to_plain()
    for digits in (kwh(TID), wrong_token(), "56493153725450313471", "1"):
        assert meter.enter(digits, NOW) == Result(ResultCode.NOT_READY)
    assert meter.state.to_plain() == before
    meter.state.figures.ready = True
    assert meter.enter(kwh(TID), NOW).code is ResultCode.ACCEPT


def test_a_meter_needs_an_aware_clock() -> None:
    with pytest.raises(LocalError) as refusal:
        new_meter().enter(kwh(TID), NOW.replace(tzinfo=None))
    assert refusal.value.code == "naive_time"


def test_an_ea07_meter_takes_what_was_vended_for_it() -> None:
    order = CreditOrder("one", Credit.ELECTRICITY, 100)
    _, token = Issuer(KEY, EA07_METER, tables=SAMPLE_TABLES).issue(VendingState(), order, NOW, 5)
    meter = Meter(manufactured(KEY, EA07_METER, MADE), tables=SAMPLE_TABLES)
    assert meter.enter(token.digits, NOW) == Result(ResultCode.ACCEPT, token.tid, 100, 0)


@given(st.lists(st.tuples(st.integers(1, 16), st.integers(0, 90), st.booleans()), max_size=20))
def test_every_token_vended_is_credited_exactly_once(sales: list[tuple[int, int, bool]]) -> None:
    issuer, meter, state, now = Issuer(KEY, EA11_METER), new_meter(), VendingState(), NOW
    owed = 0
    for number, (amount, minutes, sent_twice) in enumerate(sales):
        now += timedelta(minutes=minutes)
        state, token = issuer.issue(state, CreditOrder(str(number), 0, amount), now, 5)
        owed += token.granted
        for _ in range(1 + sent_twice):
            meter.enter(token.digits, now)
    assert meter.state.credit[0] == owed


@given(st.text(max_size=22) | st.integers(0, 2**66 - 1).map(lambda number: f"{number:020d}"))
def test_whatever_is_typed_gets_an_answer_and_credits_nothing(digits: str) -> None:
    meter = new_meter()
    assert meter.enter(digits, NOW).code in {
        ResultCode.FORMAT_ERROR, ResultCode.FUNCTION_ERROR, ResultCode.CRC_ERROR,
    }  # fmt: skip
    assert meter.state.credit == [0] * 8
