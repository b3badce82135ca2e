"""What concentrators are told and asked, and how they answer. The words come through here, and only the types."""

from headend_client.orders import (
    ChangeArchive,
    ClearArchive,
    CollectDay,
    CollectEvents,
    ReadArchive,
    ReadParameters,
    ReadTerminalClock,
    SetParameters,
    SetTerminalClock,
    SyncMeters,
)
from headend_client.outcome import (
    ArchiveEntry,
    EnergyControl,
    NotReadable,
    OtherEvent,
    Pointers,
    PowerLost,
    PurchaseInfo,
    Register,
    Report,
    StatusChanged,
    TerminalEvent,
)
from headend_client.outcome import Reading as PointReading

__all__ = [
    "ArchiveEntry",
    "ChangeArchive",
    "ClearArchive",
    "CollectDay",
    "CollectEvents",
    "EnergyControl",
    "NotReadable",
    "OtherEvent",
    "PointReading",
    "Pointers",
    "PowerLost",
    "PurchaseInfo",
    "ReadArchive",
    "ReadParameters",
    "ReadTerminalClock",
    "Register",
    "Report",
    "SetParameters",
    "SetTerminalClock",
    "StatusChanged",
    "SyncMeters",
    "TerminalEvent",
]
