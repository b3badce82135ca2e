"""AFN 04 and 0A: parameters, set and asked for; what is set and what is answered have the same layout."""

from meters_io.gdw1376.formats import (
    BYTE,
    FORMAT_1,
    FORMAT_3,
    FORMAT_4,
    FORMAT_7,
    FORMAT_12,
    FORMAT_18,
    FORMAT_19,
    FORMAT_22,
    FORMAT_23,
    NOTHING,
    WORD,
)
from meters_io.gdw1376.functions.catalogue import ASK, Catalogue, Function
from meters_io.gdw1376.functions.confirm import UnitName
from meters_io.gdw1376.functions.shapes import Address, ask_for
from meters_io.layout import Binary, Block, Counted, Hex, Many, Text, bits, record

# port: bits 7-5 baud, 4-0 port; digits: bits 3-2 integer digits less 4, 1-0 decimals less 1; user_class: high half the
# class, low half the sub-class. `archive` takes them apart.
ARCHIVE_ENTRY = record(
    sequence=WORD,
    point=WORD,
    port=BYTE,
    protocol=BYTE,
    address=FORMAT_12,
    password=Hex(6),
    tariffs=BYTE,
    digits=BYTE,
    collector=FORMAT_12,
    user_class=BYTE,
)
PURCHASE_CONTROL = record(bill=Binary(4), mode=BYTE, value=FORMAT_3, alarm=FORMAT_3, trip=FORMAT_3)
_COMMUNICATION = record(
    rts_delay=BYTE,
    start_delay_min=BYTE,
    answers=bits(wait_s=12, resends=4),
    confirmed_classes=BYTE,
    heartbeat_min=BYTE,
)
_TERMINAL_ADDRESS = record(
    address=Address(),
    mask=Address(),
    gateway=Address(),
    proxy_kind=BYTE,
    proxy=Address(),
    proxy_port=WORD,
    proxy_login=BYTE,
    user=Block(BYTE),
    password=Block(BYTE),
    listens_on=WORD,
)
_WORKING_MODE = record(mode=BYTE, redial_s=WORD, redials=BYTE, idle_min=BYTE, online_hours=Hex(3))
_POINT = record(
    voltage_ratio=WORD,
    current_ratio=WORD,
    rated_voltage=FORMAT_7,
    max_current=FORMAT_22,
    rated_load=FORMAT_23,
    wiring=BYTE,
)
_READING_BLOCK = record(
    port=BYTE,
    control=WORD,
    read_days=Binary(4),
    read_at=FORMAT_19,
    interval_min=BYTE,
    clock_broadcast_at=FORMAT_18,
    periods=Counted(BYTE, record(start=FORMAT_19, end=FORMAT_19)),
)
_ITEM_SETS = record(user_class=BYTE, sets=Counted(BYTE, record(sub_class=BYTE, items=Counted(BYTE, BYTE))))
_REPORT_TASK = record(
    period=bits(count=6, unit=2),  # unit: 0 minutes, 1 hours, 2 days, 3 months
    base=FORMAT_1,
    thinning=BYTE,
    units=Counted(BYTE, UnitName()),
)
_SWITCH = record(state=BYTE)  # 55H start, AAH stop

PARAMETERS: dict[int, Function] = {
    1: Function("uplink communication", _COMMUNICATION),
    3: Function(
        "master address",
        record(address=Address(), port=WORD, backup_address=Address(), backup_port=WORD, apn=Text(16)),
    ),
    4: Function("master telephone and message centre", record(telephone=Hex(8), message_centre=Hex(8))),
    5: Function("message authentication", record(scheme=BYTE, parameter=WORD)),
    7: Function("terminal address", _TERMINAL_ADDRESS),
    8: Function("working mode of the uplink", _WORKING_MODE),
    9: Function("event recording", record(recorded=Hex(8), important=Hex(8))),
    10: Function("meter archive", Counted(WORD, ARCHIVE_ENTRY)),
    21: Function("tariff periods", record(tariff_of_half_hour=Many(BYTE, 48), tariffs=BYTE)),
    22: Function("tariff prices", Counted(BYTE, FORMAT_3)),
    23: Function("hours of the urge-payment alarm", record(hours=Hex(3))),
    24: Function("reading interval (2005 edition)", BYTE),
    25: Function("measuring point", _POINT),
    29: Function("local display number of the meter", Text(12)),
    33: Function("reading of meters", Counted(BYTE, _READING_BLOCK)),
    35: Function("key customers", Counted(BYTE, WORD)),
    36: Function("monthly traffic limit", record(limit=Binary(4))),
    38: Function("class 1 item sets of a user class", _ITEM_SETS),
    39: Function("class 2 item sets of a user class", _ITEM_SETS),
    45: Function("rounds of power control", record(rounds=BYTE)),
    46: Function("month energy limit", record(limit=FORMAT_3, factor=FORMAT_4)),
    47: Function("purchase control", PURCHASE_CONTROL),
    48: Function("rounds of energy control", record(rounds=BYTE)),
    49: Function("alarm before a power-control trip", record(alarm_min=BYTE)),
    57: Function("hours of the sound alarm", record(hours=Hex(3))),
    58: Function("automatic keep-power", record(silent_hours=BYTE)),
    65: Function("class 1 report task", _REPORT_TASK),
    66: Function("class 2 report task", _REPORT_TASK),
    67: Function("class 1 report task on or off", _SWITCH),
    68: Function("class 2 report task on or off", _SWITCH),
}
_ASK_SETS = Function("ask for some item sets", record(user_class=BYTE, sub_classes=Counted(BYTE, BYTE)), (NOTHING,))
QUESTIONS: dict[int, Function] = {
    10: Function("ask for archive entries", Counted(WORD, WORD), (NOTHING,)),
    **dict.fromkeys(
        (11, 13, 14, 15, 33, 34), Function("ask for some ports or groups", Counted(BYTE, BYTE), (NOTHING,))
    ),
    38: _ASK_SETS,
    39: _ASK_SETS,
}

SET = Catalogue("set parameters", down=PARAMETERS)
_PLAIN_QUESTIONS = {number: ask_for(answer) for number, answer in PARAMETERS.items()}
QUERY = Catalogue("query parameters", _PLAIN_QUESTIONS | QUESTIONS, PARAMETERS, any_down=ASK)
