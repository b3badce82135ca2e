"""What staff do with existing head ends: join one, change it, give it places, put meters behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement
from sqlalchemy import select as sql_select
from sqlmodel import col, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import is_one_of
from app.domain.dialling import Way
from app.domain.head_end import MOST_MOVED, CannotJoin, read_key, read_name, read_secret, read_url
from app.models import (
    AmiHeadEnd,
    AmiTask,
    Audit,
    Concentrator,
    GridNode,
    Meter,
    MeterGroup,
    Note,
    OperationItem,
    Purchase,
)
from app.services.sealing import seal

PURPOSE = "ami head end"
REGION = "9998"  # addresses of our own: no concentrator dials in under them
_LAST = 65535


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff typed about a head end. `secret` empty: the one that is known stays."""

    name: str
    url: str
    key_id: str
    secret: str
    enabled: bool = True


def callback_url(public_url: str, head_end_id: UUID) -> str:
    """Where a head end tells us the end of a task."""
    return f"{public_url.rstrip('/')}/hooks/ami/{head_end_id}"


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, and when."""

    by: UUID
    now: datetime

    def told(self, act: str, subject: UUID, **detail: str | int) -> Audit:
        """Return the line of the audit log."""
        return Audit(staff_id=self.by, act=act, subject_id=subject, detail=dict(detail), at=self.now)


async def add(db: AsyncSession, wish: Wish, key: str, act: Act) -> AmiHeadEnd:
    """Join a head end. `key`: session secret, which seals the secret. Raises CannotJoin."""
    name, url, key_id, secret = (
        read_name(wish.name), read_url(wish.url), read_key(wish.key_id), read_secret(wish.secret),
    )  # fmt: skip
    await _must_be_free(db, name, None)
    head_end_id = uuid4()
    sealed = _sealed(secret, head_end_id, key)
    row = AmiHeadEnd(id=head_end_id, name=name, url=url, key_id=key_id, secret_sealed=sealed, enabled=wish.enabled)
    db.add(row)
    db.add(act.told("head_end_added", row.id, name=name, url=url))
    await db.flush()
    return row


async def change(db: AsyncSession, head_end_id: UUID, wish: Wish, key: str, act: Act) -> None:
    """Change where it is, our name or secret there, or switch it off and on. Raises CannotJoin, NoResultFound."""
    row = await db.get_one(AmiHeadEnd, head_end_id, with_for_update=True)
    name = read_name(wish.name)
    await _must_be_free(db, name, row.id)
    row.name, row.url, row.key_id, row.enabled = name, read_url(wish.url), read_key(wish.key_id), wish.enabled
    if wish.secret.strip():
        row.secret_sealed = _sealed(read_secret(wish.secret), row.id, key)
    told: dict[str, str | int] = {
        "url": row.url,
        "enabled": int(row.enabled),
        "new_secret": int(bool(wish.secret.strip())),
    }
    db.add(act.told("head_end_changed", row.id, name=name, **told))


async def add_place(db: AsyncSession, head_end_id: UUID, name: str, node_id: UUID, act: Act) -> UUID:
    """Add a place on the grid whose meters a head end has. Raises CannotJoin."""
    row = await db.get_one(AmiHeadEnd, head_end_id, with_for_update=True)
    called = read_name(name)
    if await db.get(GridNode, node_id) is None:
        raise CannotJoin("no_node")
    await db.exec(select(func.pg_advisory_xact_lock(func.hashtext("ami place"))))
    highest = (await db.exec(select(func.max(Concentrator.terminal)).where(Concentrator.region == REGION))).one()
    if (highest or 0) >= _LAST:
        raise CannotJoin("place_full")
    place = Concentrator(
        node_id=node_id, name=called, region=REGION, terminal=(highest or 0) + 1,
        driver=Way.AMI.value, ami_head_end_id=row.id,
    )  # fmt: skip
    db.add(place)
    db.add(act.told("head_end_place_added", row.id, name=called, place=f"{REGION}-{place.terminal}"))
    await db.flush()
    return place.id


@dataclass(frozen=True, slots=True)
class PlaceOf:
    """A place, and the head end that it has to belong to."""

    head_end_id: UUID
    place_id: UUID | None


async def put_behind(db: AsyncSession, where: PlaceOf, numbers: Sequence[str], act: Act) -> int:
    """Put meters behind a place, all of them or none; return how many. What waits for them goes the new way.

    Raises CannotJoin: `no_meters` (or no such place), `unknown_meters` (which), `meter_busy` (a task about it has no
    end at another head end, or a job is speaking with it now), `meters_kept` (which: their terminals keep what they
    buy, and that does not follow them).
    """
    place = await db.get(Concentrator, where.place_id) if where.place_id else None
    wanted = sorted({number.strip() for number in numbers if number.strip()})
    if place is None or place.ami_head_end_id != where.head_end_id or not 1 <= len(wanted) <= MOST_MOVED:
        raise CannotJoin("no_meters")
    ids = await _known_ids(db, wanted)
    named = select(Meter).where(is_one_of(col(Meter.id), ids))
    await _hold_promises(db, ids, act.now)
    meters = (await db.exec(named.order_by(col(Meter.id)).with_for_update())).all()
    open_tasks = select(AmiTask.id).where(is_one_of(col(AmiTask.meter_id), ids), col(AmiTask.ended_at).is_(None))
    if (await db.exec(open_tasks.limit(1))).first() is not None:
        raise CannotJoin("meter_busy")
    await _demand_free(db, ids)
    for meter in meters:
        meter.concentrator_id, meter.point = place.id, None
    await _lead_promises(db, ids, place.id)
    db.add(act.told("head_end_meters_moved", where.head_end_id, place=place.name, meters=len(meters)))
    return len(meters)


async def _demand_free(db: AsyncSession, meters: Sequence[UUID]) -> None:
    kept = select(Meter.number).join(MeterGroup, col(MeterGroup.meter_id) == col(Meter.id))
    here = is_one_of(col(Meter.id), meters), col(MeterGroup.concentrator_id) == col(Meter.concentrator_id)
    found = (await db.exec(kept.where(*here).order_by(col(Meter.number)).limit(10))).all()
    if found:
        raise CannotJoin("meters_kept", ", ".join(found))


async def _known_ids(db: AsyncSession, wanted: Sequence[str]) -> list[UUID]:
    """A number goes before an address: what is printed on one meter may be the address of another."""
    rows = await db.exec(
        select(Meter.id, Meter.number, Meter.address).where(
            or_(col(Meter.number).in_(wanted), col(Meter.address).in_(wanted))
        )
    )
    found = rows.all()
    known = {address: each for each, _, address in found} | {number: each for each, number, _ in found}
    strangers = [name for name in wanted if name not in known]
    if strangers:
        raise CannotJoin("unknown_meters", ", ".join(strangers[:10]))
    return sorted({known[name] for name in wanted})


def _waiting(meters: Sequence[UUID]) -> tuple[ColumnElement[bool], ...]:
    """Open promises about meters that go through a concentrator: about themselves, purchases, items of operations."""
    purchases = sql_select(col(Purchase.id)).where(is_one_of(col(Purchase.meter_id), meters))
    items = sql_select(col(OperationItem.id)).where(
        is_one_of(col(OperationItem.meter_id), meters), col(OperationItem.ended_at).is_(None)
    )
    subject = col(Note.subject_id)
    about = or_(is_one_of(subject, meters), subject.in_(purchases), subject.in_(items))
    return about, col(Note.done_at).is_(None), col(Note.concentrator_id).is_not(None)


async def _hold_promises(db: AsyncSession, meters: Sequence[UUID], now: datetime) -> None:
    """Lock the promises first, in the order of the jobs; what is in somebody's hands now is not pulled from them."""
    for note in await db.exec(select(Note).where(*_waiting(meters)).order_by(col(Note.id)).with_for_update()):
        if note.taken_until is not None and note.taken_until > now:
            raise CannotJoin("meter_busy")


async def _lead_promises(db: AsyncSession, meters: Sequence[UUID], place_id: UUID) -> None:
    there = update(Note).where(*_waiting(meters)).values(concentrator_id=place_id)
    await db.execute(there.execution_options(synchronize_session=False))


async def _must_be_free(db: AsyncSession, name: str, mine: UUID | None) -> None:
    taken = select(AmiHeadEnd.id).where(AmiHeadEnd.name == name)
    if (await db.exec(taken)).first() not in (None, mine):
        raise CannotJoin("name_taken")


def _sealed(secret: str, head_end_id: UUID, key: str) -> str:
    try:
        return seal(secret, PURPOSE, head_end_id, key)
    except ValueError:
        raise CannotJoin("no_session_secret") from None
