"""The daily round of a concentrator: what it has frozen of its meters in bulk, and what is still missing (SPEC H-5).

plan --> READ_DAILY --> prepare --> CollectDay for each day with holes --> kept --> rest: meters asked one by one
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.clock import day_start
from app.domain.collection import (
    Terms,
    balance_from_freeze,
    days_wanted,
    frozen_at,
    missing_in_bulk,
    missing_singly,
    round_is_due,
)
from app.domain.wallet import BY_TARIFF, ReadingKind
from app.models import Concentrator, Note
from app.outbox import Job, Taken
from app.ports import FrameRecord, Place, Priority
from app.services import exchanges
from app.services.archive import curves
from app.services.archive.curves import CurveAsk
from app.services.collection.figures import DayFigure
from app.services.collection.holdings import Alike, Held, Span, held_alike
from app.services.collection.schemes import schemes, terms_for
from app.services.targets import load_place
from app.terminal_words import PointReading, PurchaseInfo, Register

VERB = "read_daily"
NO_LINK = "no_link"
MOST_TRIES = 4
MOST_POINTS = 64  # in one question, so that whoever restores somebody's supply waits for one of them only
AGAIN = timedelta(minutes=20)
LINK_BACK = timedelta(minutes=1)
_FEN, _WATT_HOURS = 100, 1000
_REGISTERS = (ReadingKind.ENERGY, *BY_TARIFF)


@dataclass(frozen=True, slots=True)
class Ask:
    """Points whose figures of one day are asked for at once."""

    day: date
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """The rest of one concentrator's round. `meters`: by measuring point. `remote`: those whose money we hold.

    `curves`: days of its master meters that are not whole yet. `left`: for which days each meter would have to be asked
    itself, as far as the concentrator has not told of them yet; who is not in it needs no look.
    """

    note: Taken
    place: Place
    terms: Terms
    days: tuple[date, ...]
    asks: tuple[Ask, ...]
    meters: dict[int, UUID]
    remote: frozenset[UUID] = frozenset()
    curves: tuple[CurveAsk, ...] = ()
    left: dict[UUID, tuple[date, ...]] = field(default_factory=dict)

    @property
    def concentrator_id(self) -> UUID:
        """Whose round it is."""
        return self.note.subject_id

    @property
    def settled(self) -> list[UUID]:
        """Meters of which nothing is missing any more."""
        return [meter_id for meter_id in self.meters.values() if meter_id not in self.left]


@dataclass(slots=True)
class Walked:
    """How a round went: meters that did not answer; whether time ran out before its end, or the link was gone."""

    missed: list[str] = field(default_factory=list)
    broke_off: bool = False
    no_link: bool = False


async def plan(db: AsyncSession, zone: ZoneInfo, now: datetime) -> int:
    """Promise today's round of each concentrator whose scheme's time has come; return how many were promised."""
    known = await schemes(db)
    planned = select(Note.subject_id).where(Note.job == Job.READ_DAILY, col(Note.created_at) >= day_start(now, zone))
    wanted = select(Concentrator.id, Concentrator.collection_scheme_id).where(col(Concentrator.id).not_in(planned))
    due = [place for place, scheme in await db.exec(wanted) if round_is_due(known.of(scheme), zone, now)]
    for concentrator_id in due:
        await outbox.promise(db, Job.READ_DAILY, concentrator_id, now, concentrator_id=concentrator_id)
    return len(due)


async def prepare(db: AsyncSession, note_id: int, zone: ZoneInfo, now: datetime, by: str) -> Round | None:
    """Take the note and list what the concentrator is to be asked for. None: nothing, or its scheme reads no more."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    terms = await terms_for(db, note.subject_id)
    if not terms.on:
        await outbox.give_up(db, note, now, "its scheme reads nothing")
        return None
    days = days_wanted(terms, zone, now)
    herd = await held_alike(db, note.subject_id, Span(days, zone, now))
    meters = {point: meter_id for some in herd for meter_id, point in _at_points(some)}
    place = await load_place(db, note.subject_id, priority=Priority.ROUTINE)
    remote = frozenset(meter_id for some in herd if some.remote for meter_id in some.meters)
    wanted = await curves.asks(db, note.subject_id, days, terms.curve_min) if terms.curve_min else ()
    left: dict[UUID, tuple[date, ...]] = {}
    for some in herd:
        if wants := days_of_its_own(some, terms, days):
            left |= dict.fromkeys(some.meters, wants)
    return Round(note, place, terms, days, tuple(_asks(herd, terms, days)), meters, remote, wanted, left)


def _at_points(some: Alike) -> Iterator[tuple[UUID, int]]:
    for meter_id, point in zip(some.meters, some.points, strict=True):
        if point is not None:
            yield meter_id, point


def days_of_its_own(held: Held | Alike, terms: Terms, days: tuple[date, ...]) -> tuple[date, ...]:
    """The days for which a meter is asked itself, unless its concentrator tells of them."""
    money = ReadingKind.BALANCE in terms.of_meter(remote=held.remote).asked
    return missing_singly(held.known, days, money=money)


def _asks(herd: Sequence[Alike], terms: Terms, days: tuple[date, ...]) -> list[Ask]:
    """The newest day first: that is what warnings come from."""
    by_day: dict[date, list[int]] = {day: [] for day in days}
    for some in herd:
        for day in missing_in_bulk(some.known, terms.of_meter(remote=some.remote).asked, days):
            by_day[day].extend(point for _, point in _at_points(some))
    return [
        Ask(day, tuple(sorted(points)[start : start + MOST_POINTS]))
        for day, points in by_day.items()
        for start in range(0, len(points), MOST_POINTS)
    ]


def figures_of(round_: Round, ask: Ask, said: Sequence[PointReading], zone: ZoneInfo) -> list[DayFigure]:
    """What a concentrator has of a day. What it tells of points or days that nobody asked for is not looked at."""
    return list(_figures(round_, ask, said, frozen_at(ask.day, zone)))


def strike(round_: Round, ask: Ask, figures: Sequence[DayFigure]) -> None:
    """These figures are stored: their meters are not asked for that day themselves."""
    decisive = {remote: round_.terms.of_meter(remote=remote).asked[0] for remote in (False, True)}
    for figure in figures:
        if figure.kind is decisive[figure.meter_id in round_.remote]:  # the one for which it would be asked itself
            _is_told(round_.left, figure.meter_id, ask.day)


def _is_told(left: dict[UUID, tuple[date, ...]], meter_id: UUID, day: date) -> None:
    rest = tuple(each for each in left.pop(meter_id, ()) if each != day)
    if rest:
        left[meter_id] = rest


def _figures(round_: Round, ask: Ask, said: Sequence[PointReading], at: datetime) -> Iterator[DayFigure]:
    points = frozenset(ask.points)
    kept = {remote: frozenset(round_.terms.of_meter(remote=remote).kept) for remote in (False, True)}
    for each in said:
        if each.day == ask.day and each.point in points:
            meter_id = round_.meters[each.point]
            of_meter = kept[meter_id in round_.remote]
            for kind, value in _told(each):
                if kind in of_meter:
                    yield DayFigure(meter_id, ask.day, kind, value, at)


def _told(said: PointReading) -> Iterator[tuple[ReadingKind, int]]:
    """The figures in a word, in minor units and Wh."""
    value = said.value
    if isinstance(value, PurchaseInfo) and value.balance_yuan is not None:
        balance = balance_from_freeze(int(value.balance_yuan * _FEN))
        if balance is not None:
            yield ReadingKind.BALANCE, balance
    elif isinstance(value, Register) and value.total_kwh is not None:
        for kind, kwh in zip(_REGISTERS, (value.total_kwh, *value.tariffs_kwh), strict=False):
            if kwh is not None:
                yield kind, int(kwh * _WATT_HOURS)


def about(round_: Round) -> exchanges.About:
    """What frames are kept under that were exchanged with the concentrator itself."""
    return exchanges.About(VERB, None, concentrator_id=round_.concentrator_id)


async def keep_frames(db: AsyncSession, round_: Round, frames: Sequence[FrameRecord]) -> None:
    """Keep what was said to the concentrator itself."""
    await exchanges.store(db, frames, about(round_))


async def conclude(db: AsyncSession, round_: Round, walked: Walked, now: datetime) -> None:
    """Keep the promise, or come back for the meters that were missed; after some tries tomorrow's round is enough."""
    if walked.no_link:
        await outbox.put_back(db, round_.note, now + LINK_BACK, "no link")
        return
    if walked.broke_off:
        await outbox.put_back(db, round_.note, now, "a long round: the rest follows")
        return
    if not walked.missed:
        await outbox.keep(db, round_.note, now)
        return
    reason = f"not read: {', '.join(walked.missed)}"
    if round_.note.attempts < MOST_TRIES:
        await outbox.postpone(db, round_.note, now + AGAIN, reason)
        return
    await outbox.give_up(db, round_.note, now, reason)
