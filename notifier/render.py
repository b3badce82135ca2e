"""Puts a letter into words at the moment it goes out, in the version of its template that is in use then.

A version that fails is no reason to lose a message: the words that ship speak for it, and staff are asked to look.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from jinja2 import TemplateError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.domain.review import ReviewKind
from app.domain.rules import TemplateRules
from app.models import TemplateVersion
from app.models.account import ChannelName
from app.services import templates
from app.services.letters import Letter
from app.services.letters.facts import ReminderFacts
from app.services.reviews import Question, open_review
from app.services.rulebook import rules
from app.services.wording import Source, Wording, Words, pay_word, render, spoken
from app.services.wording.cost import cost_of
from app.settings import Settings

__all__ = ["Said", "Wording", "Words", "pay_word", "put_into_words", "render", "spoken"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """The words of one message, and the codes under which providers know the template they are of."""

    words: Words
    provider_codes: dict[str, str | list[str]] = field(default_factory=dict)


async def put_into_words(db: AsyncSession, letter: Letter, settings: Settings, now: datetime) -> Said:
    """Render a letter and note on its message what it says: words, version, parts and cost."""
    message = letter.message
    wording = Wording(MessageKind(message.kind), spoken(message.locale), ChannelName(message.channel))
    version = await templates.speaking(db, wording)
    words = _words(letter, wording, version, settings) if version else None
    if version is not None and words is None:
        await _ask_staff(db, wording, version, now)
    if words is None:
        version, words = None, _shipped(letter, wording, settings)
    cost = cost_of(wording.channel, words.body, await rules(db, TemplateRules))
    message.title, message.body = words.title, words.kept
    message.template_id = version.id if version else None
    message.segments, message.cost_e4 = cost.segments, cost.cost_e4
    return Said(words, dict(version.provider_codes) if version else {})


def _words(letter: Letter, wording: Wording, version: TemplateVersion, settings: Settings) -> Words | None:
    try:
        return render(wording, letter.facts, settings, Source(version.title, version.body))
    except TemplateError as error:
        log.warning("template %s, version %s: %s", wording.name, version.number, error.message)
        return None


def _shipped(letter: Letter, wording: Wording, settings: Settings) -> Words:
    """Free words that speak of what is not known of this reader give way to those of the kind."""
    try:
        return render(wording, letter.facts, settings)
    except TemplateError as error:
        if letter.facts.reminder is None:
            raise
        log.warning("free words of message %s: %s", letter.message.id, error.message)
        return render(wording, replace(letter.facts, reminder=ReminderFacts()), settings)


async def _ask_staff(db: AsyncSession, wording: Wording, version: TemplateVersion, now: datetime) -> None:
    """One question a version, however many messages meet it."""
    evidence: dict[str, str | int | None] = {"template": wording.name, "template_version": version.number}
    await open_review(db, Question(ReviewKind.TEMPLATE_BROKEN, version.id, evidence), now)
