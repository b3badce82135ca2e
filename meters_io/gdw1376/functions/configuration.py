"""AFN 09: what the terminal is and what it can (2009 edition)."""

from meters_io.gdw1376.formats import BYTE, FORMAT_20, WORD
from meters_io.gdw1376.functions.catalogue import ASK, Catalogue, Function
from meters_io.gdw1376.functions.shapes import PerBit, ask_for
from meters_io.layout import Binary, Counted, Hex, Many, Record, Text, record

_VERSIONS = record(
    maker=Text(4),
    device=Text(8),
    software=Text(4),
    software_date=FORMAT_20,
    capacity=Text(11),
    protocol=Text(4),
    hardware=Text(4),
    hardware_date=FORMAT_20,
)
_PORT = record(port=WORD, max_baud=Binary(4), meters=WORD, receive_bytes=WORD, send_bytes=WORD)
_PORTS = record(
    pulse_inputs=BYTE,
    switch_inputs=BYTE,
    analogue_inputs=BYTE,
    switch_outputs=BYTE,
    meters=WORD,
    receive_bytes=WORD,
    send_bytes=WORD,
    mac=Hex(6),
    ports=Counted(BYTE, _PORT),
)
_SIZES = record(points=WORD, groups=BYTE, tasks=BYTE, difference_groups=BYTE)
_DENSITIES = record(
    point_density=BYTE,
    group_power_density=BYTE,
    group_reactive_power_density=BYTE,
    group_energy_density=BYTE,
    group_reactive_energy_density=BYTE,
)
_STORES = record(
    days=BYTE,
    months=BYTE,
    power_control_plans=BYTE,
    harmonics=BYTE,
    capacitor_groups=BYTE,
    key_customers=BYTE,
    user_classes=WORD,
    sub_classes=Many(BYTE, 16),
)
_LIMITS = Record((*_SIZES.fields, ("tariffs", BYTE), *_DENSITIES.fields, *_STORES.fields))
_LIMITS_WITHOUT_TARIFFS = Record((*_SIZES.fields, *_DENSITIES.fields, *_STORES.fields))
_GROUPS = record(groups=Counted(BYTE, BYTE))  # a bitmap of eight functions each: F1-8, F9-16 ...
_CLASS_GROUPS = record(user_classes=WORD, groups=PerBit(Counted(BYTE, BYTE), of="user_classes"))

UP: dict[int, Function] = {
    1: Function("versions", _VERSIONS),
    2: Function("inputs, outputs and ports", _PORTS),
    3: Function("other limits", _LIMITS, (_LIMITS_WITHOUT_TARIFFS,)),
    4: Function("parameters that it knows", _GROUPS),
    5: Function("controls that it knows", _GROUPS),
    6: Function("class 1 data that it knows", _CLASS_GROUPS),
    7: Function("class 2 data that it knows", _CLASS_GROUPS),
    8: Function("events that it records", record(events=Hex(8))),
}

_DOWN = {number: ask_for(answer) for number, answer in UP.items()}
CATALOGUE = Catalogue("terminal configuration", _DOWN, UP, any_down=ASK)
