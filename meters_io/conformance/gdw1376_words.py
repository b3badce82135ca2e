"""The names that the files give events of Q/GDW 1376.1, and the ERC each stands for."""

from __future__ import annotations

from meters_io.conformance.glosses import glossary
from meters_io.gdw1376.functions.event_kinds import KINDS

EVENT_NAMES = glossary(
    (1, 14, 23),
    {erc: kind.title for erc, kind in KINDS.items()},
    {
        1: ("init/version", "initialised", "version changed", "initialised / version changed"),
        2: ("parameter loss", "parameters lost"),
        3: ("parameter change", "parameters changed"),
        4: ("state change", "status change", "switch state change"),
        5: ("remote trip", "remote control trip"),
        6: ("power trip", "power-control trip", "power control trip"),
        7: ("energy trip", "energy-control trip", "energy control trip"),
        8: ("meter parameters changed", "meter parameter change"),
        9: ("current loop abnormal", "current loop"),
        10: ("voltage loop abnormal", "voltage loop", "voltage loss"),
        11: ("phase order abnormal", "phase order", "phase sequence"),
        12: ("meter clock off", "meter clock", "meter time"),
        13: ("meter fault",),
        14: ("terminal power off/on", "terminal power lost/restored", "power lost/restored", "power off/on"),
        15: ("harmonics",),
        16: ("DC input", "DC analog"),
        17: ("unbalance",),
        18: ("capacitor locked", "capacitor"),
        19: ("purchase parameters set", "purchase parameters", "purchase set"),
        20: ("wrong password", "password error"),
        21: ("terminal fault",),
        22: ("sum energy difference", "energy difference", "sum energy difference too large"),
        23: ("energy-control alarm", "energy control alarm", "low balance"),
        24: ("voltage over limit", "voltage limit"),
        25: ("current over limit", "current limit"),
        26: ("apparent power over limit", "apparent power limit"),
        27: ("reading dropped", "meter reading dropped", "reading falls"),
        28: ("reading deviates", "deviates", "meter reading deviates"),
        29: ("meter runs away", "runs away"),
        30: ("meter stopped",),
        31: ("meter not readable", "not readable", "read failed"),
        32: ("traffic over limit", "traffic"),
        33: ("status word changed", "status words changed", "status word change"),
        34: ("CT abnormal",),
        35: ("unknown meters", "unknown meters found", "unknown meter found"),
        37: ("meter cover", "meter cover opened"),
        38: ("terminal cover", "terminal cover opened"),
        39: ("catch-up read failed", "catch-up failed"),
        40: ("magnetic field",),
        41: ("clock setting", "clock set"),
    },
)
