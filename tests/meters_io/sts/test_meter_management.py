"""What management tokens do to a meter."""

from dataclasses import replace

import pytest

from meters_io.sts.keys import KeyType
from meters_io.sts.management import (
    ALL_REGISTERS,
    ExtendedSetting,
    Flag,
    Management,
    ManagementToken,
    encode_management,
    flag_setting,
)
from meters_io.sts.meter import Meter, MeterRules, Result, ResultCode
from meters_io.sts.meter_state import Settings
from meters_io.sts.transfer import Credit
from tests.meters_io.sts.meters import NOW, TID, credit, managed, new_meter
from tests.meters_io.sts.published import KEY

ALL_CREDIT = MeterRules(subclasses=frozenset(Credit))


def enter(meter: Meter, subclass: int, value: int, tid: int = TID) -> ResultCode:
    return meter.enter(managed(meter, subclass, value, tid), NOW).code


@pytest.mark.parametrize(
    ("subclass", "value", "settings"),
    [
        (Management.MAXIMUM_POWER_LIMIT, 8_000, Settings(power_limit_w=8_000)),
        (Management.MAXIMUM_POWER_LIMIT, 0, Settings(power_limit_w=0)),
        (Management.MAXIMUM_POWER_LIMIT, 20_001, Settings(power_limit_w=20_004)),
        (Management.MAXIMUM_PHASE_UNBALANCE, 500, Settings(unbalance_limit_w=500)),
        (Management.TARIFF_RATE, 0xFFFF, Settings(tariff_rate=0xFFFF)),
        (Management.WATER_METER_FACTOR, 12, Settings(water_factor=12)),
        (Management.EXTENDED_SET, ExtendedSetting(0, 123).value, Settings(extended={0: 123})),
        (Management.EXTENDED_SET, flag_setting(Flag.DETECT_TAMPER, on=True).value, Settings(flags={1: True})),
        (Management.EXTENDED_SET, 0xFC00, Settings(flags={0: False})),
        (Management.EXTENDED_SET, 0xFC01, Settings(flags={0: True})),
    ],
)
def test_a_setting_is_kept(subclass: int, value: int, settings: Settings) -> None:
    meter = new_meter()
    assert enter(meter, subclass, value) is ResultCode.ACCEPT
    assert meter.state.settings == settings


def test_the_result_names_the_token_and_no_credit() -> None:
    meter = new_meter()
    said = ManagementToken(Management.MAXIMUM_POWER_LIMIT, TID, 5, 8_000)
    assert meter.enter(managed(meter, 0, 8_000), NOW) == Result(ResultCode.ACCEPT, TID, managed=said)


@pytest.mark.parametrize("register", list(Credit))
def test_one_register_is_cleared_and_the_others_stay(register: Credit) -> None:
    meter = new_meter(rules=ALL_CREDIT)
    meter.state.credit = [7] * 8
    assert enter(meter, Management.CLEAR_CREDIT, register) is ResultCode.ACCEPT
    assert meter.state.credit == [0 if at == register else 7 for at in range(8)]


def test_all_registers_are_cleared_at_once() -> None:
    meter = new_meter()
    meter.state.credit = [7] * 8
    assert enter(meter, Management.CLEAR_CREDIT, ALL_REGISTERS) is ResultCode.ACCEPT
    assert meter.state.credit == [0] * 8


def test_a_tampered_meter_is_put_right() -> None:
    meter = new_meter()
    meter.state.tampered = True
    assert enter(meter, Management.CLEAR_TAMPER, 0) is ResultCode.ACCEPT
    assert not meter.state.tampered


@pytest.mark.parametrize(
    ("subclass", "value"),
    [
        (Management.CLEAR_CREDIT, 8),
        (Management.CLEAR_CREDIT, 0xFFFE),
        (Management.CLEAR_CREDIT, Credit.WATER),
        (Management.CLEAR_TAMPER, 1),
        (Management.EXTENDED_SET, flag_setting(12, on=True).value),
    ],
)
def test_a_value_that_is_none_is_out_of_range_and_leaves_the_token_unused(subclass: int, value: int) -> None:
    meter = new_meter()
    before = meter.state.to_plain()
    assert enter(meter, subclass, value) is ResultCode.RANGE_ERROR
    assert meter.state.to_plain() == before


def test_settings_that_a_model_does_not_have_are_out_of_range() -> None:
    meter = new_meter(rules=MeterRules(settings=frozenset({0})))
    assert enter(meter, Management.EXTENDED_SET, ExtendedSetting(1, 5).value) is ResultCode.RANGE_ERROR
    assert enter(meter, Management.EXTENDED_SET, 0xFC01) is ResultCode.RANGE_ERROR
    assert enter(meter, Management.EXTENDED_SET, ExtendedSetting(0, 5).value) is ResultCode.ACCEPT


@pytest.mark.parametrize("subclass", range(11, 16))
def test_a_manufacturers_own_token_does_nothing_here(subclass: int) -> None:
    meter = new_meter()
    assert enter(meter, subclass, 0) is ResultCode.FUNCTION_ERROR


def test_a_manufacturers_own_token_is_taken_by_a_model_that_knows_it() -> None:
    meter = new_meter(rules=MeterRules(management=frozenset({Management.PROPRIETARY_11})))
    assert enter(meter, 11, 0) is ResultCode.ACCEPT
    assert meter.state.settings == Settings()
    assert enter(meter, 0, 100, TID + 1) is ResultCode.FUNCTION_ERROR


def test_one_memory_serves_credit_and_management() -> None:
    meter = new_meter(memory_size=2)
    assert enter(meter, 0, 100) is ResultCode.ACCEPT
    assert meter.enter(credit(TID), NOW).code is ResultCode.USED_ERROR
    assert meter.enter(credit(TID + 1), NOW).code is ResultCode.ACCEPT
    assert enter(meter, 0, 200, TID + 1) is ResultCode.USED_ERROR
    assert enter(meter, 0, 200, TID - 1) is ResultCode.OLD_ERROR
    assert meter.state.settings.power_limit_w == 100


def test_an_expired_key_manages_nothing() -> None:
    meter = new_meter(replace(KEY, ken=(TID >> 16) - 1))
    assert enter(meter, 0, 100) is ResultCode.KEY_EXPIRED_ERROR


def test_a_default_key_manages_but_does_not_credit() -> None:
    key = replace(KEY, kt=KeyType.DDTK)
    meter = new_meter(key)
    assert enter(meter, 0, 100) is ResultCode.ACCEPT
    assert meter.enter(credit(TID + 1, key=key), NOW).code is ResultCode.DDTK_ERROR


def test_a_management_token_ends_nothing_while_the_meter_is_deaf_and_forgives_afterwards() -> None:
    meter = new_meter()
    other_key = bytes(16)
    for number in range(2):
        meter.enter(encode_management(other_key, 0, 1, TID + number, 5), NOW)
    assert enter(meter, 0, 100) is ResultCode.ACCEPT
    assert meter.state.wrong_tokens == 0
