"""Sends messages, some at a time: a transaction, the wire, a transaction.

`sending` and the attempt are committed before the provider hears of the message. Whoever finds it so knows that an
earlier try may have gone out, and asks the provider first, or follows the rule for those that cannot be asked.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import armful, outbox
from app.context import Deps
from app.domain.notice import Delivery, MessageState
from app.domain.sending import Passage
from app.models import Message
from app.models.account import ChannelName
from app.outbox import Taken
from app.services import attempts, letters, messages, sending
from app.services.letters import Letter
from notifier import policy, sharing
from notifier.channels import Channels
from notifier.envelope import envelope, words_of
from notifier.outcomes import Absent, Outcome, Sent, conclude_note, note_sent, record, said, surely_not_sent
from notifier.policy import Ask, End, Send, Standing, Wait
from notifier.ports import Askable, Channel, DeliveryError, Rendered
from notifier.scripted import inside, within
from notifier.sharing import Nobody, Pick
from notifier.standing import standing_of
from notifier.surroundings import Surroundings, look_around

log = logging.getLogger(__name__)

_WIRE_S = 30
_MOMENT = timedelta(seconds=1)
_SEND = Send()


@dataclass(frozen=True, slots=True)
class Errand:
    """A message to be carried. `asked_since`: an earlier try began then; ask for it, else do `absent`.

    `others`: where this provider will not take it, another may.
    """

    note: Taken
    channel: Channel
    rendered: Rendered
    asked_since: datetime | None = None
    absent: Send | Wait | End = _SEND
    others: bool = False


@dataclass(frozen=True, slots=True)
class _Taken:
    """A note in our hands, with its letter, and what lies around it."""

    note: Taken
    letter: Letter
    around: Surroundings


@dataclass(frozen=True, slots=True)
class _Held:
    """A note in our hands, with its letter, and whether that may leave the house."""

    note: Taken
    letter: Letter
    deps: Deps
    passage: Passage


async def prepare(db: AsyncSession, notes: Sequence[Taken], deps: Deps, channels: Channels) -> list[Errand]:
    """Look whether the messages of notes in our hands may still go out, and write their tries down."""
    found = await letters.load_many(db, [note.subject_id for note in notes])
    around = await look_around(db, found.values(), deps.now())
    errands = []
    for note in notes:
        letter = found.get(note.subject_id)
        if letter is None:  # somebody is changing it this very moment
            await outbox.put_back(db, note, deps.now() + _MOMENT, "its message is being changed")
        elif errand := await _prepare(db, _Taken(note, letter, around), deps, channels):
            errands.append(errand)
    return errands


async def _prepare(db: AsyncSession, taken: _Taken, deps: Deps, channels: Channels) -> Errand | None:
    note, letter = taken.note, taken.letter
    zone = ZoneInfo(deps.settings.timezone)
    standing = await standing_of(db, letter, taken.around, zone, deps.now())
    if letter.message.channel == ChannelName.INBOX:
        await _lay_down(db, note, letter, standing, deps)
        return None
    passage = await sending.passage(db, letter.message, letter.recipient, zone, deps.now())
    picked = inside(passage) or await sharing.pick(db, channels, letter.message, deps.now())
    step = within(_step(standing, picked, deps.now()), passage)
    if isinstance(picked, Nobody) or isinstance(step, End | Wait):
        await _leave(db, note, letter.message, step, deps.now())
        return None
    return await _errand(db, _Held(note, letter, deps, passage), picked, step)


def _step(standing: Standing, picked: Pick | Nobody, now: datetime) -> policy.Step:
    """What is to be done; a message that nobody carries waits for a provider to be switched on, or has failed."""
    if isinstance(picked, Pick):
        return policy.next_step(standing, now, askable=isinstance(picked.channel, Askable))
    step = policy.next_step(standing, now, askable=True)
    if isinstance(step, End | Wait):
        return step
    return Wait(picked.until, picked.reason) if picked.until else End(MessageState.FAILED, picked.reason)


async def _errand(db: AsyncSession, held: _Held, picked: Pick, step: Send | Ask) -> Errand:
    message, deps = held.letter.message, held.deps
    if isinstance(step, Ask):
        rendered = await envelope(db, held.letter, deps, anew=False)
        return Errand(held.note, picked.channel, rendered, message.attempted_at, step.otherwise, picked.others)
    await attempts.begin(db, message, picked.channel.name, deps.now())
    message.state = MessageState.SENDING
    await sending.mark(db, message, held.passage, deps.now())
    return Errand(held.note, picked.channel, await envelope(db, held.letter, deps, anew=True), others=picked.others)


async def _lay_down(db: AsyncSession, note: Taken, letter: Letter, standing: Standing, deps: Deps) -> None:
    """What lies in the inbox goes over no wire: once it is in words, it has arrived."""
    step = policy.next_step(standing, deps.now(), askable=False)
    if isinstance(step, End | Wait):
        await _leave(db, note, letter.message, step, deps.now())
    elif await outbox.keep(db, note, deps.now()):
        await words_of(db, letter, deps)
        await messages.advance(db, letter.message, Delivery(MessageState.DELIVERED), deps.now())


async def _leave(db: AsyncSession, note: Taken, message: Message, step: policy.Step, now: datetime) -> None:
    if isinstance(step, End | Wait) and await conclude_note(db, note, step, now):
        await record(db, message, step, now)


async def carry(errand: Errand) -> Outcome | Absent:
    """Speak to the provider; no transaction is open. Whatever goes wrong is an outcome."""
    try:
        async with asyncio.timeout(_WIRE_S):
            if errand.asked_since is not None and isinstance(errand.channel, Askable):
                ref = await _find(errand.channel, errand.rendered, errand.asked_since)
                return Absent() if ref is None else Sent(ref, found=True)
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


async def conclude_sent(db: AsyncSession, sent: Sequence[tuple[Errand, Sent]], now: datetime) -> None:
    """Record what providers took at once, unless a note is in other hands by now."""
    kept = await armful.keep(db, [errand.note for errand, _ in sent], now)
    ours = {errand.rendered.message_id: (errand, word) for errand, word in sent if errand.note.note_id in kept}
    await attempts.end_sent(db, {message_id: word.ref for message_id, (_, word) in ours.items()}, now)
    rows = select(Message).where(col(Message.id).in_(ours)).order_by(col(Message.id)).with_for_update()
    for message in (await db.exec(rows)).all():
        errand, word = ours[message.id]
        log.info("message %s %s by %s: sent", message.id, message.kind, errand.channel.name)
        await note_sent(db, message, word.ref, now)


async def conclude(db: AsyncSession, errand: Errand, outcome: Outcome | Absent, now: datetime) -> Errand | None:
    """Record what the provider said, unless the note is in other hands by now; return what is to be carried next.

    That is the message itself, where its provider was asked and has not got it: a new try, written down as any other.
    """
    if isinstance(outcome, Absent):
        return await _after_absent(db, errand, now)
    outcome = _or_elsewhere(outcome, errand)
    if not await conclude_note(db, errand.note, outcome, now):
        return None
    if isinstance(outcome, DeliveryError):
        await sharing.note(db, errand.channel, errand.rendered.channel, outcome, now)
    message = await db.get_one(Message, errand.rendered.message_id, with_for_update=True)
    log.info("message %s %s by %s: %s", message.id, message.kind, errand.channel.name, said(outcome))
    await record(db, message, outcome, now)
    return None


async def _after_absent(db: AsyncSession, errand: Errand, now: datetime) -> Errand | None:
    if not await outbox.holds(db, errand.note):
        return None
    message = await db.get_one(Message, errand.rendered.message_id, with_for_update=True)
    if message.state != MessageState.SENDING:  # the provider's own word came first: there was a try after all
        await outbox.keep(db, errand.note, now)
        return None
    await attempts.end(db, message.id, attempts.ABSENT, now)
    if isinstance(errand.absent, Send):
        await attempts.begin(db, message, errand.channel.name, now)
        return replace(errand, asked_since=None)
    surely_not_sent(message)
    await _leave(db, errand.note, message, errand.absent, now)
    return None


def _or_elsewhere(outcome: Outcome, errand: Errand) -> Outcome:
    """What one provider will never take is not lost while there is another that may."""
    if isinstance(outcome, DeliveryError) and outcome.elsewhere and errand.others:
        return DeliveryError(outcome.reason, stop=outcome.stop, scope=outcome.scope)
    return outcome
