"""Blocks of data that current data (AFN 0C) and history (AFN 0D) have in common, and the label that history puts first.

Energies come per tariff: their number M, then M + 1 values, the total first. Every block but the group totals begins
with the moment at which the terminal read the meter. A block that the terminal does not have is EE throughout, M too;
it then has the length that it has for four tariffs.
"""

from meters_io.gdw1376.editions import GDW376_2009, GDW1376_2013
from meters_io.gdw1376.formats import (
    BYTE,
    CURVE_LABEL,
    DAY_LABEL,
    FORMAT_1,
    FORMAT_3,
    FORMAT_5,
    FORMAT_7,
    FORMAT_8,
    FORMAT_9,
    FORMAT_10,
    FORMAT_11,
    FORMAT_13,
    FORMAT_14,
    FORMAT_15,
    FORMAT_17,
    FORMAT_23,
    FORMAT_25,
    FORMAT_27,
    MONTH_LABEL,
    WORD,
)
from meters_io.gdw1376.functions.catalogue import Function
from meters_io.gdw1376.functions.shapes import Absent, ClockFirst
from meters_io.layout import Binary, Form, Many, Record, record

_USUAL_TARIFFS = 4


def per_tariff(form: Form) -> Many:
    """Return the total and the values of `tariffs` tariffs."""
    return Many(form, of="tariffs", plus=1)


def energies(form: Form) -> Record:
    """Return the block of one energy (F129 and its like): read, tariffs, the values."""
    return record(read=FORMAT_15, tariffs=BYTE, energies=per_tariff(form))


ACTIVE = energies(FORMAT_14)
REACTIVE = energies(FORMAT_11)
ACTIVE_FLOW = energies(FORMAT_13)  # what flowed in a day or a month, where ACTIVE is a register
FORWARD = record(
    read=FORMAT_15,
    tariffs=BYTE,
    active=per_tariff(FORMAT_14),
    reactive=per_tariff(FORMAT_11),
    quadrant_1=per_tariff(FORMAT_11),
    quadrant_4=per_tariff(FORMAT_11),
)
REVERSE = record(
    read=FORMAT_15,
    tariffs=BYTE,
    active=per_tariff(FORMAT_14),
    reactive=per_tariff(FORMAT_11),
    quadrant_2=per_tariff(FORMAT_11),
    quadrant_3=per_tariff(FORMAT_11),
)
DEMANDS = record(
    read=FORMAT_15,
    tariffs=BYTE,
    active=per_tariff(FORMAT_23),
    active_at=per_tariff(FORMAT_17),
    reactive=per_tariff(FORMAT_23),
    reactive_at=per_tariff(FORMAT_17),
)
DEMAND = record(read=FORMAT_15, tariffs=BYTE, demands=per_tariff(record(demand=FORMAT_23, at=FORMAT_17)))
GROUP_ENERGIES = record(tariffs=BYTE, energies=per_tariff(FORMAT_3))
FLOW = record(tariffs=BYTE, energies=per_tariff(FORMAT_13))
POWERS = record(
    read=FORMAT_15,
    active=Many(FORMAT_9, 4),
    reactive=Many(FORMAT_9, 4),
    power_factor=Many(FORMAT_5, 4),
    voltage=Many(FORMAT_7, 3),
    current=Many(FORMAT_25, 4),
    apparent=Many(FORMAT_9, 4),
)
PHASE_LOSSES = record(
    read=FORMAT_15,
    counts=Many(FORMAT_8, 4),
    minutes=Many(FORMAT_10, 4),
    began=Many(FORMAT_17, 4),
    ended=Many(FORMAT_17, 4),
)
PROGRAMMING = record(
    read=FORMAT_15,
    clock=FORMAT_1,
    battery_minutes=FORMAT_27,
    changes=Many(record(count=FORMAT_10, last=FORMAT_1), 5),
)
STATUS_WORDS = record(read=FORMAT_15, changed=Many(WORD, 7), words=Many(WORD, 7))
LOSSES = record(read=FORMAT_15, copper=FORMAT_14, iron=FORMAT_14)
METER_CLOCK = record(read_clock=FORMAT_1, clock=FORMAT_1)
METER_CLOCK_2009 = record(read=FORMAT_15, clock=FORMAT_1)
METER_CLOCK_FIRST = ClockFirst((("meter_clock", FORMAT_1), ("read", FORMAT_15)))

# 11H: on, 00: off. The editions differ in the form of moments and counts, so the length tells them apart; their field
# names differ too, so that None in both forms is written back as it came.
RELAY = record(read=FORMAT_15, state=BYTE, closed=GDW376_2009.moment, opened=GDW376_2009.moment)
RELAY_2013 = record(read=FORMAT_15, state=BYTE, closed_clock=GDW1376_2013.moment, opened_clock=GDW1376_2013.moment)
SWITCHES = record(
    read=FORMAT_15,
    programmings=GDW376_2009.count,
    programmed=GDW376_2009.moment,
    cover_openings=GDW376_2009.count,
    cover_opened=GDW376_2009.moment,
)
SWITCHES_2013 = record(
    read=FORMAT_15,
    programmings=GDW1376_2013.count,
    programmed_clock=GDW1376_2013.moment,
    cover_openings=GDW1376_2013.count,
    cover_opened_clock=GDW1376_2013.moment,
)
CHANGES = record(
    read=FORMAT_15,
    clock_settings=GDW376_2009.count,
    clock_set=GDW376_2009.moment,
    schedule_settings=GDW376_2009.count,
    schedule_set=GDW376_2009.moment,
)
CHANGES_2013 = record(
    read=FORMAT_15,
    clock_settings=GDW1376_2013.count,
    clock_before=GDW1376_2013.moment,
    clock_after=GDW1376_2013.moment,
    schedule_settings=GDW1376_2013.count,
    schedule_set_clock=GDW1376_2013.moment,
)
PURCHASE = record(
    read=FORMAT_15,
    purchase_count=FORMAT_8,
    balance=FORMAT_14,
    purchased=FORMAT_14,
    remaining_energy=FORMAT_11,
    overdrawn_energy=FORMAT_11,
    purchased_energy=FORMAT_11,
    credit_energy=FORMAT_11,
    alarm_energy=FORMAT_11,
    fault_energy=FORMAT_11,
)
SETTLEMENT = record(
    read=FORMAT_15,
    tariffs=BYTE,
    settled=per_tariff(FORMAT_14),
    unsettled=per_tariff(FORMAT_14),
    fault_energy=FORMAT_14,
)
SETTLEMENT_WIDE = record(
    read=FORMAT_15,
    wide_tariffs=WORD,
    settled=Many(FORMAT_14, of="wide_tariffs", plus=1),
    unsettled=Many(FORMAT_14, of="wide_tariffs", plus=1),
    fault_energy=FORMAT_14,
)
PHASES_ACTIVE = record(read=FORMAT_15, phases=Many(FORMAT_14, 3))
PHASES_REACTIVE = record(read=FORMAT_15, phases=Many(FORMAT_11, 3))


def absent(block: Record) -> Absent:
    """Return the form of such a block where all of it is missing."""
    return Absent(sum(_width(form) for _, form in block.fields))


def tariffs(title: str, block: Record) -> Function:
    """Return a function of current data that counts its tariffs."""
    return Function(title, block, (absent(block),))


def daily(title: str, block: Record, *others: Record) -> Function:
    """Return a function of history: `day`, and then a block; `others`: its forms in other editions."""
    return _labelled(title, {"day": DAY_LABEL}, (block, *others))


def monthly(title: str, block: Record, *others: Record) -> Function:
    """Return a function of history: `month`, and then a block."""
    return _labelled(title, {"month": MONTH_LABEL}, (block, *others))


def curve(title: str, form: Form) -> Function:
    """Return a function of history: from when, how dense, how many points, and the points."""
    return Function(title, Record((*CURVE_LABEL.fields, ("values", Many(form, of="points")))))


def _labelled(title: str, label: dict[str, Form], blocks: tuple[Record, ...]) -> Function:
    forms: list[Form] = [Record((*label.items(), *block.fields)) for block in blocks]
    if "tariffs" in dict(blocks[0].fields):
        forms.append(Record((*label.items(), ("values", absent(blocks[0])))))
    return Function(title, forms[0], tuple(forms[1:]))


def _width(form: Form) -> int:
    """Return how many bytes a form takes, with four tariffs."""
    match form:
        case Many(each, count, of, plus):
            return _width(each) * (_USUAL_TARIFFS + plus if of else count or 0)
        case Record(fields):
            return sum(_width(each) for _, each in fields)
        case Binary(width):
            return width
    return len(form.write(None, {}))  # a format: what is missing has its width too
