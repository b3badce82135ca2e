"""What a meter shows when a test token asks."""

from dataclasses import replace

import pytest

from meters_io.sts.displays import MeterTest, TestToken, encode_test, extended_read, meter_test
from meters_io.sts.management import Flag, Management, flag_setting
from meters_io.sts.meter import Meter, MeterRules, Result, ResultCode
from meters_io.sts.meter_displays import Display, SettingDisplay, Value
from meters_io.sts.meter_state import Figures
from tests.meters_io.sts.meters import NOW, TID, managed, new_meter
from tests.meters_io.sts.published import EA07_METER, KEY

RULES = MeterRules(software="1.07")


def shown(meter: Meter, token: TestToken) -> Result:
    return meter.enter(encode_test(token), NOW)


@pytest.mark.parametrize("subclass", [0, 1])
@pytest.mark.parametrize(
    ("test", "values"),
    [
        (MeterTest.LOAD_SWITCH, (False,)),
        (MeterTest.DISPLAY, (None,)),
        (MeterTest.CUMULATIVE_ENERGY, (1_234_500,)),
        (MeterTest.KEY_REVISION, (1, 2)),
        (MeterTest.TARIFF_INDEX, (1,)),
        (MeterTest.TOKEN_INPUT, (None,)),
        (MeterTest.MAXIMUM_POWER_LIMIT, (8_000,)),
        (MeterTest.TAMPER_STATUS, (True,)),
        (MeterTest.POWER, (420,)),
        (MeterTest.SOFTWARE_VERSION, ("1.07",)),
        (MeterTest.PHASE_UNBALANCE_LIMIT, (500,)),
        (MeterTest.WATER_METER_FACTOR, (12,)),
        (MeterTest.TARIFF_RATE, (3,)),
        (MeterTest.ENCRYPTION_ALGORITHM, (11,)),
        (MeterTest.KEY_CHANGE_TOKENS, (4,)),
        (MeterTest.SUPPLY_GROUP, ("201457",)),
        (MeterTest.KEY_EXPIRY, (255,)),
        (MeterTest.METER_NUMBER, ("00000000000",)),
    ],
)
def test_each_test_shows_what_stands_in_the_state(subclass: int, test: MeterTest, values: tuple[Value, ...]) -> None:
    meter = new_meter(rules=RULES)
    meter.state.figures = Figures(energy_wh=1_234_500, power_w=420, load_closed=False)
    meter.state.tampered = True
    settings = meter.state.settings
    settings.power_limit_w, settings.unbalance_limit_w, settings.tariff_rate, settings.water_factor = 8_000, 500, 3, 12
    before = meter.state.to_plain()
    assert shown(meter, meter_test(subclass, test)) == Result(ResultCode.ACCEPT, shown=(Display(test, values),))
    assert meter.state.to_plain() == before


@pytest.mark.parametrize("token", ["56493153725450313471", "02305843005052951967"])
def test_test_zero_shows_everything_in_the_order_of_the_tests(token: str) -> None:
    displays = new_meter().enter(token, NOW).shown
    assert [display.test for display in displays if isinstance(display, Display)] == list(range(1, 19))


def test_a_control_of_several_bits_shows_several_things() -> None:
    result = shown(new_meter(), TestToken(0, 0b11000))
    assert result.shown == (Display(MeterTest.KEY_REVISION, (1, 2)), Display(MeterTest.TARIFF_INDEX, (1,)))


def test_what_a_model_cannot_show_is_left_out() -> None:
    meter = new_meter(rules=MeterRules(tests=frozenset({MeterTest.TARIFF_INDEX})))
    assert shown(meter, TestToken(0, 0b11000)).shown == (Display(MeterTest.TARIFF_INDEX, (1,)),)
    assert shown(meter, meter_test(0, 0)).shown == (Display(MeterTest.TARIFF_INDEX, (1,)),)
    assert shown(meter, meter_test(0, MeterTest.KEY_REVISION)) == Result(ResultCode.FUNCTION_ERROR)


def test_an_ea07_meter_names_its_cipher_and_its_largest_set() -> None:
    result = shown(new_meter(config=EA07_METER), TestToken(0, 0x6000))
    assert [display.values for display in result.shown] == [(7,), (3,)]


def test_an_extended_read_shows_what_an_extended_set_has_left() -> None:
    meter = new_meter()
    assert shown(meter, extended_read(0)).shown == (SettingDisplay(0, (None,)),)
    meter.enter(managed(meter, Management.EXTENDED_SET, 123), NOW)
    assert shown(meter, extended_read(0)).shown == (SettingDisplay(0, (123,)),)


def test_the_flags_that_are_set_are_shown_by_the_flag_index() -> None:
    meter = new_meter()
    switched = [(Flag.COMMISSIONING_MODE, True), (Flag.DETECT_TAMPER, True), (Flag.CONFORMANCE_TEST, False)]
    for number, (flag, on) in enumerate(switched):
        meter.enter(managed(meter, Management.EXTENDED_SET, flag_setting(flag, on=on).value, TID + number), NOW)
    assert meter.enter("03440750115445279822", NOW).shown == (SettingDisplay(63, (1, 10)),)


def test_a_setting_that_a_model_does_not_have_cannot_be_read() -> None:
    meter = new_meter(rules=MeterRules(settings=frozenset({0})))
    assert shown(meter, extended_read(1)) == Result(ResultCode.FUNCTION_ERROR)
    assert shown(meter, extended_read(0)).code is ResultCode.ACCEPT


def test_a_token_for_another_make_is_refused_by_its_code() -> None:
    meter = new_meter(rules=MeterRules(mfr_code=42))
    assert shown(meter, TestToken(11, 1, 43)).code is ResultCode.MFR_CODE_ERROR
    assert shown(meter, TestToken(6, 1, 4242)).code is ResultCode.MFR_CODE_ERROR
    assert shown(meter, TestToken(11, 1, 42)).code is ResultCode.FUNCTION_ERROR


def test_an_expired_key_and_an_old_memory_do_not_keep_a_meter_from_showing() -> None:
    meter = new_meter(replace(KEY, ken=0))
    assert shown(meter, meter_test(0, MeterTest.KEY_EXPIRY)).shown == (Display(MeterTest.KEY_EXPIRY, (0,)),)
