"""Word to a home that has been without light for want of money for a while (SPEC M-13)."""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.models import Disconnection, Message, Meter
from app.services.letters.alarm import pay_link
from app.services.letters.facts import DisconnectionFacts
from app.services.letters.letter import Letter, Loader, of_meter, reader_of


async def _disconnected(db: AsyncSession, message: Message) -> Letter:
    """Only as long as the incident lasts."""
    incident = await db.get_one(Disconnection, message.cause_id)
    meter = await db.get_one(Meter, incident.meter_id)
    facts = replace(
        of_meter(meter),
        link=await pay_link(db, message, meter),
        disconnection=DisconnectionFacts(incident.began_at),
    )
    return Letter(message, await reader_of(db, message), facts, incident.ended_at is None)


LOADERS: dict[MessageKind, Loader] = {MessageKind.DISCONNECTED: _disconnected}
