"""Issuing: one TID per token, one token per request, and no token that would harm the meter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.anatomy import read_token
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.keys import KeyType, MeterConfig, decoder_key
from meters_io.sts.management import Management, ManagementToken
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.tid import BaseDate, is_reserved, tid_at
from meters_io.sts.transfer import decode_credit
from meters_io.sts.vending import CreditOrder, Issuer, ManagementOrder, TokenOrder, VendingRules, VendingState
from tests.meters_io.sts.published import EA07_METER, EA11_METER, KEY

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOON_TID = tid_at(NOON, BaseDate.Y2014)
ISSUER = Issuer(KEY, EA11_METER)
DECODER_KEY = decoder_key(KEY, EA11_METER)
ORDER = CreditOrder("first", 0, 1234)
NEW = VendingState()


def refused(issuer: Issuer, state: VendingState, now: datetime, order: TokenOrder = ORDER) -> str:
    with pytest.raises(LocalError) as refusal:
        issuer.issue(state, order, now, 5)
    return refusal.value.code


def test_a_token_carries_the_minute_and_what_was_ordered() -> None:
    state, token = ISSUER.issue(NEW, ORDER, NOON, 5)
    read = decode_credit(DECODER_KEY, token.digits)
    assert (read.tid, read.subclass, read.rnd, read.amount) == (NOON_TID, 0, 5, 1234)
    assert (token.tid, token.granted, token.order) == (NOON_TID, 1234, ORDER)
    assert state == VendingState(NOON_TID, {"first": token})


def test_two_tokens_in_one_minute_have_different_tids() -> None:
    state, first = ISSUER.issue(NEW, ORDER, NOON, 5)
    state, second = ISSUER.issue(state, replace(ORDER, request_id="second"), NOON, 5)
    assert (first.tid, second.tid) == (NOON_TID, NOON_TID + 1)
    assert first.digits != second.digits
    assert state.last_tid == NOON_TID + 1


def test_a_retry_gets_the_same_token_even_much_later_and_with_other_random_bits() -> None:
    state, token = ISSUER.issue(NEW, ORDER, NOON, 5)
    assert ISSUER.issue(state, ORDER, NOON + timedelta(days=9000), 11) == (state, token)


def test_a_retry_is_answered_from_the_journal_row_alone() -> None:
    _, token = ISSUER.issue(NEW, ORDER, NOON, 5)
    row = VendingState(token.tid + 40, {"first": token})
    assert ISSUER.issue(row, ORDER, NOON, 5) == (row, token)


@pytest.mark.parametrize("other", [CreditOrder("first", 0, 1235), CreditOrder("first", 4, 1234)])
def test_a_request_id_is_not_good_for_another_order(other: CreditOrder) -> None:
    state, _ = ISSUER.issue(NEW, ORDER, NOON, 5)
    assert refused(ISSUER, state, NOON, other) == "request_reused"


def test_a_token_sold_one_minute_past_midnight_takes_the_next_minute() -> None:
    midnight = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
    state, first = ISSUER.issue(NEW, ORDER, midnight, 5)
    state, second = ISSUER.issue(state, replace(ORDER, request_id="2"), midnight + timedelta(minutes=1), 5)
    _, third = ISSUER.issue(state, replace(ORDER, request_id="3"), midnight + timedelta(minutes=2), 5)
    assert [second.tid - first.tid, third.tid - second.tid] == [2, 1]


def test_the_rounding_is_reported_as_what_the_meter_adds() -> None:
    _, token = ISSUER.issue(NEW, CreditOrder("coarse", 0, 16385), NOON, 5)
    assert token.granted == 16394 == decode_credit(DECODER_KEY, token.digits).amount


def test_one_unit_of_currency_is_granted_a_little_more() -> None:
    _, token = ISSUER.issue(NEW, CreditOrder("money", 4, 100_000), NOON, 5)
    assert token.granted == 100_004


def test_an_expired_key_issues_nothing() -> None:
    last = datetime(2024, 9, 18, 22, 55, tzinfo=UTC)
    issuer = Issuer(replace(KEY, ken=85), EA11_METER)
    issuer.issue(NEW, ORDER, last, 5)
    assert refused(issuer, NEW, last + timedelta(minutes=1)) == "key_expired"


def test_the_key_also_counts_as_expired_for_a_tid_pushed_ahead() -> None:
    last = datetime(2024, 9, 18, 22, 55, tzinfo=UTC)
    issuer = Issuer(replace(KEY, ken=85), EA11_METER)
    state, _ = issuer.issue(NEW, ORDER, last, 5)
    assert refused(issuer, state, last, replace(ORDER, request_id="second")) == "key_expired"


def test_a_clock_slightly_behind_continues_after_the_last_tid() -> None:
    state = VendingState(NOON_TID + 15)
    _, token = ISSUER.issue(state, ORDER, NOON, 5)
    assert token.tid == NOON_TID + 16


def test_a_clock_far_behind_the_last_tid_issues_nothing() -> None:
    assert refused(ISSUER, VendingState(NOON_TID + 16), NOON) == "clock_behind"


def test_the_tolerated_lag_is_a_rule_of_the_group() -> None:
    strict = replace(ISSUER, rules=VendingRules(clock_tolerance=timedelta(0)))
    assert refused(strict, VendingState(NOON_TID + 1), NOON) == "clock_behind"
    strict.issue(VendingState(NOON_TID), ORDER, NOON, 5)


def test_a_group_that_counts_in_local_time_is_served_in_local_time() -> None:
    local = replace(ISSUER, rules=VendingRules(clock_offset=timedelta(hours=8)))
    _, token = local.issue(NEW, ORDER, NOON, 5)
    assert token.tid == NOON_TID + 480


def test_a_key_of_a_base_date_to_come_issues_nothing() -> None:
    assert refused(Issuer(replace(KEY, base_date=BaseDate.Y2035), EA11_METER), NEW, NOON) == "tid_before_base"


def test_a_base_date_that_has_run_out_issues_nothing() -> None:
    assert refused(Issuer(replace(KEY, base_date=BaseDate.Y1993), EA11_METER), NEW, NOON) == "tid_exhausted"


def test_a_default_key_issues_no_credit() -> None:
    assert refused(Issuer(replace(KEY, kt=KeyType.DDTK), EA11_METER), NEW, NOON) == "ddtk_credit"


def test_an_ea07_meter_needs_the_operators_tables() -> None:
    assert refused(Issuer(KEY, EA07_METER), NEW, NOON) == "sta_tables_missing"
    Issuer(KEY, EA07_METER, tables=SAMPLE_TABLES).issue(NEW, ORDER, NOON, 5)


def test_an_ea09_meter_gets_nothing() -> None:
    issuer = Issuer(KEY, replace(EA07_METER, ea=Algorithm.DES), tables=SAMPLE_TABLES)
    assert refused(issuer, NEW, NOON) == "ea_refused"


def test_a_refusal_leaves_the_request_free() -> None:
    assert refused(ISSUER, NEW, NOON, CreditOrder("first", 0, -1)) == "amount_range"
    ISSUER.issue(NEW, ORDER, NOON, 5)


@given(st.lists(st.integers(-10, 3000), min_size=2, max_size=12))
def test_tids_of_a_meter_always_rise(steps: list[int]) -> None:
    state, now, tids = NEW, NOON, []
    for number, minutes in enumerate(steps):
        now += timedelta(minutes=minutes)
        try:
            state, token = ISSUER.issue(state, CreditOrder(str(number), 4, 500_000), now, number % 16)
        except LocalError as refusal:
            assert refusal.code == "clock_behind"
            continue
        tids.append(token.tid)
    assert tids == sorted(set(tids))
    assert not any(is_reserved(tid) for tid in tids)


def special(request_id: str = "free") -> CreditOrder:
    return CreditOrder(request_id, 0, 500, special=True)


def test_a_special_token_takes_the_reserved_minute_of_its_day() -> None:
    state, token = ISSUER.issue(VendingState(NOON_TID), special(), NOON, 5)
    assert token.tid == tid_at(datetime(2026, 11, 21, 0, 1, tzinfo=UTC), BaseDate.Y2014)
    assert is_reserved(token.tid)
    assert state == VendingState(NOON_TID, {"free": token}, token.tid)


def test_a_special_token_of_the_first_minute_of_a_day_takes_the_next() -> None:
    midnight = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
    _, token = ISSUER.issue(NEW, special(), midnight, 5)
    assert token.tid == tid_at(midnight, BaseDate.Y2014) + 1


def test_a_special_token_counts_days_by_the_groups_clock() -> None:
    local = replace(ISSUER, rules=VendingRules(clock_offset=timedelta(hours=8)))
    _, token = local.issue(NEW, special(), datetime(2026, 11, 21, 17, 0, tzinfo=UTC), 5)
    assert token.tid == tid_at(datetime(2026, 11, 22, 0, 1, tzinfo=UTC), BaseDate.Y2014)


def test_there_is_one_special_token_a_day() -> None:
    state, first = ISSUER.issue(NEW, special(), NOON, 5)
    assert refused(ISSUER, state, NOON, special("more")) == "special_taken"
    assert ISSUER.issue(state, special(), NOON, 5) == (state, first)
    _, second = ISSUER.issue(state, special("more"), NOON + timedelta(days=1), 5)
    assert second.tid - first.tid == 1440


def test_a_special_token_leaves_the_row_of_ordinary_ones_alone() -> None:
    state, first = ISSUER.issue(NEW, ORDER, NOON, 5)
    state, _ = ISSUER.issue(state, special(), NOON, 5)
    _, second = ISSUER.issue(state, replace(ORDER, request_id="second"), NOON, 5)
    assert second.tid - first.tid == 1


def test_a_special_token_is_refused_where_an_ordinary_one_would_be() -> None:
    assert refused(ISSUER, VendingState(NOON_TID + 16), NOON, special()) == "clock_behind"
    assert refused(Issuer(replace(KEY, ken=85), EA11_METER), NEW, NOON, special()) == "key_expired"
    assert refused(Issuer(replace(KEY, kt=KeyType.DDTK), EA11_METER), NEW, NOON, special()) == "ddtk_credit"


def test_a_management_token_is_one_of_the_row() -> None:
    state, first = ISSUER.issue(NEW, ORDER, NOON, 5)
    order = ManagementOrder("limit", Management.MAXIMUM_POWER_LIMIT, 20_001)
    state, token = ISSUER.issue(state, order, NOON, 7)
    read = read_token(token.digits, Misty1(DECODER_KEY))
    assert read == ManagementToken(Management.MAXIMUM_POWER_LIMIT, first.tid + 1, 7, 20_004)
    assert (token.order, token.granted) == (order, 20_004)
    assert ISSUER.issue(state, order, NOON, 5) == (state, token)
    assert refused(ISSUER, state, NOON, replace(order, value=1)) == "request_reused"


def test_a_default_key_manages_and_an_expired_one_does_not() -> None:
    order = ManagementOrder("tamper", Management.CLEAR_TAMPER, 0)
    Issuer(replace(KEY, kt=KeyType.DDTK), EA11_METER).issue(NEW, order, NOON, 5)
    assert refused(Issuer(replace(KEY, ken=85), EA11_METER), NEW, NOON, order) == "key_expired"


@pytest.mark.parametrize("subclass", [3, 4, 8, 9, 16])
def test_a_section_of_a_key_change_is_no_management_order(subclass: int) -> None:
    assert refused(ISSUER, NEW, NOON, ManagementOrder("key", subclass, 0)) == "subclass"


@pytest.mark.parametrize("number", ["600727000000000008", "600727000000000019", "12345678904", "11111111113"])
def test_a_number_with_a_bad_check_digit_gets_no_token(number: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        Issuer(KEY, MeterConfig(parse_meter_number(number))).issue(NEW, ORDER, NOON, 5)
    assert refusal.value.code == "meter_check_digit"


def test_a_token_does_not_show_in_a_log() -> None:
    _, token = ISSUER.issue(NEW, ORDER, NOON, 5)
    assert token.digits not in repr(token)
