"""What a head end calls back with: believed only when its own secret proves it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import AmiHeadEnd
from app.services.head_ends.joining import PURPOSE
from app.services.head_ends.tasks import Ended
from app.services.sealing import NotSealedHere, opened


@dataclass(frozen=True, slots=True)
class Called:
    """A call back as it came, and the secret that is to prove it."""

    key_id: str
    secret: str = field(repr=False)
    path: str
    headers: Mapping[str, str]
    body: bytes


class EndReader(Protocol):
    """Reads what head ends call back with."""

    def read(self, called: Called, now: datetime) -> Ended | None:
        """Return the end that is told, None for a task that has none yet. Raises CallbackRejected."""


async def secret_of(db: AsyncSession, head_end_id: UUID, key: str) -> tuple[str, str] | None:
    """Return the key and the secret of an enabled head end; None where nobody may call. `key`: session secret."""
    row = await db.get(AmiHeadEnd, head_end_id)
    if row is None or not row.enabled:
        return None
    try:
        return row.key_id, opened(row.secret_sealed, PURPOSE, row.id, key)
    except NotSealedHere:
        return None
