"""A message in our hands, and what every loader shares."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import notice
from app.domain.notice import MessageKind
from app.domain.relay import Supply
from app.domain.wallet import days_left
from app.models import Contact, Message, Meter
from app.services.letters.facts import Facts


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in our hands: its locked row, its reader, what it is about, and whether that is still so.

    `contact` None: somebody proves an address that is nobody's contact yet, or it lies in the account's inbox.
    """

    message: Message
    contact: Contact | None
    facts: Facts
    holds: bool

    @property
    def recipient(self) -> str:
        """E.164 number or mail address."""
        return self.contact.address if self.contact else self.message.address or ""

    @property
    def stopped(self) -> bool:
        """Does its reader want no more of these?"""
        if self.contact is None:
            return False
        kind = MessageKind(self.message.kind)
        if notice.told_to_subscribers(kind):
            return not self.contact.wants_results
        return self.contact.stopped_at is not None and notice.stops(kind)


Loader = Callable[[AsyncSession, Message], Awaitable[Letter]]


async def reader_of(db: AsyncSession, message: Message) -> Contact | None:
    """The contact that a message goes to, where it goes to one."""
    return await db.get(Contact, message.contact_id) if message.contact_id else None


def of_meter(meter: Meter) -> Facts:
    """What is known of a meter now."""
    balance = meter.balance_minor
    left = None if balance is None else days_left(balance, meter.daily_use_minor)
    return Facts(meter.number, balance, meter.balance_read_at, left, Supply(meter.supply))
