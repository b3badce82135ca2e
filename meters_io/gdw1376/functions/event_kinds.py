"""What each event of AFN 0E carries, by its code ERC. Where two forms are given the length decides.

Codes up to 35 are those of the 2009 edition, 36 to 41 and 45 of the 2013 one; provinces and makers number differently,
so what does not fit its form is left as hex behind its time.
"""

from dataclasses import dataclass

from meters_io.gdw1376.editions import GDW130_2005, GDW376_2009, Edition
from meters_io.gdw1376.formats import (
    BYTE,
    FORMAT_1,
    FORMAT_2,
    FORMAT_3,
    FORMAT_5,
    FORMAT_7,
    FORMAT_10,
    FORMAT_11,
    FORMAT_12,
    FORMAT_14,
    FORMAT_15,
    FORMAT_22,
    FORMAT_23,
    FORMAT_25,
    MISSING,
    WORD,
)
from meters_io.gdw1376.functions.confirm import UnitName
from meters_io.gdw1376.functions.parameters import PURCHASE_CONTROL
from meters_io.gdw1376.functions.shapes import POINT
from meters_io.layout import Binary, Counted, Digits, Form, Hex, Many, Record, Text, record


@dataclass(frozen=True, slots=True)
class EventKind:
    """One ERC. `forms`: its content, the one that fits the length."""

    title: str
    forms: tuple[Form, ...] = ()


def _event(title: str, **fields: Form) -> EventKind:
    return EventKind(title, (record(time=FORMAT_15, **fields),))


def _at_point(title: str, **fields: Form) -> EventKind:
    return _event(title, point=POINT, **fields)


_VOLTAGES = Many(FORMAT_7, 3)
_CURRENTS = Many(FORMAT_25, 3)
_LOOP: dict[str, Form] = {"flags": BYTE, "voltages": _VOLTAGES, "currents": _CURRENTS, "register": FORMAT_14}
_ENERGY_CONTROL: dict[str, Form] = {
    "group": BYTE,
    "rounds": BYTE,
    "control": BYTE,  # bit 0 month, bit 1 purchase
    "value": FORMAT_3,
    "limit": FORMAT_3,
}
_LAST_READ: dict[str, Form] = {"last_read": FORMAT_15, "active": FORMAT_14, "reactive": FORMAT_11}
_POWERS: dict[str, Form] = {"power": FORMAT_2, "power_after": FORMAT_2}
_POWER_TRIP = record(time=FORMAT_15, group=BYTE, rounds=BYTE, control=BYTE, **_POWERS, limit=FORMAT_2)
_POWER_TRIP_SHORT = record(time=FORMAT_15, rounds=BYTE, **_POWERS)
_COVER: dict[str, Form] = {
    "count": FORMAT_10,
    "opened": Digits(6, MISSING),
    "closed": Digits(6, MISSING),
    "registers": Hex(48),
}
_PURCHASE_SET = Record(
    (("time", FORMAT_15), ("group", BYTE), *PURCHASE_CONTROL.fields, ("before", FORMAT_3), ("after", FORMAT_3))
)
_WRONG_PASSWORD = record(time=FORMAT_15, password=Hex(GDW376_2009.password_bytes), master=BYTE)
_WRONG_PASSWORD_2005 = record(time=FORMAT_15, password=Hex(GDW130_2005.password_bytes), master=BYTE)
_HARMONICS: dict[str, Form] = {"flags": BYTE, "orders": Hex(3), "values": Many(Hex(2))}
_DIFFERENCE: dict[str, Form] = {
    "group": BYTE,
    "compared": FORMAT_3,
    "reference": FORMAT_3,
    "percent": BYTE,
    "difference": FORMAT_3,
    "compared_registers": Counted(BYTE, FORMAT_14),
    "reference_registers": Counted(BYTE, FORMAT_14),
}

KINDS: dict[int, EventKind] = {
    1: _event("terminal initialised or its version changed", flags=BYTE, before=Text(4), after=Text(4)),
    2: _event("parameters lost", flags=BYTE),
    3: _event("parameters changed", master=BYTE, units=Many(UnitName())),
    4: _event("input changed", changed=BYTE, states=BYTE),
    5: _event("tripped by remote order", rounds=BYTE, **_POWERS),
    6: EventKind("tripped by power control", (_POWER_TRIP, _POWER_TRIP_SHORT)),
    7: _event("tripped by energy control", **_ENERGY_CONTROL),
    8: _at_point("meter parameters changed", flags=BYTE),
    9: _at_point("current loop abnormal", **_LOOP),
    10: _at_point("voltage loop abnormal", **_LOOP),
    11: _at_point("phase order abnormal", angles=Many(FORMAT_5, 6), register=FORMAT_14),
    12: _at_point("meter clock off"),
    13: _at_point("meter fault", flags=BYTE),
    14: EventKind("terminal power lost or restored", (record(lost=FORMAT_15, restored=FORMAT_15),)),
    15: _at_point("harmonics over limit", **_HARMONICS),
    16: _at_point("direct-current input over limit", flags=BYTE, value=FORMAT_2),
    17: _at_point(
        "unbalance over limit",
        flags=BYTE,
        voltage_unbalance=FORMAT_5,
        current_unbalance=FORMAT_5,
        voltages=_VOLTAGES,
        currents=_CURRENTS,
    ),
    18: _at_point(
        "capacitor locked", flags=BYTE, capacitors=WORD, power_factor=FORMAT_5, reactive=FORMAT_23, voltage=FORMAT_7
    ),
    19: EventKind("purchase parameters set", (_PURCHASE_SET,)),
    20: EventKind("wrong password", (_WRONG_PASSWORD, _WRONG_PASSWORD_2005)),
    21: _event("terminal fault", fault=BYTE),  # 1 memory, 2 clock, 3 communication, 4 RS-485, 5 display, 6 carrier
    22: _event("sums of energy differ", **_DIFFERENCE),
    23: _event("energy control alarm", **_ENERGY_CONTROL),
    24: _at_point("voltage over limit", flags=BYTE, voltages=_VOLTAGES),
    25: _at_point("current over limit", flags=BYTE, currents=_CURRENTS),
    26: _at_point("apparent power over limit", flags=BYTE, power=FORMAT_23, limit=FORMAT_23),
    27: _at_point("reading went down", before=FORMAT_14, after=FORMAT_14),
    28: _at_point("reading deviates", expected=FORMAT_14, found=FORMAT_14, threshold=FORMAT_22),
    29: _at_point("meter runs away", before=FORMAT_14, after=FORMAT_14, threshold=FORMAT_22),
    30: _at_point("meter stopped", register=FORMAT_14, threshold=BYTE),
    31: _at_point("meter not readable", **_LAST_READ),
    32: _event("traffic over limit", traffic=Binary(4), limit=Binary(4)),
    33: _at_point("status word of the meter changed", changed=Many(WORD, 7), words=Many(WORD, 7)),
    34: _at_point("current transformer abnormal", flags=BYTE),
    35: _event(
        "unknown meters found", port=BYTE, meters=Counted(BYTE, record(address=FORMAT_12, quality=BYTE, protocol=BYTE))
    ),
    36: _event("control output changed", changed=BYTE, states=BYTE),
    37: _at_point("meter cover opened", **_COVER),
    38: _at_point("terminal cover of the meter opened", **_COVER),
    39: _at_point("catch-up reading failed", **_LAST_READ),
    40: _at_point("magnetic field", device=BYTE, address=FORMAT_12, field=BYTE),
    41: EventKind("clock set", (record(point=WORD, before=FORMAT_1, after=FORMAT_1),)),
    45: _event("terminal battery empty"),
}


def kinds_of(edition: Edition) -> dict[int, EventKind]:
    """Return the events that an edition knows."""
    return {erc: kind for erc, kind in KINDS.items() if erc <= edition.last_event}
