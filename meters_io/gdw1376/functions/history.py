"""AFN 0D: class 2, history. A request carries a label (a day, a month, a stretch of a curve), an answer repeats it."""

from meters_io.gdw1376.formats import (
    BYTE,
    CURVE_LABEL,
    DAY_LABEL,
    FORMAT_2,
    FORMAT_3,
    FORMAT_5,
    FORMAT_7,
    FORMAT_9,
    FORMAT_11,
    FORMAT_13,
    FORMAT_17,
    FORMAT_18,
    FORMAT_23,
    FORMAT_25,
    MONTH_LABEL,
    WORD,
)
from meters_io.gdw1376.functions.blocks import (
    ACTIVE,
    ACTIVE_FLOW,
    CHANGES,
    CHANGES_2013,
    DEMAND,
    DEMANDS,
    FORWARD,
    GROUP_ENERGIES,
    LOSSES,
    PHASE_LOSSES,
    PHASES_ACTIVE,
    PHASES_REACTIVE,
    PURCHASE,
    REACTIVE,
    RELAY,
    RELAY_2013,
    REVERSE,
    SETTLEMENT,
    SETTLEMENT_WIDE,
    SWITCHES,
    SWITCHES_2013,
    curve,
    daily,
    monthly,
)
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.gdw1376.functions.shapes import ask_for
from meters_io.layout import Binary, Form, Many, Record, record

_TRAFFIC = record(bytes=Binary(4))
_TRIPS = record(by_month_limit=BYTE, by_purchase=BYTE, by_power=BYTE, by_remote=BYTE)
_ANGLES = Many(FORMAT_5, 3)
_SUPPLY = record(minutes=WORD, resets=WORD)


def _peak(form: Form, moment: Form) -> Record:
    return record(value=form, at=moment)


_TOP_POWERS = record(peaks=Many(_peak(FORMAT_23, FORMAT_18), 4), minutes_at_zero=Many(WORD, 4))
_TOP_DEMANDS = record(peaks=Many(_peak(FORMAT_23, FORMAT_18), 4))
_VOLTAGES = record(
    minutes=Many(Many(WORD, 5), 3),
    peaks=Many(record(lowest=FORMAT_7, lowest_at=FORMAT_18, highest=FORMAT_7, highest_at=FORMAT_18), 3),
    averages=Many(FORMAT_7, 3),
)
_OVER_CURRENTS = record(minutes=Many(WORD, 7), peaks=Many(_peak(FORMAT_25, FORMAT_18), 4))
_OVER_POWER = record(minutes_far_over=WORD, minutes_over=WORD)
_LOAD = record(highest=FORMAT_5, highest_at=FORMAT_18, lowest=FORMAT_5, lowest_at=FORMAT_18)
_BANDS = record(minutes=Many(WORD, 3))
_GROUP_POWER = record(
    highest=FORMAT_2, highest_at=FORMAT_18, lowest=FORMAT_2, lowest_at=FORMAT_18, minutes_at_zero=WORD
)
_OVER_LIMIT = record(minutes=WORD, energy=FORMAT_3)


def _unbalance(moment: Form) -> Record:
    return record(
        current_minutes=WORD,
        voltage_minutes=WORD,
        current=FORMAT_5,
        current_at=moment,
        voltage=FORMAT_5,
        voltage_at=moment,
    )


UP: dict[int, Function] = {
    1: daily("forward registers of the day", FORWARD),
    2: daily("reverse registers of the day", REVERSE),
    3: daily("forward demands of the day", DEMANDS),
    4: daily("reverse demands of the day", DEMANDS),
    5: daily("forward active energy of the day", ACTIVE_FLOW),
    6: daily("forward reactive energy of the day", ACTIVE_FLOW),
    7: daily("reverse active energy of the day", ACTIVE_FLOW),
    8: daily("reverse reactive energy of the day", ACTIVE_FLOW),
    9: daily("forward registers of the reading day", FORWARD),
    10: daily("reverse registers of the reading day", REVERSE),
    11: daily("forward demands of the reading day", DEMANDS),
    12: daily("reverse demands of the reading day", DEMANDS),
    17: monthly("forward registers of the month", FORWARD),
    18: monthly("reverse registers of the month", REVERSE),
    19: monthly("forward demands of the month", DEMANDS),
    20: monthly("reverse demands of the month", DEMANDS),
    21: monthly("forward active energy of the month", ACTIVE_FLOW),
    22: monthly("forward reactive energy of the month", ACTIVE_FLOW),
    23: monthly("reverse active energy of the month", ACTIVE_FLOW),
    24: monthly("reverse reactive energy of the month", ACTIVE_FLOW),
    25: daily("highest powers of the day", _TOP_POWERS),
    26: daily("highest demands of the day", _TOP_DEMANDS),
    27: daily("voltages of the day", _VOLTAGES),
    28: daily("unbalance of the day", _unbalance(FORMAT_18)),
    29: daily("currents over limit of the day", _OVER_CURRENTS),
    30: daily("apparent power over limit of the day", _OVER_POWER),
    31: daily("load rate of the day", _LOAD),
    32: daily("phase losses of the day", PHASE_LOSSES),
    33: monthly("highest powers of the month", _TOP_POWERS),
    34: monthly("highest demands of the month", _TOP_DEMANDS),
    35: monthly("voltages of the month", _VOLTAGES),
    36: monthly("unbalance of the month", _unbalance(FORMAT_17)),
    37: monthly("currents over limit of the month", _OVER_CURRENTS),
    38: monthly("apparent power over limit of the month", _OVER_POWER),
    39: monthly("load rate of the month", _LOAD),
    43: daily("power factor bands of the day", _BANDS),
    44: monthly("power factor bands of the month", _BANDS),
    45: daily("copper and iron losses of the day", LOSSES),
    46: monthly("copper and iron losses of the month", LOSSES),
    49: daily("supply and resets of the day", _SUPPLY),
    50: daily("trips of the day", _TRIPS),
    51: monthly("supply and resets of the month", _SUPPLY),
    52: monthly("trips of the month", _TRIPS),
    53: daily("traffic of the day", _TRAFFIC),
    54: monthly("traffic of the month", _TRAFFIC),
    57: daily("group power of the day", _GROUP_POWER),
    58: daily("group active energy of the day", GROUP_ENERGIES),
    59: daily("group reactive energy of the day", GROUP_ENERGIES),
    60: monthly("group power of the month", _GROUP_POWER),
    61: monthly("group active energy of the month", GROUP_ENERGIES),
    62: monthly("group reactive energy of the month", GROUP_ENERGIES),
    65: monthly("group over its power limit in the month", _OVER_LIMIT),
    66: monthly("group over its energy limit in the month", _OVER_LIMIT),
    73: curve("group active power", FORMAT_2),
    74: curve("group reactive power", FORMAT_2),
    75: curve("group active energy", FORMAT_3),
    76: curve("group reactive energy", FORMAT_3),
    81: curve("active power, total", FORMAT_9),
    82: curve("active power, phase A", FORMAT_9),
    83: curve("active power, phase B", FORMAT_9),
    84: curve("active power, phase C", FORMAT_9),
    85: curve("reactive power, total", FORMAT_9),
    86: curve("reactive power, phase A", FORMAT_9),
    87: curve("reactive power, phase B", FORMAT_9),
    88: curve("reactive power, phase C", FORMAT_9),
    89: curve("voltage, phase A", FORMAT_7),
    90: curve("voltage, phase B", FORMAT_7),
    91: curve("voltage, phase C", FORMAT_7),
    92: curve("current, phase A", FORMAT_25),
    93: curve("current, phase B", FORMAT_25),
    94: curve("current, phase C", FORMAT_25),
    95: curve("zero-sequence current", FORMAT_25),
    97: curve("forward active energy", FORMAT_13),
    98: curve("forward reactive energy", FORMAT_13),
    99: curve("reverse active energy", FORMAT_13),
    100: curve("reverse reactive energy", FORMAT_13),
    101: curve("forward active register", FORMAT_11),
    102: curve("forward reactive register", FORMAT_11),
    103: curve("reverse active register", FORMAT_11),
    104: curve("reverse reactive register", FORMAT_11),
    105: curve("power factor, total", FORMAT_5),
    106: curve("power factor, phase A", FORMAT_5),
    107: curve("power factor, phase B", FORMAT_5),
    108: curve("power factor, phase C", FORMAT_5),
    109: curve("voltage angles", _ANGLES),
    110: curve("current angles", _ANGLES),
    138: curve("direct-current input", FORMAT_2),
    145: curve("quadrant 1 reactive register", FORMAT_11),
    146: curve("quadrant 4 reactive register", FORMAT_11),
    147: curve("quadrant 2 reactive register", FORMAT_11),
    148: curve("quadrant 3 reactive register", FORMAT_11),
    153: daily("forward active registers by phase of the day", PHASES_ACTIVE),
    154: daily("forward reactive registers by phase of the day", PHASES_REACTIVE),
    155: daily("reverse active registers by phase of the day", PHASES_ACTIVE),
    156: daily("reverse reactive registers by phase of the day", PHASES_REACTIVE),
    157: monthly("forward active registers by phase of the month", PHASES_ACTIVE),
    158: monthly("forward reactive registers by phase of the month", PHASES_REACTIVE),
    159: monthly("reverse active registers by phase of the month", PHASES_ACTIVE),
    160: monthly("reverse reactive registers by phase of the month", PHASES_REACTIVE),
    161: daily("forward active register of the day", ACTIVE),
    162: daily("forward reactive register of the day", REACTIVE),
    163: daily("reverse active register of the day", ACTIVE),
    164: daily("reverse reactive register of the day", REACTIVE),
    165: daily("quadrant 1 reactive register of the day", REACTIVE),
    166: daily("quadrant 2 reactive register of the day", REACTIVE),
    167: daily("quadrant 3 reactive register of the day", REACTIVE),
    168: daily("quadrant 4 reactive register of the day", REACTIVE),
    169: daily("forward active register of the reading day", ACTIVE),
    170: daily("forward reactive register of the reading day", REACTIVE),
    171: daily("reverse active register of the reading day", ACTIVE),
    172: daily("reverse reactive register of the reading day", REACTIVE),
    173: daily("quadrant 1 reactive register of the reading day", REACTIVE),
    174: daily("quadrant 2 reactive register of the reading day", REACTIVE),
    175: daily("quadrant 3 reactive register of the reading day", REACTIVE),
    176: daily("quadrant 4 reactive register of the reading day", REACTIVE),
    177: monthly("forward active register of the month", ACTIVE),
    178: monthly("forward reactive register of the month", REACTIVE),
    179: monthly("reverse active register of the month", ACTIVE),
    180: monthly("reverse reactive register of the month", REACTIVE),
    181: monthly("quadrant 1 reactive register of the month", REACTIVE),
    182: monthly("quadrant 2 reactive register of the month", REACTIVE),
    183: monthly("quadrant 3 reactive register of the month", REACTIVE),
    184: monthly("quadrant 4 reactive register of the month", REACTIVE),
    185: daily("forward active demand of the day", DEMAND),
    186: daily("forward reactive demand of the day", DEMAND),
    187: daily("reverse active demand of the day", DEMAND),
    188: daily("reverse reactive demand of the day", DEMAND),
    189: daily("forward active demand of the reading day", DEMAND),
    190: daily("forward reactive demand of the reading day", DEMAND),
    191: daily("reverse active demand of the reading day", DEMAND),
    192: daily("reverse reactive demand of the reading day", DEMAND),
    193: monthly("forward active demand of the month", DEMAND),
    194: monthly("forward reactive demand of the month", DEMAND),
    195: monthly("reverse active demand of the month", DEMAND),
    196: monthly("reverse reactive demand of the month", DEMAND),
    201: monthly("forward active register frozen at zone change 1", ACTIVE),
    202: monthly("forward active register frozen at zone change 2", ACTIVE),
    203: monthly("forward active register frozen at zone change 3", ACTIVE),
    204: monthly("forward active register frozen at zone change 4", ACTIVE),
    205: monthly("forward active register frozen at zone change 5", ACTIVE),
    206: monthly("forward active register frozen at zone change 6", ACTIVE),
    207: monthly("forward active register frozen at zone change 7", ACTIVE),
    208: monthly("forward active register frozen at zone change 8", ACTIVE),
    209: daily("relay state of the day", RELAY, RELAY_2013),
    210: daily("purchase information of the day", PURCHASE),
    213: monthly("programming key and terminal cover of the month", SWITCHES, SWITCHES_2013),
    214: monthly("parameter changes of the month", CHANGES, CHANGES_2013),
    215: monthly("purchase information of the month", PURCHASE),
    216: monthly("settlement of the month", SETTLEMENT, SETTLEMENT_WIDE),
}

_DAY = record(day=DAY_LABEL)
_MONTH = record(month=MONTH_LABEL)
_BY_FIRST_FIELD = {"day": _DAY, "month": _MONTH, "start": CURVE_LABEL}
# What is answered to these is not read here.
_ASK_ONLY = {
    **dict.fromkeys((41, 42), Function("ask for capacitors", _DAY)),
    **dict.fromkeys((*range(113, 119), *range(121, 124)), Function("ask for harmonics", _DAY)),
    129: Function("ask for direct-current input of the day", _DAY),
    130: Function("ask for direct-current input of the month", _MONTH),
    **dict.fromkeys((217, 218), Function("ask for carrier noise", CURVE_LABEL)),
}


def _ask(answer: Function) -> Function:
    """Return what asks for `answer`: its label, which is what it begins with."""
    first = next(iter(answer.form.fields))[0] if isinstance(answer.form, Record) else ""
    return ask_for(answer, _BY_FIRST_FIELD[first])


CATALOGUE = Catalogue("history", _ASK_ONLY | {number: _ask(answer) for number, answer in UP.items()}, UP)
