"""Works out what a change would come to for each account, a slice at a time (SPEC B-6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy import select as sql_select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain import alarm
from app.domain.alarm import AlertUnit, Own, OwnLevel, Watch
from app.domain.level_change import ChangeKind, Kept, Used, average, from_use
from app.models import Account, LevelChange, LevelChangeItem, Meter
from app.services.alarm_levels import Place, Policies, Source, policies, sources
from app.services.customer_filter import conditions
from app.services.levels.wish import ChangeWish

SLICE = 2_000

PRINT = """
    coalesce(account.alarm_policy_id::text, '') || '|' || coalesce((
        select string_agg(concat_ws(':', l.depth, l.unit, l.value, l."on"), ',' order by l.depth)
        from account_level l where l.account_id = account.id), '')
"""
"""An account's settings in a word, as SQL."""


@dataclass(frozen=True, slots=True)
class _Home:
    """One meter of an account in the slice."""

    place: Place
    number: str
    print: str
    balance_minor: int | None
    arrears_minor: int
    depth: int


async def draft_slice(db: AsyncSession, row: LevelChange, wish: ChangeWish, now: datetime) -> int:
    """Draft the next accounts after `row.cursor`; return how many there were."""
    accounts = await _accounts(db, wish, row.cursor, now)
    if not accounts:
        return 0
    homes = await _homes(db, accounts)
    known = await policies(db)
    found = await sources(db, known, [home.place for home in homes])
    used = await _used(db, homes, wish, now) if wish.kind is ChangeKind.USE else {}
    by_account: dict[UUID, list[_Home]] = {}
    for home in homes:
        by_account.setdefault(home.place.account_id, []).append(home)
    items = [_item(row.id, wish, known, _Case(theirs, found, used)) for theirs in by_account.values()]
    await db.execute(insert(table_of(LevelChangeItem)), items)
    row.cursor = accounts[-1]
    return len(accounts)


async def _accounts(db: AsyncSession, wish: ChangeWish, after: UUID | None, now: datetime) -> list[UUID]:
    whom = wish.whom
    statement = sql_select(col(Account.id)).join(Meter, col(Meter.account_id) == col(Account.id))
    statement = statement.where(*conditions(whom.filter, now))
    if whom.numbers:
        statement = statement.where(col(Account.number).in_(whom.numbers))
    if whom.by_policy:
        statement = statement.where(col(Account.alarm_policy_id).is_not_distinct_from(whom.of_policy))
    if after is not None:
        statement = statement.where(col(Account.id) > after)
    statement = statement.distinct().order_by(col(Account.id)).limit(SLICE)
    return list((await db.execute(statement)).scalars().all())


_HOMES = text(
    f"""
    select meter.id, account.id as account_id, account.alarm_policy_id, meter.daily_use_minor, account.number,
           {PRINT} as print, meter.balance_minor, account.arrears_minor, meter.alarm_depth
    from account join meter on meter.account_id = account.id
    where account.id = any(cast(:ids as uuid[])) order by account.id, meter.number
    """  # noqa: S608  (fixed words)
)


async def _homes(db: AsyncSession, accounts: Sequence[UUID]) -> list[_Home]:
    rows = await db.execute(_HOMES, {"ids": list(accounts)})
    return [_Home(Place(*row[:4]), *row[4:]) for row in rows]


_USED = text(
    """
    select each.meter_id, first.read_at, first.value, last.read_at, last.value,
        coalesce((select sum(credit_minor) from purchase where purchase.meter_id = each.meter_id
                  and credited_at > first.read_at and credited_at <= last.read_at), 0)
    from unnest(cast(:ids as uuid[])) as each (meter_id),
    lateral (select read_at, value from reading where reading.meter_id = each.meter_id and kind = 'balance'
             and read_at > :since and read_at <= :now order by day limit 1) as first,
    lateral (select read_at, value from reading where reading.meter_id = each.meter_id and kind = 'balance'
             and read_at > :since and read_at <= :now order by day desc limit 1) as last
    """
)


async def _used(db: AsyncSession, homes: Sequence[_Home], wish: ChangeWish, now: datetime) -> dict[UUID, Used]:
    asked = {
        "ids": [home.place.meter_id for home in homes],
        "since": now - timedelta(days=wish.days + 1),
        "now": now,
    }
    return {row[0]: Used(row[1], row[2], row[3], row[4], int(row[5])) for row in await db.execute(_USED, asked)}


@dataclass(frozen=True, slots=True)
class _Case:
    """The meters of one account, and what is known of each."""

    homes: list[_Home]
    sources: dict[UUID, Source]
    used: dict[UUID, Used]

    def average(self, period: timedelta) -> int | None:
        """The largest of its meters' averages: the levels must be early enough for each."""
        found = [average(self.used.get(home.place.meter_id), period) for home in self.homes]
        return max((each for each in found if each is not None), default=None)


def _item(change_id: UUID, wish: ChangeWish, known: Policies, case: _Case) -> dict[str, object]:
    first, used = case.homes[0], case.average(timedelta(days=wish.days))
    values = _values(wish, used)
    pairs = [_before_and_after(home, case.sources[home.place.meter_id], wish, values, known) for home in case.homes]
    before, after = pairs[0]
    kept = Kept.NO_DATA if values is None else Kept.SAME if _same(first, wish, values, known, case) else ""
    stand = _stands(case.homes, [watch for _, watch in pairs])
    return {
        "id": uuid4(),
        "change_id": change_id,
        "account_id": first.place.account_id,
        "number": first.number,
        "average_minor": used,
        "olds": _figures(before),
        "news": _figures(before if kept else after),
        "set_values": values or [],
        "before": first.print,
        "kept": kept,
        "depth_before": max(home.depth for home in case.homes),
        "depth_after": max(home.depth for home in case.homes) if kept else stand,
    }


def _values(wish: ChangeWish, used: int | None) -> list[int] | None:
    """What is set at each depth of the wish; None where that cannot be told."""
    if wish.kind is not ChangeKind.USE:
        return [level.value for level in wish.levels]
    return None if used is None else [from_use(used, level) for level in wish.levels]


def _set(wish: ChangeWish, values: list[int]) -> dict[int, OwnLevel]:
    unit_of = {level.depth: AlertUnit.MONEY if wish.kind is ChangeKind.USE else level.unit for level in wish.levels}
    pairs = zip(wish.levels, values, strict=True)
    return {level.depth: OwnLevel(unit_of[level.depth], value, level.on) for level, value in pairs}


def _before_and_after(
    home: _Home, source: Source, wish: ChangeWish, values: list[int] | None, known: Policies
) -> tuple[Watch, Watch]:
    policy = known.of(home.place.policy_id)
    before = alarm.watched(policy, source.own, source.means)
    if values is None:
        return before, before
    if wish.kind is ChangeKind.POLICY:
        own = Own(wish=source.own.wish)
        return before, alarm.watched(known.of(wish.policy_id), own, source.means)
    own = replace(source.own, levels={**source.own.levels, **_set(wish, values)})
    return before, alarm.watched(policy, own, source.means)


def _same(first: _Home, wish: ChangeWish, values: list[int], known: Policies, case: _Case) -> bool:
    own = case.sources[first.place.meter_id].own
    if wish.kind is ChangeKind.POLICY:
        return not own.levels and first.place.policy_id == wish.policy_id
    return all(own.levels.get(depth) == level for depth, level in _set(wish, values).items())


def _stands(homes: Sequence[_Home], watches: Sequence[Watch]) -> int:
    return max(_stand(home, watch) for home, watch in zip(homes, watches, strict=True))


def _stand(home: _Home, watch: Watch) -> int:
    if home.balance_minor is None:
        return home.depth
    return alarm.step(home.depth, home.balance_minor, watch, home.arrears_minor)


def _figures(watch: Watch) -> list[int | None]:
    deepest = max((level.depth for level in watch.levels), default=0)
    return [level.below_minor if (level := watch.at(depth)) else None for depth in range(1, deepest + 1)]
