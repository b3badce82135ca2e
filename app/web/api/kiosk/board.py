"""Notices for the people at a metering box."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Concentrator, Kiosk
from app.services.announcements import NoticeView, shown_at
from app.web.api.kiosk.shapes import Plain, plain


async def notices(db: AsyncSession, kiosk: Kiosk, now: datetime) -> list[Plain]:
    """What is announced for the place of a terminal, as it is put on its screen."""
    place = await db.get_one(Concentrator, kiosk.concentrator_id)
    return [_told(each) for each in await shown_at(db, place.node_id, now)]


def _told(notice: NoticeView) -> Plain:
    return {
        "id": str(notice.id),
        "kind": notice.kind.value,
        "state": notice.phase.value,
        "here": notice.in_force,
        "area": notice.area,
        "from_at": plain(notice.from_at),
        "until_at": plain(notice.until_at),
        "title_zh": notice.words.title_zh,
        "title_en": notice.words.title_en,
        "text_zh": _latest(notice, "text_zh") or notice.words.text_zh,
        "text_en": _latest(notice, "text_en") or notice.words.text_en,
    }


def _latest(notice: NoticeView, field: str) -> str:
    """What was told last of it, if a revision said something."""
    return next((text for update in notice.updates if (text := getattr(update, field))), "")
