"""Meters that are saved and come back."""

import json
from datetime import timedelta

from meters_io.sts.management import Flag, Management, flag_setting
from meters_io.sts.meter import Meter, ResultCode
from meters_io.sts.meter_state import MeterState, PlainMeterState, Settings
from tests.meters_io.sts.meters import NOW, TID, credit, managed, new_meter
from tests.meters_io.sts.test_meter_key_change import change_set


def saved(meter: Meter) -> Meter:
    """The same meter after its process has died."""
    plain: PlainMeterState = json.loads(json.dumps(meter.state.to_plain()))
    return Meter(MeterState.from_plain(plain))


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
