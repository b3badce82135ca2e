"""Finds homes without light for want of money, sees to it that somebody looks, and says how it ended (SPEC M-13)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.announcement import LAPSES_AFTER, OUTAGES, AnnouncementState
from app.domain.disconnection import BY_STAFF, Home, Outcome, begins, ends
from app.domain.notice import MessageKind
from app.domain.purchase import ON_ITS_WAY
from app.domain.relay import Supply
from app.domain.review import ReviewKind
from app.domain.rules import DisconnectionRules
from app.models import Announcement, Audit, Disconnection, Meter, Review
from app.services import plans, rulebook
from app.services.plans import News
from app.services.reviews import Question, open_review

_MOST = 500


class DisconnectionError(ValueError):
    """What is wrong with a word about an incident. `code`: outcome, remark_missing, over."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Walked:
    """What a round did."""

    opened: int = 0
    ended: int = 0
    flagged: int = 0


_ABOUT = """
    meter.id, meter.balance_minor, meter.balance_read_at, meter.spent_since, meter.supply, meter.supply_read_at,
    (select max(credited_at) from purchase where purchase.meter_id = meter.id) as credited_at,
    exists (select from purchase where purchase.meter_id = meter.id and purchase.state = any(cast(:coming as text[])))
        as money_coming,
    exists (select from concentrator join grid_node on grid_node.id = concentrator.node_id
            where concentrator.id = meter.concentrator_id
              and (:dark_everywhere or string_to_array(grid_node.path, '/') && cast(:dark as text[]))) as outage
"""
_NEW = text(
    f"""
    select {_ABOUT} from meter
    where meter.spent_since is not null and meter.spent_since <= :now
      and meter.supply <> 'keep_power'
      and not (meter.supply = 'on' and meter.supply_read_at is not null and meter.supply_read_at >= meter.spent_since)
      and not exists (select from disconnection d where d.meter_id = meter.id
                      and (d.ended_at is null or d.began_at >= meter.spent_since))
    order by meter.spent_since limit :most
    """  # noqa: S608  (fixed words)
)
_OVER = text(
    f"""
    select disconnection.id as incident_id, disconnection.began_at, {_ABOUT}
    from disconnection join meter on meter.id = disconnection.meter_id
    where disconnection.ended_at is null
      and (meter.spent_since is null or meter.supply = 'keep_power'
           or (meter.supply = 'on' and meter.supply_read_at >= meter.spent_since))
    order by disconnection.began_at limit :most for update of disconnection
    """  # noqa: S608  (fixed words)
)


async def walk(db: AsyncSession, now: datetime) -> Walked:
    """End what is over, open what began, flag what lasts. May run twice at once: each effect has its constraint."""
    about = await _about(db, now)
    ended = [await _end_alone(db, row, now) for row in (await db.execute(_OVER, about)).all()]
    opened = [await _open(db, row) for row in (await db.execute(_NEW, about)).all()]
    return Walked(sum(opened), sum(ended), await _flag(db, now))


async def _about(db: AsyncSession, now: datetime) -> dict[str, object]:
    dark = select(Announcement.node_id).where(col(Announcement.state) == AnnouncementState.PUBLISHED.value)
    dark = dark.where(col(Announcement.kind).in_([kind.value for kind in OUTAGES]))
    dark = dark.where(col(Announcement.from_at) <= now, col(Announcement.until_at) >= now - LAPSES_AFTER)
    nodes = list(await db.exec(dark))
    return {
        "now": now,
        "most": _MOST,
        "coming": [state.value for state in ON_ITS_WAY],
        "dark": [str(node) for node in nodes if node is not None],
        "dark_everywhere": None in nodes,
    }


def _home(row: Row[tuple[object, ...]]) -> Home:
    return Home(
        spent_since=row.spent_since,
        supply=Supply(row.supply),
        supply_read_at=row.supply_read_at,
        credited_at=row.credited_at,
        money_coming=row.money_coming,
        outage=row.outage,
    )


async def _open(db: AsyncSession, row: Row[tuple[object, ...]]) -> bool:
    if not begins(_home(row)):
        return False
    incident = Disconnection(
        id=uuid4(), meter_id=row.id, began_at=row.spent_since, balance_minor=row.balance_minor, remark=""
    )
    return await add_once(db, incident)


async def _end_alone(db: AsyncSession, row: Row[tuple[object, ...]], now: datetime) -> bool:
    outcome = ends(_home(row), row.began_at)
    if outcome is None:
        return False
    at = row.credited_at if outcome is Outcome.PAID else now
    await _close(db, await db.get_one(Disconnection, row.incident_id), outcome, at)
    return True


async def _close(db: AsyncSession, incident: Disconnection, outcome: Outcome, at: datetime) -> None:
    """What staff were asked about it is answered."""
    incident.ended_at, incident.outcome = at, outcome
    asked = select(Review).where(Review.kind == ReviewKind.DISCONNECTION, Review.subject_id == incident.id)
    for review in await db.exec(asked.where(col(Review.settled_at).is_(None))):
        review.settled_at, review.remark = at, outcome.value


async def _flag(db: AsyncSession, now: datetime) -> int:
    rules = await rulebook.rules(db, DisconnectionRules)
    long = select(Disconnection).where(col(Disconnection.ended_at).is_(None), col(Disconnection.flagged_at).is_(None))
    long = long.where(col(Disconnection.began_at) <= now - timedelta(hours=rules.flagged_after_h))
    found = list(await db.exec(long.order_by(col(Disconnection.began_at)).limit(_MOST).with_for_update()))
    for incident in found:
        await _call_attention(db, incident, now)
    return len(found)


async def _call_attention(db: AsyncSession, incident: Disconnection, now: datetime) -> None:
    """Tell the resident, and ask staff: the light has been away for too long for it to be an oversight."""
    incident.flagged_at = now
    news = News(MessageKind.DISCONNECTED, incident.id, incident.meter_id, str(incident.id))
    planned = await plans.tell_account(db, news, now)
    incident.outreach_at = now if planned.messages else None
    meter = await db.get_one(Meter, incident.meter_id)
    evidence: dict[str, str | int | None] = {
        "began_at": incident.began_at.isoformat(),
        "balance_minor": meter.balance_minor,
        "supply": meter.supply,
        "told": planned.messages,
        "reason": planned.reason,
    }
    question = Question(ReviewKind.DISCONNECTION, incident.id, evidence, meter_id=incident.meter_id)
    await open_review(db, question, now)


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says became of an incident."""

    incident_id: UUID
    outcome: Outcome
    remark: str
    staff_id: UUID


async def end(db: AsyncSession, word: Word, now: datetime) -> None:
    """Close an incident by a person's word. Raises DisconnectionError; "other" needs a remark."""
    if word.outcome not in BY_STAFF:
        raise DisconnectionError("outcome")
    remark = " ".join(word.remark.split())[:500]
    if word.outcome is Outcome.OTHER and not remark:
        raise DisconnectionError("remark_missing")
    incident = await db.get(Disconnection, word.incident_id, with_for_update=True)
    if incident is None or incident.ended_at is not None:
        raise DisconnectionError("over")
    incident.remark, incident.staff_id = remark, word.staff_id
    await _close(db, incident, word.outcome, now)
    detail: dict[str, str | int | None] = {
        "incident": str(incident.id),
        "outcome": word.outcome.value,
        "remark": remark,
    }
    db.add(Audit(staff_id=word.staff_id, act="disconnection_ended", detail=detail, at=now))


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` (included) to `until`."""

    since: datetime
    until: datetime


async def incidents(db: AsyncSession, span: Span, most: int = 10_000) -> list[Disconnection]:
    """What began in a span, and what was still open when it began; the newest first."""
    rows = select(Disconnection).where(col(Disconnection.began_at) < span.until)
    rows = rows.where(col(Disconnection.ended_at).is_(None) | (col(Disconnection.ended_at) >= span.since))
    return list(await db.exec(rows.order_by(col(Disconnection.began_at).desc()).limit(most)))
