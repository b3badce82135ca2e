"""Stores daily figures of many meters at once, and what follows from them: one statement for each, not one a meter.

A concentrator's day is some hundred meters. What a single reading does (`services.readings`) is done here for all of
them: the newest balance moves the meter, its use a day is learned, and only those that cross a level are looked at.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.fees import FeeControl
from app.domain.topup import TopUpKind
from app.domain.wallet import FRESH_FOR, USE_SPAN, BalanceSource, Figure, ReadingKind, daily_use
from app.models import Meter, TopUpRule
from app.outbox import Job
from app.services import alarms

_A_DAY = timedelta(days=1)  # a figure that was read in a day lies under it, a frozen one under the day before


@dataclass(frozen=True, slots=True)
class DayFigure:
    """One figure of one meter for one day; `read_at`: when the meter held it."""

    meter_id: UUID
    day: date
    kind: ReadingKind
    value: int
    read_at: datetime


_LOCK = text("select id, fee_control from meter where id = any(cast(:ids as uuid[])) order by id for no key update")
_STORE = text(
    """
    insert into reading (id, meter_id, day, kind, value, source, read_at)
    select gen_random_uuid(), meter_id, day, kind, value, :source, read_at
    from unnest(cast(:meters as uuid[]), cast(:days as date[]), cast(:kinds as text[]), cast(:values as bigint[]),
                cast(:ats as timestamptz[])) as figure (meter_id, day, kind, value, read_at)
    on conflict (meter_id, day, kind) do update
        set value = excluded.value, source = excluded.source, read_at = excluded.read_at
        where reading.read_at <= excluded.read_at
    """
)
_MOVE = text(
    """
    update meter set balance_minor = figure.value, balance_read_at = figure.at, balance_source = :source,
        silent_after = figure.at + cast(:fresh as interval), missed_at = null,
        spent_since = case when figure.value > -overdraft_limit_minor then null
                      else coalesce(spent_since, figure.at) end
    from unnest(cast(:meters as uuid[]), cast(:values as bigint[]), cast(:ats as timestamptz[]))
        as figure (meter_id, value, at)
    where meter.id = figure.meter_id and (balance_read_at is null or balance_read_at <= figure.at)
    returning meter.id
    """
)
_SPAN = text(
    """
    select meter.id, daily_use_minor, early.read_at as first_at, early.value as first, late.read_at as last_at,
        late.value as last,
        (select coalesce(sum(credit_minor), 0) from purchase where purchase.meter_id = meter.id
         and credited_at > early.read_at and credited_at <= late.read_at) as credited
    from meter,
    lateral (select read_at, value from reading where meter_id = meter.id and kind = 'balance' and day >= :since
             and read_at > balance_read_at - cast(:span as interval) and read_at <= balance_read_at
             order by read_at limit 1) as early,
    lateral (select read_at, value from reading where meter_id = meter.id and kind = 'balance' and day >= :since
             and read_at <= balance_read_at order by read_at desc limit 1) as late
    where meter.id = any(cast(:ids as uuid[]))
    """
)
_LEARN = text(
    """
    update meter set daily_use_minor = learned.use
    from unnest(cast(:ids as uuid[]), cast(:uses as bigint[])) as learned (id, use) where meter.id = learned.id
    """
)


async def store(db: AsyncSession, figures: Sequence[DayFigure]) -> int:
    """Store figures, each day's newest; return how many meters have a newer balance by them.

    The same figures twice change nothing. Meters are locked in the order of their ids, before anything is written.
    """
    if not figures:
        return 0
    locked = await db.execute(_LOCK, {"ids": sorted({each.meter_id for each in figures})})
    remote = {row.id for row in locked if row.fee_control == FeeControl.REMOTE}  # their wallets say nothing
    figures = [each for each in figures if each.kind is not ReadingKind.BALANCE or each.meter_id not in remote]
    await _insert(db, figures)
    newest = _newest_balances(figures)
    moved = await _move(db, newest) if newest else []
    if moved:
        await _learn_use(db, moved, min(each.day for each in newest))
        await alarms.follow_many(db, moved)
        await _look_at_top_ups(db, moved, max(each.read_at for each in newest))
    return len(moved)


async def _insert(db: AsyncSession, figures: Sequence[DayFigure]) -> None:
    once = {(each.meter_id, each.day, each.kind): each for each in figures}.values()
    columns = {
        "meters": [each.meter_id for each in once],
        "days": [each.day for each in once],
        "kinds": [each.kind.value for each in once],
        "values": [each.value for each in once],
        "ats": [each.read_at for each in once],
    }
    await db.execute(_STORE, columns | {"source": BalanceSource.DAILY.value})


def _newest_balances(figures: Sequence[DayFigure]) -> list[DayFigure]:
    found: dict[UUID, DayFigure] = {}
    for each in figures:
        held = found.get(each.meter_id)
        if each.kind is ReadingKind.BALANCE and (held is None or held.read_at <= each.read_at):
            found[each.meter_id] = each
    return list(found.values())


async def _move(db: AsyncSession, newest: Sequence[DayFigure]) -> list[UUID]:
    columns = {
        "meters": [each.meter_id for each in newest],
        "values": [each.value for each in newest],
        "ats": [each.read_at for each in newest],
    }
    rows = await db.execute(_MOVE, columns | {"source": BalanceSource.DAILY.value, "fresh": FRESH_FOR})
    return list(rows.scalars())


async def _learn_use(db: AsyncSession, meters: Collection[UUID], newest: date) -> None:
    """What each meter uses a day, as far as its last week tells."""
    about = {"ids": list(meters), "span": USE_SPAN, "since": newest - USE_SPAN - _A_DAY}
    learned = {}
    for row in await db.execute(_SPAN, about):
        use = daily_use(Figure(row.first_at, row.first), Figure(row.last_at, row.last), int(row.credited))
        if use is not None and use != row.daily_use_minor:
            learned[row.id] = use
    if learned:
        await db.execute(_LEARN, {"ids": list(learned), "uses": list(learned.values())})


_RULES = select(TopUpRule.id).where(TopUpRule.kind == TopUpKind.LOW, col(TopUpRule.stopped_at).is_(None))


async def _look_at_top_ups(db: AsyncSession, meters: Collection[UUID], now: datetime) -> None:
    """Promise to look at the rules whose balance may be reached."""
    rules = _RULES.join(Meter, col(Meter.id) == col(TopUpRule.meter_id)).where(
        col(Meter.id).in_(meters), col(TopUpRule.below_minor) > col(Meter.balance_minor)
    )
    for rule_id in await db.exec(rules):
        await outbox.promise(db, Job.CHARGE_RULE, rule_id, now)
