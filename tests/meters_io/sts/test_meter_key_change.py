"""How a meter takes a new key: sections in any order, and what becomes of sets that do not come to an end."""

import copy
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from meters_io.sts.ciphers import Algorithm, cipher_of
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.key_change import (
    FirstSection,
    FourthSection,
    SecondSection,
    Section,
    ThirdSection,
    change_between,
    encode_key_change,
    encode_section,
)
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.meter import Meter, MeterRules, Result, ResultCode
from meters_io.sts.tid import BaseDate, tid_at
from tests.meters_io.sts.meters import NOW, TID, credit, managed, new_meter
from tests.meters_io.sts.published import EA07_METER, EA11_METER, KEY

NEXT = replace(KEY, secret=bytes(range(20)), sgc="203557", krn=2, ken=200)
TWO = replace(EA11_METER, ti=2)


def change_set(
    old: VendingKey = KEY, new: VendingKey = NEXT, config: MeterConfig = EA11_METER, *, three: bool = False
) -> tuple[str, ...]:
    """The set that leads a meter of `config` from `old` to `new` and to tariff 2."""
    cipher = cipher_of(config.ea, decoder_key(old, config), SAMPLE_TABLES)
    return encode_key_change(cipher, change_between(old, new, replace(config, ti=2), three_tokens=three))


def codes(meter: Meter, tokens: tuple[str, ...]) -> list[ResultCode]:
    return [meter.enter(token, NOW).code for token in tokens]


def section(meter: Meter, content: Section) -> Result:
    return meter.enter(encode_section(cipher_of(meter.state.ea, meter.state.key, SAMPLE_TABLES), content), NOW)


def is_under(meter: Meter, key: VendingKey, config: MeterConfig) -> bool:
    state = meter.state
    return (state.key, state.kt, state.krn, state.ken, state.ti) == (
        decoder_key(key, config), key.kt, key.krn, key.ken, config.ti,
    )  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_four_tokens_of_an_ea11_set_are_taken_in_any_order(order: tuple[int, ...]) -> None:
    meter, tokens = new_meter(), change_set()
    waiting = codes(meter, tuple(tokens[at] for at in order))
    assert waiting[-1] is ResultCode.ACCEPT
    assert [code is ResultCode.FIRST_KCT for code in waiting[:3]] == [at == 0 for at in order[:3]]
    assert is_under(meter, NEXT, TWO)
    assert meter.state.sgc == "203557"
    assert meter.enter(credit(key=NEXT, config=TWO), NOW).code is ResultCode.ACCEPT


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_three_tokens_of_an_ea07_set_are_taken_in_any_order(order: tuple[int, ...]) -> None:
    meter, tokens = new_meter(config=EA07_METER), change_set(config=EA07_METER, three=True)
    # Before the section that announces a third, 4 and 3 seem to be all there is; the third alone waits for both.
    entered = codes(meter, tuple(tokens[at] for at in order))
    assert entered[-1] is ResultCode.ACCEPT
    assert is_under(meter, NEXT, replace(EA07_METER, ti=2))
    assert meter.state.sgc == "203557"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_tokens_change_an_ea07_key_and_leave_the_group_as_it_was(order: tuple[int, ...]) -> None:
    meter, tokens = new_meter(config=EA07_METER), change_set(config=EA07_METER)
    assert codes(meter, tuple(tokens[at] for at in order))[-1] is ResultCode.ACCEPT
    assert is_under(meter, NEXT, replace(EA07_METER, ti=2))
    assert meter.state.sgc == KEY.sgc


def test_between_the_sections_the_meter_says_what_it_waits_for() -> None:
    meter, tokens = new_meter(), change_set()
    assert [meter.enter(tokens[at], NOW) for at in (2, 0, 2, 3)] == [
        Result(ResultCode.SECOND_KCT, missing=(3, 4, 9)),
        Result(ResultCode.FIRST_KCT, missing=(4, 9)),
        Result(ResultCode.SECOND_KCT, missing=(4, 9)),
        Result(ResultCode.SECOND_KCT, missing=(4,)),
    ]


def test_credit_limits_and_tamper_state_outlive_a_key_change() -> None:
    meter = new_meter()
    meter.enter(credit(), NOW)
    meter.enter(managed(meter, 0, 8_000, TID + 1), NOW)
    meter.state.tampered = True
    state, before = meter.state, copy.deepcopy(meter.state)
    codes(meter, change_set())
    kept = state.credit, state.settings, state.tampered, state.tids, state.drn
    assert kept == (before.credit, before.settings, before.tampered, before.tids, before.drn)
    assert before.credit[0] == 100


def test_a_token_of_the_old_key_is_worth_nothing_after_the_change() -> None:
    meter = new_meter()
    codes(meter, change_set())
    assert meter.enter(credit(), NOW).code is ResultCode.CRC_ERROR


def test_a_token_of_the_old_key_is_good_until_the_set_is_whole() -> None:
    meter = new_meter()
    codes(meter, change_set()[:3])
    assert meter.enter(credit(), NOW).code is ResultCode.ACCEPT
    assert meter.enter(change_set()[3], NOW).code is ResultCode.ACCEPT


def test_without_a_roll_over_used_tokens_stay_used() -> None:
    meter = new_meter()
    meter.enter(credit(), NOW)
    codes(meter, change_set())
    assert meter.enter(credit(key=NEXT, config=TWO), NOW).code is ResultCode.USED_ERROR


def test_a_roll_over_empties_the_memory_for_the_new_base_date() -> None:
    young = replace(KEY, base_date=BaseDate.Y2035, krn=2)
    meter = new_meter(memory_size=4)
    codes(meter, change_set(new=young))
    assert meter.state.tids == [0] * 4
    assert meter.enter(credit(2, key=young, config=TWO), NOW).code is ResultCode.ACCEPT
    assert meter.state.tids == [0, 0, 0, 2]


def test_a_set_that_is_not_finished_in_time_is_forgotten() -> None:
    meter, tokens = new_meter(), change_set()
    for token in tokens[:3]:
        meter.enter(token, NOW)
    late = NOW + timedelta(minutes=10)
    assert meter.enter(tokens[3], late) == Result(ResultCode.SECOND_KCT, missing=(3, 4, 8))
    assert [meter.enter(token, late).code for token in tokens[:3]][-1] is ResultCode.ACCEPT


def test_nearly_ten_minutes_are_granted_and_a_model_may_grant_less() -> None:
    patient, hasty = new_meter(), new_meter(rules=MeterRules(section_patience=timedelta(minutes=1)))
    for meter in (patient, hasty):
        for token in change_set()[:3]:
            meter.enter(token, NOW)
    last = change_set()[3]
    assert patient.enter(last, NOW + timedelta(minutes=9, seconds=59)).code is ResultCode.ACCEPT
    assert hasty.enter(last, NOW + timedelta(minutes=1)).code is ResultCode.SECOND_KCT


def test_a_section_that_comes_again_takes_the_place_of_the_earlier_one() -> None:
    meter = new_meter()
    other = change_set(new=replace(NEXT, secret=bytes(20)))
    codes(meter, (*other[:3], *change_set()))
    assert is_under(meter, NEXT, TWO)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (old, new)
        for old in (KeyType.DDTK, KeyType.DUTK, KeyType.DCTK)
        for new in KeyType
        if (old, new) in {(2, 0), (2, 3), (3, 0), (3, 2), (1, 0)}
    ],
)
def test_a_kind_of_key_that_may_not_follow_is_refused_and_the_old_key_kept(old: KeyType, new: KeyType) -> None:
    meter = new_meter(replace(KEY, kt=KeyType.DUTK))
    meter.state.kt = old
    before = meter.state.to_plain()
    tokens = encode_key_change(
        cipher_of(Algorithm.MISTY1, meter.state.key),
        replace(change_between(KEY, NEXT, TWO), kt=new),
    )
    assert codes(meter, tokens)[-1] is ResultCode.KEY_TYPE_ERROR
    assert meter.state.to_plain() == before


@pytest.mark.parametrize(
    ("old", "new"), [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 2), (2, 1), (3, 3), (3, 1)]
)
def test_a_kind_of_key_that_may_follow_is_taken(old: int, new: int) -> None:
    meter = new_meter()
    meter.state.kt = KeyType(old)
    tokens = encode_key_change(
        cipher_of(Algorithm.MISTY1, meter.state.key), replace(change_between(KEY, NEXT, TWO), kt=KeyType(new))
    )
    assert codes(meter, tokens)[-1] is ResultCode.ACCEPT
    assert meter.state.kt is KeyType(new)


def test_after_a_refused_kind_the_whole_set_has_to_come_again() -> None:
    meter = new_meter()
    wrong = encode_key_change(
        cipher_of(Algorithm.MISTY1, meter.state.key), replace(change_between(KEY, NEXT, TWO), kt=KeyType.DCTK)
    )
    codes(meter, wrong)
    assert meter.enter(change_set()[0], NOW).missing == (4, 8, 9)


@pytest.mark.parametrize(
    "content",
    [
        FirstSection(ken_high=15, krn=0, rollover=False, three_tokens=False, kt=2, nkho=0),
        FirstSection(ken_high=15, krn=10, rollover=False, three_tokens=False, kt=2, nkho=0),
        SecondSection(ken_low=15, ti=100, nklo=0),
    ],
)
def test_a_number_that_is_none_is_out_of_range_and_the_section_is_not_kept(content: Section) -> None:
    meter = new_meter()
    assert section(meter, content).code is ResultCode.RANGE_ERROR
    assert meter.state.sections == []


def test_a_group_beyond_six_digits_is_out_of_range() -> None:
    old = new_meter(config=EA07_METER)
    assert section(old, ThirdSection(1_000_000 << 20)).code is ResultCode.RANGE_ERROR
    meter, tokens = new_meter(), change_set()
    codes(meter, tokens[:3])
    assert section(meter, FourthSection(0xFFF, 0)).code is ResultCode.RANGE_ERROR
    assert is_under(meter, KEY, EA11_METER)
    assert meter.state.sections == []


def test_an_ea07_meter_knows_no_fourth_section() -> None:
    assert section(new_meter(config=EA07_METER), FourthSection(0, 0)).code is ResultCode.FUNCTION_ERROR


def test_an_expired_key_still_protects_the_set_that_leads_out_of_it() -> None:
    expired = replace(KEY, ken=(TID >> 16) - 1)
    meter = new_meter(expired)
    assert meter.enter(credit(key=expired), NOW).code is ResultCode.KEY_EXPIRED_ERROR
    assert codes(meter, change_set(old=expired))[-1] is ResultCode.ACCEPT
    assert meter.enter(credit(key=NEXT, config=TWO), NOW).code is ResultCode.ACCEPT


def test_a_deaf_meter_takes_no_section_and_a_whole_set_forgives() -> None:
    meter, tokens = new_meter(), change_set()
    strangers = [credit(TID + number, key=NEXT) for number in range(3)]
    codes(meter, (strangers[0], strangers[1], *tokens[:3]))
    assert meter.state.wrong_tokens == 2
    meter.enter(strangers[2], NOW)
    assert meter.enter(tokens[3], NOW).code is ResultCode.LOCKED_OUT
    assert meter.enter(tokens[3], NOW + timedelta(seconds=10)).code is ResultCode.ACCEPT
    assert (meter.state.wrong_tokens, meter.state.locked_until) == (0, None)


def test_sections_of_different_sets_make_a_wrong_key_and_the_set_again_under_it_does_not_help() -> None:
    """Nothing ties sections together: why a vendor must know which key a meter has, and be able to print sets again."""
    meter = new_meter()
    other = change_set(new=replace(NEXT, secret=bytes(20)))
    codes(meter, (*other[:2], *change_set()[2:]))
    assert not is_under(meter, NEXT, TWO)
    assert codes(meter, change_set()[:3]) == [ResultCode.CRC_ERROR] * 3


def test_the_tids_of_before_and_after_a_change_of_group_are_one_row() -> None:
    meter = new_meter()
    codes(meter, change_set())
    tid = tid_at(NOW + timedelta(minutes=1), BaseDate.Y2014)
    assert meter.enter(credit(tid, key=NEXT, config=TWO), NOW).tid == tid
