"""What travels between us and a head end, as plain values; what comes from there is hostile until it has this shape."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headend_client.ami.codes import ENDS, TaskState
from headend_client.ami.signing import Secret

MOST_BYTES = 256 * 1024
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class AmiTiming:
    """How long we wait for what. A job has three verbs and 300 s.

    `connect_s`, `answer_s`: for a line, and for an answer beyond what the head end is asked to hold it for (`hold_s`).
    `turn_s`: for another verb about the same meter. `verb_s`: for the end of a task, that wait included; it must not
    begin later either. `trip_s`: the same for an order that takes light away. `rest_s`: between two questions that
    failed. `probe_s`: between two looks at the head end itself.
    """

    connect_s: float = 5.0
    answer_s: float = 10.0
    hold_s: int = 15
    turn_s: float = 30.0
    verb_s: float = 80.0
    trip_s: float = 40.0
    rest_s: float = 1.0
    probe_s: float = 10.0


USUAL = AmiTiming()
LATE = timedelta(minutes=10)
"""A task that has not ended so long after its last moment to begin has no end that anybody will hear of: what it did is
read in the meter. The contract obliges a head end to be done by then."""


@dataclass(frozen=True, slots=True)
class HeadEndPlace:
    """One head end: where it is, what proves us to it and it to us, and where it may call us back (or empty)."""

    id: UUID
    url: str
    secret: Secret
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task that changes a meter, as the book keeps it. `body`: as it is sent, and sent again."""

    id: UUID
    head_end: UUID
    address: str
    kind: str
    expires_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task of ours of which nobody knows the end."""

    id: UUID
    expires_at: datetime


class Told(BaseModel):
    """What a head end says of one task."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: UUID
    state: TaskState
    code: str = Field(default="", max_length=60)
    result: Json | None = None

    @property
    def ended(self) -> bool:
        """Will nothing more be said?"""
        return self.state in ENDS


class Standing(BaseModel):
    """What a head end says of itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(default="", max_length=120)
    version: str = Field(default="", max_length=60)
    queued: int = Field(default=0, ge=0, le=10**9)
    running: int = Field(default=0, ge=0, le=10**9)


class Turned(BaseModel):
    """Why a head end does not take a question. `code`: bad_task, unknown_meter, not_offered, task_conflict, too_late,
    unknown_task, busy."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str = Field(max_length=60)


def read_told(body: bytes) -> Told:
    """Read what is said of a task. ValueError for anything else."""
    try:
        return Told.model_validate_json(body)
    except (ValidationError, RecursionError) as error:
        raise ValueError("no word about a task") from error


def write(value: Json) -> bytes:
    """Return JSON as it is signed: short, and the same for the same value."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
