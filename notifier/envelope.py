"""Puts a message into the form in which its provider takes it: words, reader, and the addresses that go with it."""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.domain import notice, proving
from app.domain.notice import MessageKind
from app.models import Message
from app.models.account import ChannelName
from app.services import links
from app.services.letters import Letter
from app.services.wording import as_sent
from app.settings import Settings
from notifier.ports import Rendered, sender_for
from notifier.render import Said, put_into_words


async def words_of(db: AsyncSession, letter: Letter, deps: Deps) -> Said:
    """Put a letter into words, with the pay link that they may name."""
    key = deps.settings.session_secret.get_secret_value()
    if letter.facts.link is not None and key:
        await links.make_link(db, letter.facts.link, key, deps.now())
    return await put_into_words(db, letter, deps.settings, deps.now())


async def envelope(db: AsyncSession, letter: Letter, deps: Deps, *, anew: bool) -> Rendered:
    """Render a message; one that may have gone out keeps the words it went out with, for it is looked for by them.

    The digits of a code and the secret of a link are not kept, so they are put in once more: they are the same each
    time.
    """
    message, settings = letter.message, deps.settings
    before = message.title, message.body
    said = await words_of(db, letter, deps)
    if not anew and before[1]:
        said = _as_before(letter, said, before, settings)
    return Rendered(
        message_id=message.id,
        channel=ChannelName(message.channel),
        recipient=letter.recipient,
        title=said.words.title,
        body=said.words.body,
        status_url=f"{settings.public_url}/hooks/messages/{message.carrier or '-'}/{message.id}",
        sender=sender_for(message.importance),
        importance=message.importance,
        kind=message.kind,
        locale=message.locale,
        contact_id=message.contact_id,
        stop_url=_stop_url(message, settings),
        settings_url=f"{settings.public_url}/my",
        provider_codes=said.provider_codes,
        variables=said.words.variables,
    )


def _as_before(letter: Letter, said: Said, before: tuple[str, str], settings: Settings) -> Said:
    """The words that went out; a provider that knows them as a template needs its code and variables all the same."""
    message = letter.message
    message.title, message.body = before
    body = as_sent(message.body, letter.facts, settings)
    return replace(said, words=replace(said.words, title=message.title, body=body, kept=message.body))


def _stop_url(message: Message, settings: Settings) -> str:
    """Where one click ends reminders; empty for what was paid or asked for."""
    key = settings.session_secret.get_secret_value()
    if not key or not notice.stops(MessageKind(message.kind)):
        return ""
    return f"{settings.public_url}/u/{message.id}/{proving.stop_word(key, message.id)}"
