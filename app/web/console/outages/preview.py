"""What people will read, before it is told: an SMS in each language with its parts, and the words of the pages."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.outage_notice import first_news
from app.domain.rules import TemplateRules
from app.i18n import Locale
from app.models.account import ChannelName
from app.services.announcements import Draft
from app.services.letters.facts import Facts, OutageFacts
from app.services.rulebook import rules
from app.services.templates import in_use
from app.services.wording import Source, Wording, render
from app.services.wording.cost import cost_of
from app.settings import Settings

_SAMPLE_METER = "201000000014"


@dataclass(frozen=True, slots=True)
class Preview:
    """The notice in one language. `sms` empty: contacts are not told. `cost_e4`: of one SMS."""

    locale: Locale
    title: str
    text: str
    sms: str
    segments: int
    cost_e4: int


async def previews(db: AsyncSession, draft: Draft, area: str, settings: Settings, now: datetime) -> tuple[Preview, ...]:
    """What is read in each language."""
    return tuple([await _preview(db, draft, area, settings, (locale, now)) for locale in Locale])


async def _preview(
    db: AsyncSession, draft: Draft, area: str, settings: Settings, reader: tuple[Locale, datetime]
) -> Preview:
    locale, now = reader
    words, chinese = draft.words, locale is Locale.ZH
    title, text = (words.title_zh, words.text_zh) if chinese else (words.title_en, words.text_en)
    kind = first_news(draft.kind, draft.from_at, now)
    if kind is None:
        return Preview(locale, title, text, "", 0, 0)
    told = OutageFacts(title, text, draft.from_at, draft.until_at, area=area)
    wording = Wording(kind, locale, ChannelName.SMS)
    version = await in_use(db, wording)
    source = Source(version.title, version.body) if version else None
    sms = render(wording, Facts(_SAMPLE_METER, None, None, None, outage=told), settings, source).kept
    cost = cost_of(ChannelName.SMS, sms, await rules(db, TemplateRules))
    return Preview(locale, title, text, sms, cost.segments, cost.cost_e4)
