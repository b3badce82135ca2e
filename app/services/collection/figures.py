"""Stores daily figures of many meters at once, and what follows from them: one statement for each, not one a meter.

A concentrator's day is some hundred meters. What a single reading does (`services.readings`) is done here for all of
them: the newest balance moves the meter, its use a day is learned, and only those that cross a level are looked at.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import is_one_of
from app.domain.topup import TopUpKind
from app.domain.wallet import FRESH_FOR, USE_SPAN, BalanceSource, Figure, ReadingKind, daily_use
from app.models import Meter, TopUpRule
from app.outbox import Job
from app.services import alarms
from app.services.alarms import Standing

_A_DAY = timedelta(days=1)  # a figure that was read in a day lies under it, a frozen one under the day before


@dataclass(frozen=True, slots=True)
class DayFigure:
    """One figure of one meter for one day; `read_at`: when the meter held it."""

    meter_id: UUID
    day: date
    kind: ReadingKind
    value: int
    read_at: datetime


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
_EARLIEST = text(
    """
    select wanted.id, early.read_at, early.value,
        (select coalesce(sum(credit_minor), 0) from purchase where purchase.meter_id = wanted.id
         and credited_at > early.read_at and credited_at <= wanted.at) as credited
    from unnest(cast(:ids as uuid[]), cast(:ats as timestamptz[])) as wanted (id, at),
    lateral (select read_at, value from reading where meter_id = wanted.id and kind = 'balance' and day >= :since
             and read_at > wanted.at - cast(:span as interval) and read_at < wanted.at
             order by read_at limit 1) as early
    """
)
_MOVE = text(
    """
    update meter set balance_minor = figure.value, balance_read_at = figure.at, balance_source = :source,
        silent_after = figure.at + cast(:fresh as interval), missed_at = null, daily_use_minor = figure.use,
        spent_since = case when figure.value > -overdraft_limit_minor then null
                      else coalesce(spent_since, figure.at) end
    from unnest(cast(:meters as uuid[]), cast(:values as bigint[]), cast(:ats as timestamptz[]),
                cast(:uses as bigint[])) as figure (meter_id, value, at, use)
    where meter.id = figure.meter_id
    """
)


async def store(db: AsyncSession, figures: Sequence[DayFigure]) -> int:
    """Store figures, each day's newest; return how many meters have a newer balance by them.

    The same figures twice change nothing. Meters are locked in the order of their ids, before anything is written, and
    each is written once: what is learned from its balance goes into the same row.
    """
    if not figures:
        return 0
    held = {each.meter_id: each for each in await alarms.standings(db, {each.meter_id for each in figures})}
    ledger = {each.meter_id for each in held.values() if each.in_ledger}  # their wallets say nothing
    figures = [each for each in figures if each.kind is not ReadingKind.BALANCE or each.meter_id not in ledger]
    await _insert(db, figures)
    newest = [each for each in _newest_balances(figures) if _is_news(each, held.get(each.meter_id))]
    if newest:
        uses = await _uses(db, newest, held)
        await _move(db, newest, uses)
        stand = [
            replace(held[each.meter_id], balance_minor=each.value, daily_use_minor=use)
            for each, use in zip(newest, uses, strict=True)
        ]
        await alarms.follow_many(db, stand)
        await _look_at_top_ups(db, [each.meter_id for each in newest], max(each.read_at for each in newest))
    return len(newest)


def _is_news(figure: DayFigure, held: Standing | None) -> bool:
    return held is not None and (held.balance_read_at is None or held.balance_read_at <= figure.read_at)


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


async def _uses(db: AsyncSession, newest: Sequence[DayFigure], held: Mapping[UUID, Standing]) -> list[int | None]:
    """What each meter uses a day, as far as its last week tells; else what was known."""
    since = min(each.day for each in newest) - USE_SPAN - _A_DAY
    whom = {"ids": [each.meter_id for each in newest], "ats": [each.read_at for each in newest]}
    rows = await db.execute(_EARLIEST, whom | {"span": USE_SPAN, "since": since})
    early = {row.id: row for row in rows}
    return [_use(each, early.get(each.meter_id), held[each.meter_id].daily_use_minor) for each in newest]


def _use(figure: DayFigure, early: Row[Any] | None, known: int | None) -> int | None:
    if early is None:
        return known
    use = daily_use(Figure(early.read_at, early.value), Figure(figure.read_at, figure.value), int(early.credited))
    return known if use is None else use


async def _move(db: AsyncSession, newest: Sequence[DayFigure], uses: Sequence[int | None]) -> None:
    columns = {
        "meters": [each.meter_id for each in newest],
        "values": [each.value for each in newest],
        "ats": [each.read_at for each in newest],
        "uses": uses,
    }
    await db.execute(_MOVE, columns | {"source": BalanceSource.DAILY.value, "fresh": FRESH_FOR})


_RULES = select(TopUpRule.id).where(TopUpRule.kind == TopUpKind.LOW, col(TopUpRule.stopped_at).is_(None))


async def _look_at_top_ups(db: AsyncSession, meters: Collection[UUID], now: datetime) -> None:
    """Promise to look at the rules whose balance may be reached."""
    rules = _RULES.join(Meter, col(Meter.id) == col(TopUpRule.meter_id)).where(
        is_one_of(col(Meter.id), meters), col(TopUpRule.below_minor) > col(Meter.balance_minor)
    )
    for rule_id in await db.exec(rules):
        await outbox.promise(db, Job.CHARGE_RULE, rule_id, now)
