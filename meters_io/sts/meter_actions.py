"""What management tokens (class 2) do to a meter (IEC 62055-41, 6.2.4 and 7.3)."""

from meters_io.errors import RemoteError
from meters_io.sts.management import Management, ManagementToken, cleared_registers, extended_setting
from meters_io.sts.meter_rules import MeterRules
from meters_io.sts.meter_state import MeterState


def is_in_range(token: ManagementToken, rules: MeterRules) -> bool:
    """Tell whether this model can do what the value of a token says; its subclass it knows."""
    match token.subclass:
        case Management.CLEAR_CREDIT:
            return _names_own_registers(token.value, rules)
        case Management.CLEAR_TAMPER:
            return token.value == 0
        case Management.EXTENDED_SET:
            setting = extended_setting(token.value)
            return setting.index in rules.settings and (setting.flag is None or setting.flag[0] in rules.flags)
    return True


def act(token: ManagementToken, state: MeterState) -> None:
    """Do what an acceptable token says. What a manufacturer's own subclass means, nobody told us: nothing."""
    settings = state.settings
    match token.subclass:
        case Management.MAXIMUM_POWER_LIMIT:
            settings.power_limit_w = token.value
        case Management.CLEAR_CREDIT:
            for register in cleared_registers(token.value):
                state.credit[register] = 0
        case Management.TARIFF_RATE:
            settings.tariff_rate = token.value
        case Management.CLEAR_TAMPER:
            state.tampered = False
        case Management.MAXIMUM_PHASE_UNBALANCE:
            settings.unbalance_limit_w = token.value
        case Management.WATER_METER_FACTOR:
            settings.water_factor = token.value
        case Management.EXTENDED_SET:
            _set_extended(token.value, state)


def _names_own_registers(value: int, rules: MeterRules) -> bool:
    try:
        named = cleared_registers(value)
    except RemoteError:
        return False
    return len(named) > 1 or named[0] in rules.subclasses  # "all" clears what there is


def _set_extended(value: int, state: MeterState) -> None:
    setting = extended_setting(value)
    if setting.flag is None:
        state.settings.extended[setting.index] = setting.data
        return
    flag, on = setting.flag
    state.settings.flags[flag] = on
