"""Stores daily figures of many meters at once, and what follows from them: one statement for each, not one a meter.

A concentrator's day is some hundred meters, a town's a million. What a single reading does (`services.readings`) is
done here in SQL for all of them, lock --> insert --> move and look, and a meter comes back to Python only where it
crosses a level or has levels of its own. Meters are locked in the order of their ids, before anything is written.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import getrandbits
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, TextClause, func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.alarm import Policy
from app.domain.topup import TopUpKind
from app.domain.wallet import FRESH_FOR, LEAST_SPAN, USE_SPAN, BalanceSource, ReadingKind
from app.models import Account, Meter, TopUpRule
from app.outbox import Job
from app.services import alarm_sweep, alarms
from app.services.alarm_levels import Policies, policies

_A_DAY = timedelta(days=1)  # a figure that was read in a day lies under it, a frozen one under the day before


class DayFigure(NamedTuple):
    """One figure of one meter for one day; `read_at`: when the meter held it.

    A plain tuple, because there are millions a night and all of them end as columns.
    """

    meter_id: UUID
    day: date
    kind: ReadingKind
    value: int
    read_at: datetime


_Id = str  # of a meter, as the database is told: its 32 digits, written once for all statements
_Slot = tuple[date, ReadingKind, datetime]
_Slots = dict[_Slot, dict[_Id, int]]
_Balances = dict[_Id, tuple[int, datetime]]  # what a meter held, and when


async def store(db: AsyncSession, figures: Iterable[DayFigure]) -> int:
    """Store figures, each day's newest; return how many meters have a newer balance by them.

    The same figures twice change nothing. Raises LookupError where a meter is not known.
    """
    slots: _Slots = defaultdict(dict)
    for meter_id, day, kind, value, read_at in figures:
        slots[day, kind, read_at][f"{meter_id.int:032x}"] = value
    if not slots:
        return 0
    remote = await _lock(db, set[_Id]().union(*slots.values()))
    if remote:
        slots = {slot: _without(remote, slot, values) for slot, values in slots.items()}
    await _insert(db, slots)
    newest = _newest_balances(slots)
    return await _follow(db, newest) if newest else 0


def _without(remote: frozenset[_Id], slot: _Slot, values: dict[_Id, int]) -> dict[_Id, int]:
    """What meters whose money the ledger holds say of their wallets is nobody's balance."""
    if slot[1] is not ReadingKind.BALANCE:
        return values
    return {meter_id: value for meter_id, value in values.items() if meter_id not in remote}


def _array(values: Iterable[object]) -> str:
    """An array as PostgreSQL reads it: numbers, ids and moments. The driver would look at each of them by itself."""
    return "{" + ",".join(map(str, values)) + "}"


# What is searched next lies in memory, where each page costs the same. If it lay on a disk that turns, it would pay to
# walk over all meters for the sake of some hundred, and over all days of a week for its first.
_LOCK = text(
    """
    select count(*), array_agg(id) filter (where fee_control = 'remote'), set_config('random_page_cost', '1.1', true)
    from (
        select id, fee_control from meter where id = any(cast(cast(:ids as text) as uuid[]))
        order by id for no key update
    ) as locked
    """
)


async def _lock(db: AsyncSession, meters: set[_Id]) -> frozenset[_Id]:
    """Lock meters; those under remote fee control are told, for their wallets say nothing."""
    await db.flush()
    known, remote, _ = (await db.execute(_LOCK, {"ids": _array(meters)})).one()
    if known != len(meters):
        raise LookupError("a figure of a meter that is not known")
    return frozenset(meter_id.hex for meter_id in remote or ())


# Ids ascend within a statement, and days one behind the other: the key's index grows at its end, where random ids would
# touch a page of it for every row.
_INSERT = """
    insert into reading (id, meter_id, day, kind, value, source, read_at)
    select cast(:head || lpad(to_hex(place), 6, '0') as uuid), meter_id, :day, :kind, value, :source, :at
    from unnest(cast(cast(:meters as text) as uuid[]), cast(cast(:values as text) as bigint[])) with ordinality
        as figure (meter_id, value, place)
"""
_INSERT_NEW = text(_INSERT)
_INSERT_NEWEST = text(
    _INSERT
    + """
    on conflict (meter_id, day, kind) do update
        set value = excluded.value, source = excluded.source, read_at = excluded.read_at
        where reading.read_at <= excluded.read_at
    """
)
_MANY = 100


async def _insert(db: AsyncSession, slots: _Slots) -> None:
    """Many at once are as a rule those of a day that nobody has stored yet: a third cheaper if none is looked for."""
    if sum(map(len, slots.values())) >= _MANY:
        try:
            async with db.begin_nested():
                await _insert_by(_INSERT_NEW, db, slots)
            return
        except IntegrityError:
            pass  # some were there
    await _insert_by(_INSERT_NEWEST, db, slots)


async def _insert_by(statement: TextClause, db: AsyncSession, slots: _Slots) -> None:
    for (day, kind, at), values in slots.items():
        about = {"day": day, "kind": kind.value, "at": at, "source": BalanceSource.DAILY.value, "head": _head(at)}
        figures = {"meters": _array(values), "values": _array(values.values())}
        if values:
            await db.execute(statement, about | figures)


def _head(at: datetime) -> str:
    """The first 26 digits of ids: the moment and chance, as RFC 9562 has it of version 7."""
    chance = getrandbits(50)
    return f"{int(at.timestamp() * 1000):012x}7{chance >> 38:03x}{0x8 | chance >> 36 & 3:x}{chance & 0xFFFFFFFFF:09x}"


def _newest_balances(slots: _Slots) -> _Balances:
    """The last of each meter; slots of balances in the order of their moments, so that a later one goes over."""
    found: _Balances = {}
    for (_, kind, at), values in sorted(slots.items(), key=lambda slot: slot[0][2]):
        if kind is ReadingKind.BALANCE:
            found |= {meter_id: (value, at) for meter_id, value in values.items()}
    return found


_SHOWN = ("id", "account_id", "balance_minor", "daily_use_minor", "alarm_depth")
# What a meter uses a day is `domain.wallet.daily_use` of the earliest balance of its last week and this one.
_MOVE = text(
    """
    with figure as materialized (
        select * from unnest(cast(cast(:meters as text) as uuid[]), cast(cast(:values as text) as bigint[]),
                             cast(cast(:ats as text) as timestamptz[])) as figure (id, value, at) order by id
    ), learned as materialized (
        select figure.*, early.at as early_at, early.value + case when early.at is null then 0 else (
                select coalesce(sum(credit_minor), 0) from purchase where purchase.meter_id = figure.id
                and credited_at > early.at and credited_at <= figure.at) end - figure.value as used
        from figure left join lateral (
            select read_at as at, value from reading where meter_id = figure.id and kind = 'balance' and day >= :since
            and read_at > figure.at - cast(:span as interval) and read_at < figure.at order by day limit 1
        ) as early on true
    )
    update meter set balance_minor = learned.value, balance_read_at = learned.at, balance_source = :source,
        silent_after = learned.at + cast(:fresh as interval), missed_at = null,
        daily_use_minor = case when used >= 0 and learned.at - early_at >= cast(:least as interval)
            then round(cast(used as float8) * 86400 / date_part('epoch', learned.at - early_at))
            else daily_use_minor end,
        spent_since = case when learned.value > -overdraft_limit_minor then null
                      else coalesce(spent_since, learned.at) end
    from learned where meter.id = learned.id and (balance_read_at is null or balance_read_at <= learned.at)
    returning meter.id, account_id, balance_minor, daily_use_minor, alarm_depth
    """
)
_MOVED = _MOVE.columns(*(table_of(Meter).c[name] for name in _SHOWN)).cte("moved")


async def _follow(db: AsyncSession, newest: _Balances) -> int:
    """Move the locked meters whose news these balances are, and see what follows; return how many moved."""
    values, ats = zip(*newest.values(), strict=True)
    moments = {at: str(at) for at in set(ats)}
    about = {"meters": _array(newest), "values": _array(values), "ats": _array(map(moments.__getitem__, ats))}
    since = min(moments).date() - USE_SPAN - 2 * _A_DAY  # wherever the clocks stand, the day of the earliest of a week
    spans = {"span": USE_SPAN, "least": LEAST_SPAN, "fresh": FRESH_FOR, "since": since}
    source = {"source": BalanceSource.DAILY.value}
    known = await policies(db)
    looked = _what_follows(known.usual, known.usual_id, frozenset(known.by_id.items()))
    moved, crossing, rules = (await db.execute(looked, about | spans | source)).one()
    if crossing:
        await alarms.follow_many(db, await alarms.standings(db, crossing))
    for rule_id in rules or ():
        await outbox.promise(db, Job.CHARGE_RULE, rule_id, max(moments))
    return int(moved)


_Found = tuple[int, list[UUID], list[UUID]]


@lru_cache(4)  # to build it takes longer than to look at a hundred meters, and policies seldom change
def _what_follows(usual: Policy, usual_id: UUID | None, named: frozenset[tuple[UUID, Policy]]) -> Select[_Found]:
    """How many moved; who of them crosses a level or has levels of their own; rules whose balance may be reached."""
    meter, known = _MOVED.c, Policies(usual, usual_id, dict(named))
    own, near = alarm_sweep.has_own(meter), alarm_sweep.near_a_level(known, meter)
    crosses = select(meter.id).join(Account, col(Account.id) == meter.account_id)
    crosses = crosses.where(or_(near, own), or_(alarm_sweep.stands_wrong(known, meter), own))
    rule = select(col(TopUpRule.id)).join(_MOVED, col(TopUpRule.meter_id) == meter.id)
    rule = rule.where(col(TopUpRule.kind) == TopUpKind.LOW, col(TopUpRule.stopped_at).is_(None))
    rule = rule.where(col(TopUpRule.below_minor) > meter.balance_minor)
    arrays = (func.array(each.scalar_subquery()) for each in (crosses, rule))
    return select(select(func.count()).select_from(_MOVED).scalar_subquery(), *arrays)
