"""What jobs and routes are given: built once a process, passed in, never imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.db import Begin
from app.ports import Gateway, PaymentProvider, Ringer, SecurityModule
from app.settings import Settings


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deps:
    """What a process works with. `name` marks the notes it takes; parts a process does not use are None."""

    begin: Begin
    bell: Ringer
    now: Callable[[], datetime]
    settings: Settings
    name: str = ""
    gateway: Gateway | None = None
    security: SecurityModule | None = None
    providers: Mapping[str, PaymentProvider] | None = None


Ctx = dict[str, Deps]
"""arq's context: `ctx["deps"]`."""
