"""AFN 05: control. The terminal answers with AFN 00.

The point is the round 1..8 in F1 and F2, the total group in F9..F24, a measuring point in F41 and F42, and else p0.
"""

from meters_io.gdw1376.formats import BYTE, FORMAT_1, FORMAT_4, NOTHING, WORD
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.layout import Block, Counted, Hex, bits, record

_TRIP = record(order=bits(alarm_delay_min=4, limit_half_hours=4))
_PERIODS = record(periods=BYTE, scheme=BYTE)
_REDUCTION = record(
    sliding_time_min=BYTE,
    coefficient_percent=FORMAT_4,
    freeze_delay_min=BYTE,
    control_time_half_hours=BYTE,
    alarm_1_min=BYTE,
    alarm_2_min=BYTE,
    alarm_3_min=BYTE,
    alarm_4_min=BYTE,
)
_DURATION = record(half_hours=BYTE)  # 0: for ever
_PORT = record(port=BYTE)
_CAPACITORS = record(groups=WORD)
_MESSAGE = record(kind=BYTE, text=Block(BYTE))  # GB 2312

CATALOGUE = Catalogue(
    "control",
    {
        1: Function("trip", _TRIP),
        2: Function("allow to close", NOTHING),
        9: Function("power control by period on", _PERIODS),
        10: Function("power control on days off on", NOTHING),
        11: Function("power control during a shutdown on", NOTHING),
        12: Function("reduction of the present power on", _REDUCTION),
        15: Function("month energy control on", NOTHING),
        16: Function("purchase control on", NOTHING),
        17: Function("power control by period off", NOTHING),
        18: Function("power control on days off off", NOTHING),
        19: Function("power control during a shutdown off", NOTHING),
        20: Function("reduction of the present power off", NOTHING),
        23: Function("month energy control off", NOTHING),
        24: Function("purchase control off", NOTHING),
        25: Function("keep power on", _DURATION),
        26: Function("urge-payment alarm on", NOTHING, (_DURATION,)),
        27: Function("allow talk with the master", NOTHING),
        28: Function("exclude the terminal", NOTHING),
        29: Function("allow spontaneous reports", NOTHING),
        30: Function("setting of meter clocks on or off", record(on=BYTE)),
        31: Function("set the clock", record(clock=FORMAT_1)),
        32: Function("text message", _MESSAGE, (record(raw=Hex()),)),
        33: Function("keep power off", NOTHING),
        34: Function("urge-payment alarm off", NOTHING),
        35: Function("forbid talk with the master", NOTHING),
        36: Function("exclude the terminal no more", NOTHING),
        37: Function("forbid spontaneous reports", NOTHING),
        38: Function("connect to the master now", NOTHING),
        39: Function("disconnect", NOTHING),
        41: Function("capacitors in", _CAPACITORS, (NOTHING,)),
        42: Function("capacitors out", _CAPACITORS, (NOTHING,)),
        49: Function("stop reading on a port", _PORT),
        50: Function("resume reading on a port", _PORT),
        51: Function("read all again on a port", _PORT, (NOTHING,)),
        52: Function("forget the carrier routes of a port", _PORT, (NOTHING,)),
        53: Function("delete all meters of a port", _PORT, (NOTHING,)),
        57: Function("delete events", record(ercs=Counted(BYTE, BYTE))),
        58: Function("stop the search for meters", NOTHING),
    },
)
