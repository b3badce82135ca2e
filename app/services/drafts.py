"""A message as every one of them begins: told once, from a moment on, for as long as it is of use."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from app.domain.notice import IMPORTANCE, MessageKind, dedupe_key, lifetime
from app.models import Message


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told, because of what, and how it travels. `cause` and `reader`: with the kind, what is told once."""

    kind: MessageKind
    cause_id: UUID
    cause: str
    reader: str
    channel: str
    locale: str


def draft(telling: Telling, now: datetime, not_before: datetime | None = None) -> Message:
    """A message that is not added yet; whoever asks says to whom it goes, and about which meter."""
    return Message(
        id=uuid4(),
        kind=telling.kind,
        cause_id=telling.cause_id,
        dedupe_key=dedupe_key(telling.kind, telling.cause, telling.reader),
        channel=telling.channel,
        locale=telling.locale,
        created_at=now,
        not_before=not_before or now,
        expires_at=now + lifetime(telling.kind),
        importance=IMPORTANCE[telling.kind],
    )
