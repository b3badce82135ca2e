"""Meters that are saved and come back."""

import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from meters_io.sts.ciphers import cipher_of
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.keys import MeterConfig
from meters_io.sts.management import Flag, Management, flag_setting
from meters_io.sts.meter import Meter, ResultCode
from meters_io.sts.meter_state import MeterState, PlainMeterState, Settings
from meters_io.sts.token import TokenClass, seal
from tests.meters_io.sts.meters import NOW, TID, credit, managed, new_meter
from tests.meters_io.sts.published import EA07_METER, EA11_METER
from tests.meters_io.sts.test_meter_key_change import change_set


def saved(meter: Meter) -> Meter:
    """The same meter after its process has died."""
    plain: PlainMeterState = json.loads(json.dumps(meter.state.to_plain()))
    return Meter(MeterState.from_plain(plain), tables=SAMPLE_TABLES)


def test_everything_tokens_have_done_comes_back() -> None:
    meter = new_meter()
    values = [(0, 8_000), (6, 500), (2, 3), (7, 12), (10, 123), (10, flag_setting(Flag.DETECT_TAMPER, on=True).value)]
    for number, (subclass, value) in enumerate(values):
        assert meter.enter(managed(meter, subclass, value, TID + number), NOW).code is ResultCode.ACCEPT
    meter.enter(credit(TID + 20), NOW)
    meter.state.tampered = True
    assert saved(meter).state == meter.state


def test_a_key_change_goes_on_after_the_meter_was_away() -> None:
    meter, tokens = new_meter(), change_set()
    for token in tokens[:3]:
        meter.enter(token, NOW)
        meter = saved(meter)
    assert meter.enter(tokens[3], NOW + timedelta(minutes=1)).code is ResultCode.ACCEPT
    assert saved(meter).state == meter.state


def test_a_state_from_before_management_and_key_changes_still_loads() -> None:
    meter = new_meter()
    meter.enter(credit(), NOW)
    old = json.loads(json.dumps(meter.state.to_plain()))
    for name in ("sgc", "drn", "tampered", "settings", "sections"):
        del old[name]
    state = MeterState.from_plain(old)
    assert (state.sgc, state.drn, state.tampered, state.settings, state.sections) == (None, None, False, Settings(), [])
    assert (state.credit, state.tids) == (meter.state.credit, meter.state.tids)
    assert Meter(state).enter(managed(meter, Management.CLEAR_CREDIT, 0xFFFF, TID + 1), NOW).code is ResultCode.ACCEPT


def test_no_half_of_a_key_shows_in_a_log() -> None:
    meter = new_meter()
    meter.enter(change_set()[0], NOW)
    assert "nkho" not in repr(meter.state)
    assert str(meter.state.key) not in repr(meter.state)


@given(
    st.sampled_from([EA11_METER, EA07_METER]),
    st.lists(
        st.tuples(st.sampled_from([0, 2]), st.integers(0, 15), st.integers(0, (1 << 44) - 1)), min_size=1, max_size=8
    ),
)
def test_whatever_deciphers_well_gets_an_answer_and_leaves_a_state_that_can_be_saved(
    config: MeterConfig, tokens: list[tuple[int, int, int]]
) -> None:
    meter = new_meter(config=config)
    for token_class, subclass, data44 in tokens:
        cipher = cipher_of(config.ea, meter.state.key, SAMPLE_TABLES)
        result = meter.enter(seal(TokenClass(token_class), subclass << 44 | data44, cipher), NOW)
        assert result.code not in {ResultCode.CRC_ERROR, ResultCode.FORMAT_ERROR, ResultCode.LOCKED_OUT}
    assert saved(meter).state == meter.state
