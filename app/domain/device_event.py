"""Events of concentrators and meters (SPEC H-11, N-7)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class DeviceEventKind(StrEnum):
    """`*_silent`: nothing was heard for longer than it may be; the event ends when it is heard again."""

    CONCENTRATOR_SILENT = "concentrator_silent"
    CONCENTRATOR_CONTESTED = "concentrator_contested"
    TERMINAL_FAULT = "terminal_fault"
    METER_SILENT = "meter_silent"
    POWER_OFF = "power_off"
    METER_FAULT = "meter_fault"
    RELAY_FAULT = "relay_fault"
    LOW_BALANCE = "low_balance"
    TAMPER = "tamper"
    CLOCK_WRONG = "clock_wrong"


class EventDoor(StrEnum):
    """Which question of ours an event comes from, where it comes from one: it ends when that is settled."""

    METER_REFUSED = "meter_refused"
    RELAY_NOT_PROVED = "relay_not_proved"
    TWO_CONCENTRATORS = "two_concentrators"


OF_REVIEW: dict[EventDoor, DeviceEventKind] = {
    EventDoor.METER_REFUSED: DeviceEventKind.METER_FAULT,
    EventDoor.RELAY_NOT_PROVED: DeviceEventKind.RELAY_FAULT,
    EventDoor.TWO_CONCENTRATORS: DeviceEventKind.CONCENTRATOR_CONTESTED,
}
URGENT = frozenset(
    {
        DeviceEventKind.CONCENTRATOR_SILENT,
        DeviceEventKind.POWER_OFF,
        DeviceEventKind.RELAY_FAULT,
        DeviceEventKind.TAMPER,
    }
)
"""Told at any hour: somebody may be in the dark, or in danger. The others heed the quiet hours of whoever is told."""
NEWS_FOR = timedelta(hours=24)
WINDOW = timedelta(minutes=15)


def dedupe_key(kind: DeviceEventKind, device_id: UUID, once: str) -> str:
    """One event per kind, device and occasion, however often it is heard."""
    return f"{kind}:{device_id}:{once}"


def is_news(happened: datetime, now: datetime) -> bool:
    """Is an event worth telling? One that reaches us a day late is put on record only."""
    return now - happened < NEWS_FOR


def window_end(now: datetime) -> datetime:
    """The end of the quarter of an hour in which what is too much for single messages is gathered."""
    into = (now - datetime.min.replace(tzinfo=now.tzinfo)) % WINDOW
    return now - into + WINDOW


def next_step(steps: Iterable[int], told: int) -> int | None:
    """Whose turn it is after those of step `told`; None: everybody has been told."""
    return min((step for step in steps if step > told), default=None)
