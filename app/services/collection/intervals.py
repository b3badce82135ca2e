"""How often concentrators read their master meters: their scheme says it, they are told, and it is read back (H-5).

scheme --> plan --> SET_MASTER_INTERVAL --> is it so? else AFN 04 F24, and AFN 0A F24 --> master_interval
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.dialling import Way
from app.domain.importance import Importance
from app.models import Concentrator, MasterInterval
from app.outbox import Job, Taken
from app.ports import FrameRecord, Gateway, Place, Priority, Readings, Refused, Unknown, Unreachable
from app.services import exchanges
from app.services.collection.schemes import terms_for
from app.services.targets import load_place
from app.terminal_words import ReadParameters, SetParameters

VERB = "set_master_interval"
GOOD_FOR = timedelta(days=7)  # a concentrator that was set back to its first state is told anew within a week
REFUSED_FOR = timedelta(days=1)
AGAIN = timedelta(minutes=20)
MOST_TRIES = 4
_FUNCTION = 24

_PLAN = text(
    """
    insert into outbox (job, subject_id, concentrator_id, due_at, created_at, attempts, importance)
    select :job, c.id, c.id, :now, :now, 0, :importance
    from concentrator c join collection_scheme s
        on s.id = coalesce(c.collection_scheme_id, (select id from collection_scheme where usual))
    left join master_interval told on told.concentrator_id = c.id and told.minutes = s.master_interval_min
    where s."on" and s.master_interval_min is not null and c.driver = :driver and c.front_end is not null
      and exists (select 1 from master_meter m where m.concentrator_id = c.id)
      and (told.proved_at is null or told.proved_at < :proved_before)
      and (told.trouble is null or told.trouble = '' or told.tried_at < :refused_before)
    on conflict do nothing
    returning id
    """
)


async def plan(db: AsyncSession, now: datetime) -> int:
    """Promise to tell each concentrator on line that has master meters and is not proved to have its scheme's interval;
    return how many there were. Making the round twice changes nothing.
    """
    about = {"job": Job.SET_MASTER_INTERVAL.value, "now": now, "importance": Importance.PLANNING.value}
    ages = {"proved_before": now - GOOD_FOR, "refused_before": now - REFUSED_FOR, "driver": Way.GDW1376.value}
    return len((await db.execute(_PLAN, about | ages)).all())


@dataclass(frozen=True, slots=True)
class Errand:
    """A concentrator that is to have an interval."""

    note: Taken
    place: Place
    minutes: int


@dataclass(slots=True)
class Answer:
    """`trouble`: why it is not proved, a code; empty: it is. `final`: it said no, and would again."""

    frames: list[FrameRecord] = field(default_factory=list)
    trouble: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """For staff. `wanted`: what its scheme says, None: nothing. `held`: what it was told last and how that ended."""

    wanted: int | None
    held: MasterInterval | None


async def standing(db: AsyncSession, concentrator_id: UUID) -> Standing:
    """Say which interval a concentrator is to have, and what is known of it. Raises NoResultFound."""
    terms, place = await terms_for(db, concentrator_id), await db.get_one(Concentrator, concentrator_id)
    told = terms.on and place.driver == Way.GDW1376
    return Standing(terms.master_interval_min if told else None, await db.get(MasterInterval, concentrator_id))


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note; which interval it is is decided now, by the scheme as it is now."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    terms = await terms_for(db, note.subject_id)
    if not terms.on or terms.master_interval_min is None:
        await outbox.give_up(db, note, now, "its scheme says no interval")
        return None
    place = await load_place(db, note.subject_id, priority=Priority.ROUTINE)
    return Errand(note, place, terms.master_interval_min)


async def tell(gateway: Gateway, errand: Errand) -> Answer:
    """Read the interval, and set it where it is another; the verb reads it back."""
    answer = Answer()
    try:
        there = await gateway.command(errand.place, ReadParameters((_FUNCTION,)), answer.frames)
        if isinstance(there, Readings) and there.values.get(f"F{_FUNCTION}") == errand.minutes:
            return answer
        order = SetParameters(((_FUNCTION, errand.minutes),))
        match await gateway.command(errand.place, order, answer.frames):
            case Refused(code=code):
                answer.trouble, answer.final = code, True
            case Unknown(reason=reason):
                answer.trouble = reason
    except Unreachable as error:
        answer.trouble = error.reason
    return answer


async def conclude(db: AsyncSession, errand: Errand, answer: Answer, now: datetime) -> None:
    """Record that it is so, or why not; a silent concentrator is asked again, one that refuses is asked tomorrow."""
    place = errand.note.subject_id
    await exchanges.store(db, answer.frames, exchanges.About(VERB, None, concentrator_id=place))
    if answer.trouble and not answer.final and errand.note.attempts < MOST_TRIES:
        await outbox.postpone(db, errand.note, now + AGAIN, answer.trouble)
        return
    if answer.trouble:
        mine = await outbox.give_up(db, errand.note, now, answer.trouble)
    else:
        mine = await outbox.keep(db, errand.note, now)
    if mine:
        await _write_down(db, errand, answer, now)


async def _write_down(db: AsyncSession, errand: Errand, answer: Answer, now: datetime) -> None:
    said = {"minutes": errand.minutes, "tried_at": now, "trouble": answer.trouble}
    said |= {"proved_at": None if answer.trouble else now}
    row = insert(table_of(MasterInterval)).values(concentrator_id=errand.note.subject_id, **said)
    await db.execute(row.on_conflict_do_update(index_elements=["concentrator_id"], set_=said))
