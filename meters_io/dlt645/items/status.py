"""The seven status words (04000501 to 07), bit by bit. Low byte first on the wire."""

from meters_io.dlt645.forms import Flags, Part, Parts
from meters_io.dlt645.items.shape import DataItem
from meters_io.layout import Form, record

WORD_1 = Flags(
    2,
    {
        1: "demand_mode",
        2: "clock_battery_low",
        3: "reading_battery_low",
        4: "active_reverse",
        5: "reactive_reverse",
        8: "control_loop_error",
        9: "esam_error",
        12: "program_error",
        13: "memory_error",
        14: "overdraft",
        15: "clock_error",
    },
)
WORD_2 = Flags(
    2,
    {
        0: "active_reverse_a",
        1: "active_reverse_b",
        2: "active_reverse_c",
        4: "reactive_reverse_a",
        5: "reactive_reverse_b",
        6: "reactive_reverse_c",
    },
)
_RELAY = ("closed", "open")
_ACCOUNT = ("opened", "not_opened")
_NO_YES = ("no", "yes")
_SETS = ("first", "second")
WORD_3 = Parts(
    (
        Part("day_periods", 1, _SETS),
        Part("supply", 2, ("main", "auxiliary", "battery")),
        Part("programming", 1, _NO_YES),
        Part("relay", 1, _RELAY),
        Part("year_zones", 1, _SETS),
        Part("relay_command", 1, _RELAY),
        Part("alarm", 1, _NO_YES),
        Part("prepay", 2, ("none", "energy", "money")),
        Part("spare", 2),  # two firmwares differ: nothing, or terminal identity and security authentication
        Part("keep_power", 1, _NO_YES),
        Part("authenticated", 1, _NO_YES),
        Part("local_account", 1, _ACCOUNT),
        Part("remote_account", 1, _ACCOUNT),
    )
)
PHASE = Flags(
    2,
    {
        0: "voltage_loss",
        1: "under_voltage",
        2: "over_voltage",
        3: "current_loss",
        4: "over_current",
        5: "overload",
        6: "reverse",
        7: "phase_break",
        8: "current_break",
    },
)
WORD_7 = Flags(
    2,
    {
        0: "voltage_sequence",
        1: "current_sequence",
        2: "voltage_unbalance",
        3: "current_unbalance",
        4: "auxiliary_supply_loss",
        5: "power_down",
        6: "over_demand",
        7: "low_power_factor",
        8: "severe_unbalance",
        9: "cover_open",
        10: "terminal_cover_open",
    },
)
_WORDS: dict[str, tuple[str, Form]] = {
    "1": ("operation", WORD_1),
    "2": ("directions", WORD_2),
    "3": ("relay and credit", WORD_3),
    "4": ("phase A", PHASE),
    "5": ("phase B", PHASE),
    "6": ("phase C", PHASE),
    "7": ("all phases", WORD_7),
}
_BLOCK = record(**{f"word_{number}": form for number, (_, form) in _WORDS.items()})

ITEMS = (
    *(DataItem(f"0400050{number}", f"status word {number}: {about}", form) for number, (about, form) in _WORDS.items()),
    DataItem("040005FF", "status words 1 to 7", _BLOCK),
)
