"""Meters whose money is gone, and what stands against cutting each (SPEC M-6). Nothing is kept of looking."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import literal, tuple_
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.bookmark import Bookmark
from app.domain.cutting import Against, Verdict, verdict
from app.domain.rules import CutRules
from app.models import CutInquiry, Meter
from app.services.cut_facts import cases
from app.services.rulebook import rules
from app.settings import settings

PAGE = 50
NOTHING = "none"  # the filter for those that nothing stands against
_SLICE = 500
_SLICES = 20  # of a rare reason the page may come back short, and leads on


@dataclass(frozen=True, slots=True)
class Held:
    """A meter below its end, and what stands against cutting it."""

    meter: Meter
    account_number: str
    area: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class HeldPage:
    """Those who have been without money longest come first. `after`: where the next page begins; None: no more."""

    lines: tuple[Held, ...]
    after: Bookmark | None = None


async def held_meters(
    db: AsyncSession, now: datetime, *, reason: str = "", after: Bookmark | None = None, most: int = PAGE
) -> HeldPage:
    """One page of those against which `reason` stands; empty: all; "none": nothing does."""
    ruling, found = await rules(db, CutRules), list[Held]()
    for _ in range(_SLICES):
        slice_ = await _slice(db, ruling, after, now)
        for line in slice_:
            if _wanted(line.verdict, reason):
                found.append(line)
            if len(found) > most:
                return HeldPage(tuple(found[:most]), _mark_of(found[most - 1].meter))
        if len(slice_) < _SLICE:
            return HeldPage(tuple(found))
        after = _mark_of(slice_[-1].meter)
    return HeldPage(tuple(found), after)


async def all_held(db: AsyncSession, now: datetime, reason: str = "") -> AsyncIterator[Held]:
    """All of them, slice by slice, for an export."""
    ruling, after = await rules(db, CutRules), None
    while True:
        slice_ = await _slice(db, ruling, after, now)
        for line in slice_:
            if _wanted(line.verdict, reason):
                yield line
        if len(slice_) < _SLICE:
            return
        after = _mark_of(slice_[-1].meter)


def _wanted(found: Verdict, reason: str) -> bool:
    if reason == NOTHING:
        return found.allowed
    return not reason or reason in found.reasons


def _mark_of(meter: Meter) -> Bookmark:
    if meter.spent_since is None:
        raise ValueError("this meter has money")
    return Bookmark(meter.spent_since, meter.id)


async def _slice(db: AsyncSession, ruling: CutRules, after: Bookmark | None, now: datetime) -> list[Held]:
    spent = sql_select(col(Meter.id)).where(col(Meter.spent_since).is_not(None))
    if after is not None:
        spent = spent.where(
            tuple_(col(Meter.spent_since), col(Meter.id)) > tuple_(literal(after.at), literal(after.id))
        )
    rows = await db.execute(spent.order_by(col(Meter.spent_since), col(Meter.id)).limit(_SLICE))
    zone = ZoneInfo(settings().timezone)
    found = [
        Held(case.meter, case.account_number, case.area, verdict(case.facts, ruling, zone, now))
        for case in await cases(db, list(rows.scalars()), ruling, now)
    ]
    return sorted(found, key=lambda each: _mark_of(each.meter))


def known_reason(word: str) -> str:
    """A filter as it was typed, or none."""
    return word if word == NOTHING or word in tuple(Against) else ""


async def list_inquiries(db: AsyncSession, meter_number: str, skip: int, most: int) -> list[tuple[CutInquiry, str]]:
    """Questions that were put to the gate, the newest first, each with its meter's number; empty: of every meter."""
    wanted = select(CutInquiry, Meter.number).join(Meter, col(Meter.id) == col(CutInquiry.meter_id))
    if meter_number:
        wanted = wanted.where(Meter.number == meter_number)
    return list(await db.exec(wanted.order_by(col(CutInquiry.at).desc(), col(CutInquiry.id)).offset(skip).limit(most)))
