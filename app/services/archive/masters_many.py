"""Master meters by the thousand, read and written in few statements: for files, and for whoever takes them away."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, exists, false, tuple_
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.archive import ArchiveTerms
from app.domain.master_file import MasterStanding, read_place, spelled_place
from app.models import Concentrator, GridNode, MasterMeter, Meter
from app.services.archive.hanging import hanging_of_master
from app.services.archive.masters import MasterWish
from app.services.archive.rules import terms_of_many
from app.services.customer_filter import concentrators_below

_TABLE = table_of(MasterMeter)
_DIALS_IN = "gdw1376"


@dataclass(frozen=True, slots=True)
class Spot:
    """A concentrator at which master meters hang, or are to."""

    concentrator_id: UUID
    spelled: str
    name: str
    area: str
    terms: ArchiveTerms


@dataclass(frozen=True, slots=True)
class Known:
    """What is known: master meters by address, their concentrators by id and by address, what other meters have."""

    masters: Mapping[str, MasterMeter]
    spots: Mapping[UUID, Spot]
    by_place: Mapping[str, Spot]
    others: frozenset[str]

    def standing(self, master: MasterMeter) -> MasterStanding:
        """How one of them stands now."""
        spot = self.spots[master.concentrator_id]
        return MasterStanding(spot.spelled, master.name, hanging_of_master(master), master.point)


@dataclass(frozen=True, slots=True)
class New:
    """A master meter that is to be added under its point."""

    concentrator_id: UUID
    wish: MasterWish
    point: int


async def known_of(db: AsyncSession, addresses: Sequence[str], places: Collection[str], *, lock: bool = False) -> Known:
    """What is known of addresses on the line, and of concentrators by address.

    `lock`: nobody changes these concentrators' points, nor these master meters, until the end of it.
    """
    by_place = await _spots(db, _named(places), lock=lock)
    wanted = select(MasterMeter).where(col(MasterMeter.address).in_(addresses)).order_by(col(MasterMeter.id))
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    masters = {each.address: each for each in await db.exec(wanted)}
    there = {each.concentrator_id for each in masters.values()}
    spots = {each.concentrator_id: each for each in by_place}
    missing = there - spots.keys()
    spots |= {each.concentrator_id: each for each in await _spots(db, col(Concentrator.id).in_(missing))}
    others = frozenset(await db.exec(select(Meter.address).where(col(Meter.address).in_(addresses))))
    return Known(masters, spots, {each.spelled: each for each in by_place}, others)


def _named(places: Collection[str]) -> ColumnElement[bool]:
    pairs = [(place[:4], int(place[5:])) for place in places if read_place(place) == place]
    return tuple_(col(Concentrator.region), col(Concentrator.terminal)).in_(pairs) if pairs else false()


async def _spots(db: AsyncSession, which: ColumnElement[bool], *, lock: bool = False) -> list[Spot]:
    if lock:
        held = select(Concentrator.id).where(which).order_by(col(Concentrator.id))
        await db.exec(held.with_for_update(key_share=True))
    return await _read(db, which, None)


async def _read(db: AsyncSession, which: ColumnElement[bool], most: int | None) -> list[Spot]:
    wanted = select(Concentrator, GridNode.name).join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
    wanted = wanted.where(which).order_by(col(Concentrator.region), col(Concentrator.terminal)).limit(most)
    rows = list(await db.exec(wanted))
    terms = await terms_of_many(db, {row.id for row, _ in rows})
    return [Spot(row.id, spelled_place(row.region, row.terminal), row.name, area, terms[row.id]) for row, area in rows]


async def add_many(db: AsyncSession, new: Sequence[New]) -> set[str]:
    """Add them; return the addresses of those that were added: one that somebody adds at this moment is theirs."""
    rows = [_columns(each) for each in sorted(new, key=lambda each: each.wish.hanging.address)]
    if not rows:  # in one order, so that two that add at one moment wait for each other
        return set()
    one = insert(_TABLE).on_conflict_do_nothing(index_elements=["address"]).returning(_TABLE.c.address)
    return set((await db.execute(one, rows)).scalars())


def _columns(new: New) -> dict[str, object]:
    hanging = new.wish.hanging
    hangs = {"address": hanging.address, "protocol": hanging.protocol.value, "port": hanging.port, "baud": hanging.baud}
    about = {"id": uuid4(), "concentrator_id": new.concentrator_id, "name": new.wish.name, "point": new.point}
    return {**about, **hangs}


async def after_address(
    db: AsyncSession, after: str, node_id: UUID | None, most: int, *, waiting: bool = False
) -> list[tuple[MasterMeter, Spot]]:
    """The next ones by address, with their concentrators; `node_id`: below this place of the grid only.

    `waiting`: those only that their concentrator was not proved to have as they hang.
    """
    wanted = select(MasterMeter).where(col(MasterMeter.address) > after)
    if node_id is not None:
        wanted = wanted.where(col(MasterMeter.concentrator_id).in_(concentrators_below(node_id)))
    if waiting:
        wanted = wanted.where(col(MasterMeter.held_at).is_(None))
    rows = list(await db.exec(wanted.order_by(col(MasterMeter.address)).limit(most)))
    places = await _spots(db, col(Concentrator.id).in_({row.concentrator_id for row in rows}))
    spots = {each.concentrator_id: each for each in places}
    return [(row, spots[row.concentrator_id]) for row in rows]


async def without_any(db: AsyncSession, after: str, node_id: UUID | None, most: int) -> list[Spot]:
    """The next concentrators by address that dial in, are expected, and have no master meter."""
    which = _bare(node_id)
    if after:
        which &= tuple_(col(Concentrator.region), col(Concentrator.terminal)) > (after[:4], int(after[5:]))
    return await _read(db, which, most)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many master meters are there, how many of them wait to be downloaded, how many concentrators have none."""

    there: int
    waiting: int
    bare: int


async def how_many(db: AsyncSession) -> Tally:
    """Of the whole grid; concentrators that dial in and are expected only."""
    held = func.count(col(MasterMeter.held_at))
    there, proved = (await db.exec(select(func.count(), held).select_from(MasterMeter))).one()
    bare = (await db.exec(select(func.count()).select_from(Concentrator).where(_bare(None)))).one()
    return Tally(there, there - proved, bare)


def _bare(node_id: UUID | None) -> ColumnElement[bool]:
    has = exists(sql_select(col(MasterMeter.id)).where(col(MasterMeter.concentrator_id) == col(Concentrator.id)))
    which = ~has & col(Concentrator.enabled) & (col(Concentrator.driver) == _DIALS_IN)
    return which if node_id is None else which & col(Concentrator.id).in_(concentrators_below(node_id))
