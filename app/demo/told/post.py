"""Messages that might have been: each with its tries, the provider's words, and what they cost."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.told.home import write
from app.domain.notice import IMPORTANCE, MANNERS, MessageKind, MessageState, dedupe_key
from app.domain.rules import TemplateRules
from app.models import Contact, Message, MessageAttempt, MessageEvent
from app.models.account import ChannelName
from app.services.wording.cost import cost_of

CARRIER = "rehearsal"
_TAKEN = timedelta(seconds=1)
_ARRIVED = timedelta(seconds=5)
_AGAIN = timedelta(minutes=20)
_PRICES = TemplateRules()


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about: its cause, and when it is planned and goes out."""

    kind: MessageKind
    cause_id: UUID
    meter_id: UUID | None
    planned_at: datetime
    goes_at: datetime
    reading_id: UUID | None = None


@dataclass(slots=True)
class Post:
    """What is written in the end, in three statements."""

    messages: list[Message] = field(default_factory=list)
    tries: list[MessageAttempt] = field(default_factory=list)
    words: list[MessageEvent] = field(default_factory=list)

    def delivered(self, message: Message) -> Message:
        """It was taken at the first try, and arrived."""
        at = message.not_before
        message.state, message.sent_at, message.delivered_at = MessageState.DELIVERED, at + _TAKEN, at + _ARRIVED
        self._try(message, 1, at, "sent")
        self.words.append(MessageEvent(message_id=message.id, state=MessageState.DELIVERED, at=at + _ARRIVED))
        return self._keep(message)

    def failed(self, message: Message) -> Message:
        """The provider knows no such number."""
        message.state, message.trouble = MessageState.FAILED, "bad_recipient"
        self._try(message, 1, message.not_before, "bad_recipient")
        return self._keep(message)

    def unknown(self, message: Message) -> Message:
        """The answer was lost, and what nobody asked for is not sent twice."""
        message.state, message.trouble = MessageState.UNKNOWN, "answer_lost"
        self._try(message, 1, message.not_before, "")
        return self._keep(message)

    def dropped(self, message: Message, tries: int = 3) -> Message:
        """The provider was down, and by the time it was back there was nothing to warn of."""
        message.state, message.trouble = MessageState.DROPPED, "no_longer_true"
        for number in range(tries):
            self._try(message, number + 1, message.not_before + number * _AGAIN, "provider_down")
        return self._keep(message)

    def replaced(self, message: Message, by: Message) -> Message:
        """The provider was down until a graver one took its place."""
        message.state, message.replaced_by_id = MessageState.REPLACED, by.id
        self._try(message, 1, message.not_before, "provider_down")
        self.words.append(MessageEvent(message_id=message.id, state=MessageState.REPLACED, at=by.created_at))
        return self._keep(message)

    def laid_down(self, message: Message, read_at: datetime | None) -> Message:
        """It lies in the inbox."""
        message.state, message.read_at = MessageState.DELIVERED, read_at
        message.sent_at = message.delivered_at = message.not_before
        return self._keep(message)

    def _keep(self, message: Message) -> Message:
        self.messages.append(message)
        return message

    def _try(self, message: Message, number: int, at: datetime, outcome: str) -> None:
        message.attempted_at, message.carrier = at, CARRIER
        ended = at + _TAKEN if outcome else None
        ref = f"{CARRIER}-{message.id}" if outcome == "sent" else None
        message.provider_ref = ref
        row = MessageAttempt(message_id=message.id, number=number, carrier=CARRIER, began_at=at, outcome=outcome)
        row.ended_at, row.provider_ref = ended, ref
        self.tries.append(row)

    async def send(self, db: AsyncSession) -> None:
        """Write it all. What points at another message comes after it."""
        points = [bool(m.stands_in_for_id or m.replaced_by_id) for m in self.messages]
        first = [m for m, later in zip(self.messages, points, strict=True) if not later]
        await write(db, Message, [*first, *(m for m, later in zip(self.messages, points, strict=True) if later)])
        await write(db, MessageAttempt, self.tries)
        await write(db, MessageEvent, self.words)


def to_contact(about: About, contact: Contact, body: str) -> Message:
    """A message to a contact, not sent yet."""
    message = _message(about, ChannelName(contact.channel), contact.locale, body, str(contact.id))
    message.contact_id = contact.id
    return message


def to_address(about: About, address: str, locale: str, body: str) -> Message:
    """A text to a number that is nobody's contact, or that wrote to us."""
    message = _message(about, ChannelName.SMS, locale, body, address)
    message.address = address
    return message


def to_inbox(about: About, account_id: UUID, locale: str, body: str) -> Message:
    """What lies on an account's pages."""
    message = _message(about, ChannelName.INBOX, locale, body, str(account_id))
    message.account_id = account_id
    return message


def _message(about: About, channel: ChannelName, locale: str, body: str, reader: str) -> Message:
    cost = cost_of(channel, body, _PRICES)
    return Message(
        id=uuid4(),
        kind=about.kind,
        cause_id=about.cause_id,
        meter_id=about.meter_id,
        reading_id=about.reading_id,
        dedupe_key=dedupe_key(about.kind, str(about.cause_id), reader),
        channel=channel,
        locale=locale,
        created_at=about.planned_at,
        not_before=about.goes_at,
        expires_at=about.goes_at + MANNERS[about.kind].lasts,
        body=body,
        importance=IMPORTANCE[about.kind],
        segments=cost.segments or None,
        cost_e4=cost.cost_e4,
    )
