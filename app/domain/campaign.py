"""The life of a bulk send (SPEC N-5, N-6)."""

from enum import StrEnum


class CampaignPurpose(StrEnum):
    """`reminder`: customer service asks for money. `outage`: an announcement tells its area."""

    REMINDER = "reminder"
    OUTAGE = "outage"


class CampaignState(StrEnum):
    """`paused` waits for a hand; `stopped` never goes on; `done`: every item was planned or left out."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class ItemState(StrEnum):
    """`planned`: messages were made. `left_out`: nobody there may or can be told; the item's reason says why."""

    WAITING = "waiting"
    PLANNED = "planned"
    LEFT_OUT = "left_out"
    STOPPED = "stopped"
