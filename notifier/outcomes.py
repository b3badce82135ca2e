"""What a try came to, and what is kept of it: on the note, on its attempt and on the message."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.notice import Delivery, MessageState
from app.models import Message
from app.models.account import ChannelName
from app.outbox import Taken
from app.services import attempts, messages, sending
from notifier import policy
from notifier.channels import PLAYED, STATUSES
from notifier.policy import End, Wait
from notifier.ports import DeliveryError


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it. `found`: it had it since an earlier try, whose answer was lost."""

    ref: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider was asked and surely has not got it: the earlier try came to nothing."""


Outcome = Sent | DeliveryError | Wait | End


async def conclude_note(db: AsyncSession, note: Taken, outcome: Outcome, now: datetime) -> bool:
    """Keep the note, or put it back for another try; False if it is in other hands by now."""
    match outcome:
        case Wait(until=until):
            return await outbox.put_back(db, note, until, outcome.stuck or "not yet")
        case DeliveryError(permanent=False, reason=reason):
            return await outbox.postpone(db, note, now + policy.back_off(note.attempts), reason)
        case _:
            return await outbox.keep(db, note, now)


async def record(db: AsyncSession, message: Message, outcome: Outcome, now: datetime) -> None:
    """Keep what a try of a locked message came to."""
    match outcome:
        case Sent(ref=ref, found=found):
            await attempts.end(db, message.id, attempts.FOUND if found else attempts.SENT, now, ref)
            await note_sent(db, message, ref, now)
        case End(state=MessageState() as state, reason=reason):
            if state is MessageState.UNKNOWN:
                await attempts.end(db, message.id, attempts.NEVER_KNOWN, now)
            await messages.advance(db, message, Delivery(state, reason=reason), now)
        case DeliveryError(permanent=True) as error:
            await attempts.end(db, message.id, error.reason, now)
            word = Delivery(MessageState.FAILED, reason=error.reason, stop=error.stop, scope=error.scope)
            await messages.advance(db, message, word, now)
        case DeliveryError(maybe_sent=False, reason=reason):
            await attempts.end(db, message.id, reason, now)
            _stuck(message, reason, now)
            surely_not_sent(message)
        case DeliveryError(reason=reason):
            message.trouble = reason
        case Wait(stuck=reason) if reason:
            _stuck(message, reason, now)
        case Wait(until=until):
            message.not_before = max(message.not_before, until)
        case End():
            pass


def _stuck(message: Message, reason: str, now: datetime) -> None:
    """Its time has come and it cannot go: whoever stands in is told once that has lasted (`fall_back`)."""
    message.trouble = reason
    if message.contact_id is not None:
        message.unheard_since = message.unheard_since or now


async def note_sent(db: AsyncSession, message: Message, ref: str, now: datetime) -> None:
    """Keep on a locked message that its provider has it, as `ref`."""
    message.provider_ref = message.provider_ref or ref
    reports = message.carrier in PLAYED | STATUSES.keys() and message.contact_id is not None
    message.unheard_since = now if reports else None
    arrived = message.channel == ChannelName.WEBHOOK  # who answered is who reads it
    state = MessageState.DELIVERED if arrived else MessageState.SENT
    await messages.advance(db, message, Delivery(state, ref), now)
    if message.carrier in PLAYED:
        await sending.promise_arrival(db, message, now)


def surely_not_sent(message: Message) -> None:
    """The next try need not ask; but a provider's own word, come meanwhile, is not taken back."""
    if message.state == MessageState.SENDING:
        message.state = MessageState.QUEUED


def said(outcome: Outcome) -> str:
    """An outcome in a word, for the log."""
    match outcome:
        case Sent(found=found):
            return "found" if found else "sent"
        case DeliveryError(reason=reason) | End(reason=reason):
            return reason
        case Wait():
            return "not yet"
