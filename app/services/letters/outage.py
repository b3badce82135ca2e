"""What an area is told of an outage, step by step, and the answer to somebody who is still out (SPEC N-6, M-8).

A message is held against the announcement at the moment it goes: what has been called off, or is over, is not told as
if it were ahead, and a time that has moved since is told as it is now.
"""

from dataclasses import replace

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.announcement import AnnouncementState
from app.domain.campaign import CampaignState
from app.domain.notice import MessageKind
from app.i18n import DEFAULT, Locale, locale_or_none
from app.models import Announcement, AnnouncementUpdate, Campaign, GridNode, Message, Meter, StillOut
from app.services.letters.facts import AnswerFacts, AskedMeter, Facts, OutageFacts
from app.services.letters.letter import Letter, Loader, of_meter, reader_of

_TOLD_WHILE = {
    MessageKind.OUTAGE_PLANNED: AnnouncementState.PUBLISHED,
    MessageKind.OUTAGE_NOW: AnnouncementState.PUBLISHED,
    MessageKind.OUTAGE_CHANGED: AnnouncementState.PUBLISHED,
    MessageKind.OUTAGE_RESTORED: AnnouncementState.RESTORED,
    MessageKind.OUTAGE_WITHDRAWN: AnnouncementState.WITHDRAWN,
}
_NO_METER = Facts("", None, None, None)


async def _outage(db: AsyncSession, message: Message) -> Letter:
    told = await db.get_one(Announcement, message.cause_id)
    locale = locale_or_none(message.locale) or DEFAULT
    meter = await db.get(Meter, message.meter_id) if message.meter_id else None
    facts = replace(of_meter(meter) if meter else _NO_METER, outage=await outage_facts(db, told, locale))
    holds = told.state == _TOLD_WHILE[MessageKind(message.kind)] and await _goes_on(db, message)
    return Letter(message, await reader_of(db, message), facts, holds)


async def outage_facts(db: AsyncSession, told: Announcement, locale: Locale) -> OutageFacts:
    """An announcement in one language, as it is now."""
    chinese = locale is Locale.ZH
    area = await db.get(GridNode, told.node_id) if told.node_id else None
    return OutageFacts(
        title=told.title_zh if chinese else told.title_en,
        text=told.text_zh if chinese else told.text_en,
        from_at=told.from_at,
        until_at=told.until_at,
        again=await _newest_words(db, told, locale),
        area=area.name if area else "",
    )


async def _newest_words(db: AsyncSession, told: Announcement, locale: Locale) -> str:
    rows = select(AnnouncementUpdate).where(AnnouncementUpdate.announcement_id == told.id)
    newest = (await db.exec(rows.order_by(col(AnnouncementUpdate.at).desc()).limit(1))).first()
    if newest is None:
        return ""
    return newest.text_zh if locale is Locale.ZH else newest.text_en


async def _goes_on(db: AsyncSession, message: Message) -> bool:
    """Has nobody stopped this step's telling? A contact that stands in is planned later than its slice."""
    campaign = await db.get(Campaign, message.campaign_id) if message.campaign_id else None
    return campaign is None or campaign.state != CampaignState.STOPPED


async def _still_out(db: AsyncSession, message: Message) -> Letter:
    said = await db.get_one(StillOut, message.cause_id)
    meter = await db.get_one(Meter, said.meter_id)
    told = await db.get_one(Announcement, said.announcement_id)
    area = await db.get(GridNode, told.node_id) if told.node_id else None
    asked = AskedMeter(meter.number, None, None)
    facts = replace(_NO_METER, meter_number=meter.number, answer=AnswerFacts((asked,), 0, area.name if area else ""))
    return Letter(message, await reader_of(db, message), facts, holds=True)


LOADERS: dict[MessageKind, Loader] = {**dict.fromkeys(_TOLD_WHILE, _outage), MessageKind.STILL_OUT_ANSWER: _still_out}
