"""What a bulk send says: free words are checked, shown as each reader would get them, and priced (SPEC N-4, N-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from jinja2 import TemplateError
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.domain.rules import TemplateRules
from app.i18n import Locale
from app.models import Account, Campaign, CampaignItem, Contact, Meter, TemplateVersion
from app.models.account import ChannelName
from app.services import templates
from app.services.letters import Facts
from app.services.letters.facts import ReminderFacts
from app.services.letters.letter import of_meter
from app.services.rulebook import rules
from app.services.wording import Source, Wording, render, spoken
from app.services.wording.check import Fault, Finding, check_free
from app.services.wording.cost import Cost, cost_of
from app.services.wording.samples import full
from app.settings import Settings

LONGEST_FREE = 2000
LONGEST_TITLE = 120


def check_texts(texts: Mapping[str, str], limits: TemplateRules, settings: Settings) -> tuple[Finding, ...]:
    """What is wrong with free words, each at its field ("zh", "en.title" ...); nothing where they may be sent."""
    found: list[Finding] = []
    for locale in Locale:
        text = texts.get(locale.value, "")
        if not text:
            continue
        faults = check_free(text, most=LONGEST_FREE)
        found += [replace(fault, field=locale.value) for fault in faults if fault.grave]
        if not faults:
            found += _too_dear(locale, text, limits, settings)
        if len(texts.get(f"{locale}.title", "")) > LONGEST_TITLE:
            found.append(Finding(f"{locale}.title", Fault.TOO_LONG, count=len(texts[f"{locale}.title"])))
    return tuple(found)


def _too_dear(locale: Locale, text: str, limits: TemplateRules, settings: Settings) -> list[Finding]:
    wording = Wording(MessageKind.REMINDER, locale, ChannelName.SMS)
    facts = replace(full(MessageKind.REMINDER, locale), reminder=ReminderFacts("", text))
    try:
        cost = cost_of(ChannelName.SMS, render(wording, facts, settings).body, limits)
    except TemplateError as error:
        return [Finding(locale.value, Fault.SYNTAX, name=error.message or "")]
    if cost.segments <= limits.most_segments:
        return []
    return [Finding(locale.value, Fault.TOO_MANY_SEGMENTS, count=cost.segments)]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as one reader would get it."""

    locale: Locale
    channel: ChannelName
    title: str
    body: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class Part:
    """So many messages of one language and medium, and what they come to. `cost_e4`: ten-thousandths of a unit."""

    locale: Locale
    channel: ChannelName
    count: int
    cost_e4: int


MEDIA = (ChannelName.SMS, ChannelName.VOICE, ChannelName.EMAIL, ChannelName.WECHAT, ChannelName.INBOX)


async def preview(db: AsyncSession, row: Campaign, meter_id: UUID | None, settings: Settings) -> list[Shown]:
    """The words over every medium and in both languages, about a real account; None: about nobody's."""
    limits = await rules(db, TemplateRules)
    shown = []
    for locale in Locale:
        facts = await _facts(db, row, meter_id, locale)
        for channel in MEDIA:
            shown.append(await _show(db, Wording(MessageKind.REMINDER, locale, channel), facts, settings, limits))
    return shown


async def _facts(db: AsyncSession, row: Campaign, meter_id: UUID | None, locale: Locale) -> Facts:
    said = ReminderFacts(row.texts.get(f"{locale}.title", ""), row.texts.get(locale.value, ""))
    sample = full(MessageKind.REMINDER, locale)
    if meter_id is None:
        return replace(sample, reminder=said)
    meter = await db.get_one(Meter, meter_id)
    account = await db.get_one(Account, meter.account_id)
    return replace(of_meter(meter), arrears_minor=account.arrears_minor, link=sample.link, reminder=said)


async def _show(db: AsyncSession, wording: Wording, facts: Facts, settings: Settings, limits: TemplateRules) -> Shown:
    version = await templates.in_use(db, wording)
    words = render(wording, facts, settings, _source(version))
    return Shown(wording.locale, wording.channel, words.title, words.kept, cost_of(wording.channel, words.body, limits))


def _source(version: TemplateVersion | None) -> Source | None:
    return Source(version.title, version.body) if version else None


async def estimate(db: AsyncSession, row: Campaign, settings: Settings) -> list[Part]:
    """How many messages of each medium and language there will be at most, and what they will cost about.

    Contacts that stand in, and those who stopped, are not counted; a price is that of the message to one account.
    """
    first = select(CampaignItem.meter_id).where(CampaignItem.campaign_id == row.id).order_by(col(CampaignItem.place))
    meter_id = (await db.exec(first.limit(1))).first()
    prices = {(each.locale, each.channel): each.cost.cost_e4 for each in await preview(db, row, meter_id, settings)}
    counted: dict[tuple[Locale, ChannelName], int] = {}
    for channel, locale, count in [*await _contacts(db, row.id), *await _addresses(db, row.id)]:
        way = spoken(locale), ChannelName(channel)
        counted[way] = counted.get(way, 0) + count
    return [Part(*way, count, count * prices.get(way, 0)) for way, count in sorted(counted.items())]


async def _contacts(db: AsyncSession, campaign_id: UUID) -> list[tuple[str, str, int]]:
    wanted = select(Contact.channel, Contact.locale, func.count()).select_from(CampaignItem)
    wanted = wanted.join(Meter, col(Meter.id) == col(CampaignItem.meter_id))
    wanted = wanted.join(Contact, col(Contact.account_id) == col(Meter.account_id))
    wanted = wanted.where(CampaignItem.campaign_id == campaign_id, col(CampaignItem.address).is_(None))
    wanted = wanted.where(col(Contact.stopped_at).is_(None), col(Contact.stands_in_for_id).is_(None))
    return list((await db.exec(wanted.group_by(Contact.channel, Contact.locale))).all())


async def _addresses(db: AsyncSession, campaign_id: UUID) -> list[tuple[str, str, int]]:
    channel, locale = col(CampaignItem.channel), col(CampaignItem.locale)
    wanted = select(channel, locale, func.count()).where(CampaignItem.campaign_id == campaign_id)
    found = await db.exec(wanted.where(col(CampaignItem.address).is_not(None)).group_by(channel, locale))
    return [(channel or "", locale or "", count) for channel, locale, count in found]
