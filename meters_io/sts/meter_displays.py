"""What a meter shows when a test token asks (IEC 62055-41, 6.2.3): values out of its state, never a change of it."""

from collections.abc import Callable
from dataclasses import dataclass

from meters_io.sts.ciphers import Algorithm
from meters_io.sts.displays import MeterTest, TestToken
from meters_io.sts.management import FLAGS_INDEX
from meters_io.sts.meter_rules import MeterRules
from meters_io.sts.meter_state import MeterState

Value = int | str | bool | None


@dataclass(frozen=True, slots=True)
class Display:
    """One test and what the meter shows for it, in the units of the state: W, Wh, numbers, text.

    The key revision comes with the key type. None: carried out with nothing to show, or not known to the meter.
    """

    test: MeterTest
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SettingDisplay:
    """The answer to an extended read: the data of a setting, or of index 63 the flags that are set."""

    index: int
    values: tuple[Value, ...]


Shown = Display | SettingDisplay


def shown_by(token: TestToken, state: MeterState, rules: MeterRules) -> tuple[Shown, ...]:
    """Return what a meter shows for a token of subclass 0, 1 or 2, in the order of the tests.

    What this model does not know is left out, so nothing comes of a token that asks for nothing else.
    """
    if token.index is not None:
        return _setting(token.index, state, rules)
    asked = token.tests
    wanted = sorted(rules.tests) if MeterTest.EVERYTHING in asked else [test for test in asked if test in rules.tests]
    return tuple(Display(MeterTest(test), _VALUES[MeterTest(test)](state, rules)) for test in wanted)


def _setting(index: int, state: MeterState, rules: MeterRules) -> tuple[SettingDisplay, ...]:
    if index not in rules.settings:
        return ()
    if index == FLAGS_INDEX:
        return (SettingDisplay(index, tuple(sorted(flag for flag, on in state.settings.flags.items() if on))),)
    return (SettingDisplay(index, (state.settings.extended.get(index),)),)


def key_change_tokens(ea: Algorithm) -> int:
    """Return how many tokens the largest key change set of a meter has."""
    return 4 if ea is Algorithm.MISTY1 else 3


_VALUES: dict[MeterTest, Callable[[MeterState, MeterRules], tuple[Value, ...]]] = {
    MeterTest.LOAD_SWITCH: lambda state, _: (state.figures.load_closed,),
    MeterTest.DISPLAY: lambda _state, _rules: (None,),
    MeterTest.CUMULATIVE_ENERGY: lambda state, _: (state.figures.energy_wh,),
    MeterTest.KEY_REVISION: lambda state, _: (state.krn, int(state.kt)),
    MeterTest.TARIFF_INDEX: lambda state, _: (state.ti,),
    MeterTest.TOKEN_INPUT: lambda _state, _rules: (None,),
    MeterTest.MAXIMUM_POWER_LIMIT: lambda state, _: (state.settings.power_limit_w,),
    MeterTest.TAMPER_STATUS: lambda state, _: (state.tampered,),
    MeterTest.POWER: lambda state, _: (state.figures.power_w,),
    MeterTest.SOFTWARE_VERSION: lambda _, rules: (rules.software,),
    MeterTest.PHASE_UNBALANCE_LIMIT: lambda state, _: (state.settings.unbalance_limit_w,),
    MeterTest.WATER_METER_FACTOR: lambda state, _: (state.settings.water_factor,),
    MeterTest.TARIFF_RATE: lambda state, _: (state.settings.tariff_rate,),
    MeterTest.ENCRYPTION_ALGORITHM: lambda state, _: (int(state.ea),),
    MeterTest.KEY_CHANGE_TOKENS: lambda state, _: (key_change_tokens(state.ea),),
    MeterTest.SUPPLY_GROUP: lambda state, _: (state.sgc,),
    MeterTest.KEY_EXPIRY: lambda state, _: (state.ken,),
    MeterTest.METER_NUMBER: lambda state, _: (state.drn,),
}
