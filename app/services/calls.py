"""What a call reads out."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Message
from app.models.account import ChannelName


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words of a message, and their language."""

    words: str
    locale: str


async def aloud(db: AsyncSession, message_id: UUID) -> Spoken | None:
    """The words of a message that goes by voice; None for any other."""
    message = await db.get(Message, message_id)
    if message is None or message.channel != ChannelName.VOICE:
        return None
    return Spoken(message.body, message.locale)
