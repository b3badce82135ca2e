"""Which front-end holds the link to which concentrator. The database side of logins, heartbeats and deaths.

A concentrator belongs to the front-end it last logged in to. `outbox.lease` hands its jobs there; without one they
wait, and a login wakes them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import ARRAY, ColumnElement, Integer, TableValuedAlias, Text, Update, Uuid, and_, cast
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select, tuple_, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.dialling import Way
from app.domain.review import ReviewKind
from app.models import Concentrator, FrontEnd, Review
from app.ports import ConcentratorAddress
from app.services.reviews import Evidence, Question, open_review

DEAD_AFTER = timedelta(seconds=15)
MOST_STRANGERS = 100  # open questions about unknown addresses; somebody who tries all of them asks no more
_JUST_NOW = timedelta(seconds=30)  # longer than a login may take
_FREE: dict[str, None] = {"front_end": None, "online_since": None}
_DIALS_IN = col(Concentrator.driver) == Way.GDW1376.value  # nobody logs in under an address that is only ours
_BLIND = {"synchronize_session": False}  # nobody here holds these rows as objects


async def started(db: AsyncSession, name: str, now: datetime) -> None:
    """A front-end has started: it has no links yet."""
    row = insert(FrontEnd).values(name=name, started_at=now, beat_at=now, dropped={})
    fresh = {"started_at": now, "beat_at": now, "dropped": {}}
    await db.execute(row.on_conflict_do_update(index_elements=["name"], set_=fresh))
    await stopped(db, name)


async def stopped(db: AsyncSession, name: str) -> None:
    """A front-end has no links any more."""
    await db.execute(update(Concentrator).where(col(Concentrator.front_end) == name).values(**_FREE))


async def beat(db: AsyncSession, name: str, now: datetime) -> None:
    """A front-end lives."""
    await db.execute(update(FrontEnd).where(col(FrontEnd.name) == name).values(beat_at=now))


async def logged_in(db: AsyncSession, address: ConcentratorAddress, front_end: str, now: datetime) -> bool:
    """One concentrator asks to be let in: it is ours now, and its jobs are due. False if it is turned away."""
    found = await let_in(db, {address: ""}, front_end, now)
    if not found:
        await ask_about_strangers(db, [address], front_end, now)
    await outbox.wake_all(db, found.values(), now)
    return bool(found)


async def let_in(
    db: AsyncSession, coming: Mapping[ConcentratorAddress, str], front_end: str, now: datetime
) -> dict[ConcentratorAddress, UUID]:
    """Concentrators ask to be let in, each from a host: return those that are ours now.

    The others are unknown here, not enabled, or held by another living front-end to which they came from elsewhere:
    that one is asked first (services.claims). Rows are locked in the order of their ids: a storm of logins at two
    front-ends is no deadlock.
    """
    came = _arrivals(coming)
    told = col(Concentrator.id), col(Concentrator.region), col(Concentrator.terminal), came.c.host
    here = and_(col(Concentrator.region) == came.c.region, col(Concentrator.terminal) == came.c.terminal)
    held = _held_elsewhere(front_end, now) & (col(Concentrator.link_host) != came.c.host)
    wanted = sql_select(*told).join(came, here).where(_DIALS_IN, col(Concentrator.enabled), held.is_not(True))
    rows = await db.execute(wanted.order_by(col(Concentrator.id)).with_for_update(key_share=True, of=Concentrator))
    found = {ConcentratorAddress(region, terminal): (each, host) for each, region, terminal, host in rows}
    if found:
        await _take(db, list(found.values()), {"front_end": front_end, "online_since": now, "heard_at": now})
    return {address: each for address, (each, _) in found.items()}


async def held_elsewhere(
    db: AsyncSession, addresses: Collection[ConcentratorAddress], front_end: str, now: datetime
) -> set[ConcentratorAddress]:
    """Return those whose link another living front-end says to hold."""
    told = sql_select(col(Concentrator.region), col(Concentrator.terminal))
    held = told.where(_among(addresses), _DIALS_IN, col(Concentrator.enabled), _held_elsewhere(front_end, now))
    return {ConcentratorAddress(region, terminal) for region, terminal in await db.execute(held)}


def _held_elsewhere(front_end: str, now: datetime) -> ColumnElement[bool]:
    living = sql_select(col(FrontEnd.name)).where(
        col(FrontEnd.name) != front_end, col(FrontEnd.beat_at) >= now - DEAD_AFTER
    )
    return col(Concentrator.front_end).in_(living)


async def _take(db: AsyncSession, rows: list[tuple[UUID, str]], values: dict[str, object]) -> None:
    ids = cast([each for each, _ in rows], ARRAY(Uuid))
    hosts = cast([host for _, host in rows], ARRAY(Text))
    taken = func.unnest(ids, hosts).table_valued("id", "host").render_derived()
    ours = update(Concentrator).where(col(Concentrator.id) == taken.c.id)
    await db.execute(ours.values(**values, link_host=taken.c.host), execution_options=_BLIND)


async def ask_about_strangers(
    db: AsyncSession, addresses: Collection[ConcentratorAddress], front_end: str, now: datetime
) -> None:
    """These were turned away: ask staff about those that the archive does not know at all, not too many of them."""
    told = sql_select(col(Concentrator.region), col(Concentrator.terminal)).where(_among(addresses))
    known = {ConcentratorAddress(region, terminal) for region, terminal in await db.execute(told)}
    kind = ReviewKind.UNKNOWN_CONCENTRATOR
    unsettled = select(func.count()).where(col(Review.kind) == kind, col(Review.settled_at).is_(None))
    asked = (await db.exec(unsettled)).one()
    for address in dict.fromkeys(addresses):
        if address not in known and asked < MOST_STRANGERS:
            asked += await open_review(db, Question(kind, stranger_id(address), _evidence(address, front_end)), now)


async def logged_out(db: AsyncSession, address: ConcentratorAddress, front_end: str) -> None:
    """A link of ours is gone."""
    await let_go(db, [address], front_end)


async def let_go(db: AsyncSession, addresses: Collection[ConcentratorAddress], front_end: str) -> None:
    """Links of ours are gone. Changes nothing of a concentrator that has logged in elsewhere since."""
    gone = _locking(_among(addresses), col(Concentrator.front_end) == front_end)
    await db.execute(gone.values(**_FREE), execution_options=_BLIND)


async def heard(db: AsyncSession, addresses: Collection[ConcentratorAddress], now: datetime) -> None:
    """Frames have come from these since the last time; one statement for all of them.

    Whoever is just being let in somewhere is passed over: that is written down with the login.
    """
    statement = _locking(_among(addresses), skip_locked=True).values(heard_at=now)
    await db.execute(statement, execution_options=_BLIND)


async def dropped(
    db: AsyncSession, name: str, counts: dict[str, int], of_links: Mapping[ConcentratorAddress, dict[str, int]]
) -> None:
    """Note what a front-end has refused and dropped, in all and of those links of which it has more to tell."""
    await db.execute(update(FrontEnd).where(col(FrontEnd.name) == name).values(dropped=counts))
    for address, of_link in of_links.items():
        ours = update(Concentrator).where(_at(address), col(Concentrator.front_end) == name)
        await db.execute(ours.values(dropped=of_link).execution_options(synchronize_session=False))


async def reconcile(
    db: AsyncSession, addresses: Collection[ConcentratorAddress], front_end: str, now: datetime
) -> list[ConcentratorAddress]:
    """Make the rows agree with the links that a living front-end really has; return those it got back.

    Rows go wrong when the database was away: a logout was not recorded, or others took us for dead. A concentrator
    that has logged in elsewhere since stays there, and one that is just being let in is left alone.
    """
    settled = col(Concentrator.online_since) < now - _JUST_NOW
    gone = _locking(col(Concentrator.front_end) == front_end, _DIALS_IN, settled, ~_among(addresses))
    await db.execute(gone.values(**_FREE), execution_options=_BLIND)
    orphans = _locking(_among(addresses), col(Concentrator.front_end).is_(None), col(Concentrator.enabled).is_(True))
    taken = orphans.values(front_end=front_end, online_since=now)
    told = col(Concentrator.id), col(Concentrator.region), col(Concentrator.terminal)
    rows = await db.execute(taken.returning(*told), execution_options=_BLIND)
    found = rows.all()
    await outbox.wake_all(db, [each for each, _, _ in found], now)
    return [ConcentratorAddress(region, terminal) for _, region, terminal in found]


async def outcasts(db: AsyncSession, addresses: Collection[ConcentratorAddress]) -> set[ConcentratorAddress]:
    """Return those that the archive does not let in any more: their address was changed, or they are not enabled."""
    told = sql_select(col(Concentrator.region), col(Concentrator.terminal))
    rows = await db.execute(told.where(_among(addresses), _DIALS_IN, col(Concentrator.enabled)))
    return set(addresses) - {ConcentratorAddress(region, terminal) for region, terminal in rows}


async def sweep_dead(db: AsyncSession, now: datetime) -> list[str]:
    """Take the concentrators from front-ends that have not beaten for 15 s; return the names of those that had some."""
    dead = select(FrontEnd.name).where(col(FrontEnd.beat_at) < now - DEAD_AFTER)
    theirs = update(Concentrator).where(col(Concentrator.front_end).in_(dead))
    before = await db.exec(select(Concentrator.front_end).where(col(Concentrator.front_end).in_(dead)).distinct())
    names = sorted(name for name in before.all() if name is not None)
    await db.execute(theirs.values(**_FREE))
    return names


async def shared_address(db: AsyncSession, address: ConcentratorAddress, front_end: str, now: datetime) -> None:
    """Two concentrators use one address: a person has to find out which is which."""
    row = (await db.exec(select(Concentrator).where(_at(address)))).one_or_none()
    if row is not None:
        question = Question(ReviewKind.TWO_CONCENTRATORS, row.id, _evidence(address, front_end))
        await open_review(db, question, now)


def stranger_id(address: ConcentratorAddress) -> UUID:
    """The subject of questions about an address that has no row: always the same one for the same address."""
    return uuid5(NAMESPACE_URL, f"relight:concentrator:{address.region}-{address.terminal}")


def _evidence(address: ConcentratorAddress, front_end: str) -> Evidence:
    return {"region": address.region, "terminal": address.terminal, "front_end": front_end}


def _at(address: ConcentratorAddress) -> ColumnElement[bool]:
    return and_(col(Concentrator.region) == address.region, col(Concentrator.terminal) == address.terminal)


def _locking(*conditions: ColumnElement[bool], skip_locked: bool = False) -> Update:
    """Changes the concentrators for which all of this holds, locked in the order of their ids: two that change many at
    the same time wait for each other and are no deadlock. Once it has the locks it looks again."""
    found = sql_select(col(Concentrator.id)).where(*conditions).order_by(col(Concentrator.id))
    locked = found.with_for_update(key_share=True, skip_locked=skip_locked)
    return update(Concentrator).where(col(Concentrator.id).in_(locked), *conditions)


def _arrivals(coming: Mapping[ConcentratorAddress, str]) -> TableValuedAlias:
    regions = cast([address.region for address in coming], ARRAY(Text))
    terminals = cast([address.terminal for address in coming], ARRAY(Integer))
    hosts = cast(list(coming.values()), ARRAY(Text))
    return func.unnest(regions, terminals, hosts).table_valued("region", "terminal", "host").render_derived()


def _among(addresses: Collection[ConcentratorAddress]) -> ColumnElement[bool]:
    """Two arrays and not a list of pairs: a statement has room for 32767 parameters only."""
    regions = cast([address.region for address in addresses], ARRAY(Text))
    terminals = cast([address.terminal for address in addresses], ARRAY(Integer))
    pairs = func.unnest(regions, terminals).table_valued("region", "terminal").render_derived()
    return tuple_(col(Concentrator.region), col(Concentrator.terminal)).in_(
        sql_select(pairs.c.region, pairs.c.terminal)
    )
