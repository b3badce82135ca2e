"""Meters of a round whose frozen days an existing head end reads by the hundred, in one task (SPEC H-5, H-8).

ask_for --> CollectFrozen --> record; then again for whoever was not told of, as long as anybody is
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.collection import frozen_at
from app.models import Meter
from app.services.collection.figures import DayFigure, store
from app.services.collection.singly import Due, Rest, frozen_figures
from app.terminal_words import MOST_METERS, CollectFrozen, MeterWord

Told = tuple[UUID, date]
"""A meter and a day of which there was a word, be it no."""


@dataclass(frozen=True, slots=True)
class Many:
    """Meters whose figures of one day are asked for in one task."""

    day: date
    days_ago: int
    dues: tuple[Due, ...]

    @property
    def order(self) -> CollectFrozen:
        """What the head end is asked."""
        return CollectFrozen(tuple((due.target.address, due.target.profile) for due in self.dues), self.days_ago)


def ask_for(left: Rest, told: Collection[Told]) -> Many | None:
    """Say what to ask for next, the newest day first: that is what warnings come from. None: nothing more."""
    days = {day for due in left.due for day in due.days if (due.meter_id, day) not in told}
    if not days:
        return None
    day = max(days)
    dues = [due for due in left.due if day in due.days and (due.meter_id, day) not in told][:MOST_METERS]
    return Many(day, (dues[0].today - day).days, tuple(dues))


def told_of(many: Many, said: Sequence[MeterWord]) -> set[Told]:
    """Say of whom there was a word."""
    named = {each.address for each in said}
    return {(due.meter_id, many.day) for due in many.dues if due.target.address in named}


async def record(db: AsyncSession, many: Many, said: Iterable[MeterWord], zone: ZoneInfo, answered_at: datetime) -> int:
    """Store what many meters said of a day, and who of them was not reached; return how many have a newer balance."""
    dues = {due.target.address: due for due in many.dues}
    named = [(dues[each.address], each) for each in said if each.address in dues]
    figures = [figure for due, each in named if each.values for figure in _figures(due, each.values, many.day, zone)]
    missed = [due.meter_id for due, each in named if each.silent]
    if missed:  # locked in the order of their ids with all the others, as whoever locks several does
        of_all = select(Meter.id).where(col(Meter.id).in_([due.meter_id for due, _ in named])).order_by(col(Meter.id))
        await db.exec(of_all.with_for_update(key_share=True))
        rows = update(Meter).where(col(Meter.id).in_(missed))
        await db.execute(rows.values(missed_at=answered_at).execution_options(synchronize_session=False))
    return await store(db, figures)


def _figures(due: Due, values: dict[str, int | str | None], day: date, zone: ZoneInfo) -> list[DayFigure]:
    found = frozen_figures(values, day, due.figures.kept)
    return [DayFigure(due.meter_id, day, kind, value, frozen_at(day, zone)) for kind, value in found.items()]


def still_due(left: Rest, told: Collection[Told]) -> Rest:
    """Leave out those of whom there is nothing more to ask: yesterday is known, and of other days there was a word."""
    due = tuple(each for each in left.due if each.live or any((each.meter_id, day) not in told for day in each.days))
    return Rest(due, left.missed)
