"""Staff's view of terminals, and the questions that a sick one opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.review import ReviewKind
from app.domain.terminal import Ailment, ailments
from app.models import Concentrator, Kiosk, KioskEvent
from app.models.kiosk import KioskState
from app.services.reviews import Question, open_review

_IN_USE = (KioskState.ACTIVE, KioskState.LOCKED)
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class KioskView:
    """A terminal as staff see it."""

    kiosk: Kiosk
    concentrator: str
    ailments: tuple[Ailment, ...]


async def list_kiosks(db: AsyncSession, now: datetime) -> list[KioskView]:
    """Every terminal, by name."""
    rows = (
        select(Kiosk, Concentrator.name)
        .where(Concentrator.id == Kiosk.concentrator_id)
        .order_by(col(Kiosk.name), col(Kiosk.id))
    )
    return [KioskView(kiosk, name, _ailments(kiosk, now)) for kiosk, name in await db.exec(rows)]


async def view_kiosk(db: AsyncSession, kiosk_id: UUID, now: datetime) -> KioskView | None:
    """One terminal; None if there is none."""
    kiosk = await db.get(Kiosk, kiosk_id)
    if kiosk is None:
        return None
    place = await db.get_one(Concentrator, kiosk.concentrator_id)
    return KioskView(kiosk, place.name, _ailments(kiosk, now))


async def latest_entries(db: AsyncSession, kiosk_id: UUID) -> Sequence[KioskEvent]:
    """The newest lines of a terminal's journal that have reached us."""
    rows = select(KioskEvent).where(KioskEvent.kiosk_id == kiosk_id).order_by(col(KioskEvent.entry).desc())
    return (await db.exec(rows.limit(_SHOWN))).all()


async def places(db: AsyncSession) -> list[tuple[UUID, str]]:
    """Where a terminal may stand: beside a concentrator."""
    rows = await db.exec(select(Concentrator.id, Concentrator.name).order_by(col(Concentrator.name)))
    return [(concentrator_id, name) for concentrator_id, name in rows]


async def find_sick(db: AsyncSession, now: datetime) -> int:
    """Open a question for each terminal in use that needs somebody; return how many are sick."""
    rows = select(Kiosk).where(col(Kiosk.state).in_(_IN_USE))
    sick = [(kiosk, found) for kiosk in await db.exec(rows) if (found := _ailments(kiosk, now))]
    for kiosk, found in sick:
        evidence = {"kiosk": kiosk.name, "ailments": ",".join(found)}
        await open_review(db, Question(ReviewKind.KIOSK_SICK, kiosk.id, evidence), now)
    return len(sick)


async def set_settings(db: AsyncSession, kiosk_id: UUID, wanted: dict[str, str | int | bool]) -> None:
    """Keep what staff set; the terminal takes it with its next beat."""
    kiosk = await db.get_one(Kiosk, kiosk_id, with_for_update=True)
    kiosk.settings = {**kiosk.settings, **wanted}


def _ailments(kiosk: Kiosk, now: datetime) -> tuple[Ailment, ...]:
    beat_s = kiosk.settings.get("beat_s")
    if kiosk.state not in _IN_USE:
        return ()
    return ailments(kiosk.health, kiosk.beat_at, beat_s if isinstance(beat_s, int) else 30, now)
