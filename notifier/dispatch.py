"""Sends one message: a transaction, the wire, a transaction.

`sending` is committed before the provider hears of the message. Whoever finds it so knows that an earlier try may have
gone out, and asks the provider first, or follows the rule for those that cannot be asked.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Deps
from app.domain import notice, proving
from app.domain.notice import Delivery, MessageKind, MessageState
from app.models import Message
from app.models.account import ChannelName
from app.outbox import Taken
from app.services import letters, links, messages
from app.services.letters import Letter
from app.settings import Settings
from notifier import policy
from notifier.channels import Channels
from notifier.policy import Ask, End, Send, Standing, Wait
from notifier.ports import Askable, Channel, DeliveryError, Rendered
from notifier.render import Wording, render, spoken

log = logging.getLogger(__name__)

_WIRE_S = 30
_SEND = Send()


@dataclass(frozen=True, slots=True)
class Errand:
    """A message to be carried. `asked_since`: an earlier try began then; ask for it, else do `absent`."""

    note: Taken
    channel: Channel
    rendered: Rendered
    asked_since: datetime | None = None
    absent: Send | Wait | End = _SEND


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it."""

    ref: str


Outcome = Sent | DeliveryError | Wait | End


async def prepare(db: AsyncSession, note_id: int, deps: Deps, channels: Channels) -> Errand | None:
    """Take the note, look whether the message may still go out, and mark it as being sent."""
    note = await outbox.take(db, note_id, deps.now(), deps.name)
    if note is None:
        return None
    letter = await letters.load(db, note.subject_id)
    channel = channels[ChannelName(letter.message.channel)]
    step = policy.next_step(_standing(letter), deps.now(), askable=isinstance(channel, Askable))
    if isinstance(step, End | Wait):
        await _conclude_note(db, note, step, deps.now())
        await _record(db, letter.message, step, deps.now())
        return None
    since = letter.message.attempted_at
    letter.message.carrier = channel.name
    key = deps.settings.session_secret.get_secret_value()
    if letter.facts.link is not None and key:
        await links.make_link(db, letter.facts.link, key, deps.now())
    rendered = _render(letter, deps.settings, anew=not isinstance(step, Ask))
    if isinstance(step, Ask):
        return Errand(note, channel, rendered, since, step.otherwise)
    letter.message.state, letter.message.attempted_at = MessageState.SENDING, deps.now()
    return Errand(note, channel, rendered)


def _standing(letter: Letter) -> Standing:
    message = letter.message
    return Standing(
        kind=MessageKind(message.kind),
        state=MessageState(message.state),
        not_before=message.not_before,
        expires_at=message.expires_at,
        holds=letter.holds,
        stopped=letter.stopped,
    )


def _render(letter: Letter, settings: Settings, *, anew: bool) -> Rendered:
    """Put the message into words; a message that may have gone out keeps the words it went out with.

    The digits of a code and the secret of a link are not kept, so they are put in once more: they are the same each
    time. A warning that was tried before may so bear a younger figure than the try that was lost.
    """
    message = letter.message
    channel = ChannelName(message.channel)
    title, body = message.title, message.body
    if anew or letter.facts.proof_id is not None or letter.facts.link is not None:
        wording = Wording(MessageKind(message.kind), spoken(message.locale), channel)
        words = render(wording, letter.facts, settings)
        title, body = words.title, words.body
        message.title, message.body = words.title, words.kept
    return Rendered(
        message_id=message.id,
        channel=channel,
        recipient=letter.recipient,
        title=title,
        body=body,
        status_url=f"{settings.public_url}/hooks/messages/{message.carrier or '-'}/{message.id}",
        kind=message.kind,
        locale=message.locale,
        contact_id=message.contact_id,
        stop_url=_stop_url(message, settings),
        settings_url=f"{settings.public_url}/my",
    )


def _stop_url(message: Message, settings: Settings) -> str:
    """Where one click ends reminders; empty for what was paid or asked for."""
    key = settings.session_secret.get_secret_value()
    if not key or not notice.stops(MessageKind(message.kind)):
        return ""
    return f"{settings.public_url}/u/{message.id}/{proving.stop_word(key, message.id)}"


async def carry(errand: Errand) -> Outcome:
    """Speak to the provider; no transaction is open. Whatever goes wrong is an outcome."""
    try:
        async with asyncio.timeout(_WIRE_S):
            if errand.asked_since is not None and isinstance(errand.channel, Askable):
                ref = await _find(errand.channel, errand.rendered, errand.asked_since)
                if ref is not None:
                    return Sent(ref)
                if not isinstance(errand.absent, Send):
                    return errand.absent
            return Sent(await errand.channel.send(errand.rendered))
    except DeliveryError as error:
        return error
    except TimeoutError:
        return DeliveryError("no_answer", maybe_sent=True)
    except Exception as error:  # a channel's own defect must not lose the message
        log.exception("channel %s failed on message %s", errand.channel.name, errand.rendered.message_id)
        return DeliveryError(type(error).__name__, maybe_sent=True)


async def _find(channel: Askable, rendered: Rendered, since: datetime) -> str | None:
    try:
        return await channel.find(rendered, since)
    except DeliveryError as error:  # not asked is not answered: the earlier try is as open as before
        raise DeliveryError(error.reason, maybe_sent=True) from None


async def conclude(db: AsyncSession, errand: Errand, outcome: Outcome, now: datetime) -> None:
    """Record what the provider said, unless the note is in other hands by now."""
    if not await _conclude_note(db, errand.note, outcome, now):
        return
    message = await db.get_one(Message, errand.rendered.message_id, with_for_update=True)
    log.info("message %s %s by %s: %s", message.id, message.kind, errand.channel.name, _said(outcome))
    await _record(db, message, outcome, now)


async def _conclude_note(db: AsyncSession, note: Taken, outcome: Outcome, now: datetime) -> bool:
    match outcome:
        case Wait(until=until):
            return await outbox.put_back(db, note, until, "not yet")
        case DeliveryError(permanent=False, reason=reason):
            return await outbox.postpone(db, note, now + policy.back_off(note.attempts), reason)
        case _:
            return await outbox.keep(db, note, now)


async def _record(db: AsyncSession, message: Message, outcome: Outcome, now: datetime) -> None:
    match outcome:
        case Sent(ref=ref):
            message.provider_ref = message.provider_ref or ref
            await messages.advance(db, message, Delivery(MessageState.SENT, ref), now)
        case End(state=MessageState() as state, reason=reason):
            await messages.advance(db, message, Delivery(state, reason=reason), now)
        case DeliveryError(permanent=True) as error:
            word = Delivery(MessageState.FAILED, reason=error.reason, stop=error.stop)
            await messages.advance(db, message, word, now)
        case DeliveryError(maybe_sent=maybe_sent, reason=reason):
            message.trouble = reason
            if not maybe_sent:
                _surely_not_sent(message)
        case Wait():
            _surely_not_sent(message)


def _surely_not_sent(message: Message) -> None:
    """The next try need not ask; but a provider's own word, come meanwhile, is not taken back."""
    if message.state == MessageState.SENDING:
        message.state = MessageState.QUEUED


def _said(outcome: Outcome) -> str:
    match outcome:
        case Sent():
            return "sent"
        case DeliveryError(reason=reason):
            return reason
        case End(reason=reason):
            return reason
        case Wait():
            return "not yet"
