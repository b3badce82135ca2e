"""Events of concentrators and meters (SPEC H-11, N-7)."""

from enum import StrEnum


class DeviceEventKind(StrEnum):
    """`*_silent`: nothing was heard for longer than it may be; the event ends when it is heard again."""

    CONCENTRATOR_SILENT = "concentrator_silent"
    CONCENTRATOR_CONTESTED = "concentrator_contested"
    METER_SILENT = "meter_silent"
    POWER_OFF = "power_off"
    METER_FAULT = "meter_fault"
    RELAY_FAULT = "relay_fault"
    LOW_BALANCE = "low_balance"
    TAMPER = "tamper"
    CLOCK_WRONG = "clock_wrong"
