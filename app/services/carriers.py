"""The providers' shares, as rows: moved by what happens (SPEC N-3). What staff do is in `carrier_desk`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain import sharing
from app.domain.sharing import MoveReason, Share
from app.models import Carrier, CarrierMove
from app.models.account import ChannelName
from app.services.carrier_paces import Place, paces


async def enrol(db: AsyncSession, medium: ChannelName, names: Sequence[str], now: datetime) -> dict[str, Share]:
    """The shares of these providers; those that have no row yet get an even one."""
    found = {row.name: share_of(row) for row in await _rows(db, medium)}
    even = sharing.even(len(names))
    for name in (n for n in names if n not in found):
        made = Carrier(name=name, medium=medium, share=even, resting_share=even, moved_at=now)
        await add_once(db, made)
        found[name] = share_of(made)
    return {name: found[name] for name in names}


def share_of(row: Carrier) -> Share:
    """A row, for the rules."""
    return Share(row.name, row.share, row.resting_share, row.moved_at, row.off_at is not None)


async def stumble(db: AsyncSession, place: Place, reason: MoveReason, now: datetime) -> bool:
    """A provider answered with an error, or is slow: take points from it, unless it was moved a moment ago.

    Looked at without a lock first: in a burst nobody waits for anybody.
    """
    if not await _may_move(db, place, now):
        return False
    rows = await locked(db, place.medium)
    mine = next((row for row in rows if row.name == place.name), None)
    if mine is None or not sharing.may_move(share_of(mine), now):
        return False
    points = sharing.punished(place.name, [share_of(row) for row in rows])
    _move(db, rows, points, reason, now)
    mine.moved_at = now  # also where it had nothing left to lose: a burst is one event
    return bool(points)


async def _may_move(db: AsyncSession, place: Place, now: datetime) -> bool:
    wanted = select(Carrier.moved_at).where(Carrier.name == place.name, Carrier.medium == place.medium)
    moved_at = (await db.exec(wanted.where(col(Carrier.off_at).is_(None)))).first()
    return moved_at is not None and now - moved_at >= sharing.REST


async def switch_off(
    db: AsyncSession, place: Place, reason: MoveReason, now: datetime, *, staff_id: UUID | None = None
) -> bool:
    """Send nothing there any more: it does not know us (`credentials`), or staff say so. False: it was off already."""
    row = next((r for r in await locked(db, place.medium) if r.name == place.name and r.off_at is None), None)
    if row is None:
        return False
    row.off_at, row.off_reason = now, reason
    db.add(moved(row, row.share, reason, now, staff_id))
    return True


async def reopen(db: AsyncSession, medium: ChannelName, names: Sequence[str], now: datetime) -> None:
    """A notifier starts, perhaps with mended settings: those that were off for their credentials get another try."""
    for row in await locked(db, medium):
        if row.name in names and row.off_reason == MoveReason.CREDENTIALS:
            row.off_at, row.off_reason, row.moved_at = None, "", now
            db.add(moved(row, row.share, MoveReason.RECOVERED, now))


async def drift(db: AsyncSession, now: datetime) -> None:
    """Let every medium's shares go a step back to what staff want, where all has been well for a while."""
    for medium in ChannelName:
        rows = await locked(db, medium)
        _move(db, rows, sharing.drifted([share_of(row) for row in rows], now), MoveReason.RECOVERED, now)


async def slow_down(db: AsyncSession, now: datetime) -> None:
    """Take points from providers that were late with too much in the last quarter of an hour."""
    for place, pace in (await paces(db, now)).items():
        if sharing.is_slow(pace):
            await stumble(db, place, MoveReason.SLOW, now)


def _move(
    db: AsyncSession, rows: Sequence[Carrier], points: Mapping[str, int], reason: MoveReason, now: datetime
) -> None:
    for row in rows:
        after = points.get(row.name, row.share)
        if row.name in points and after != row.share:
            db.add(moved(row, after, reason, now))
            row.share, row.moved_at = after, now


def moved(row: Carrier, after: int, reason: str, now: datetime, staff_id: UUID | None = None) -> CarrierMove:
    """A line of the log."""
    return CarrierMove(
        name=row.name, medium=row.medium, before=row.share, after=after, reason=reason, staff_id=staff_id, at=now
    )


async def _rows(db: AsyncSession, medium: ChannelName) -> Sequence[Carrier]:
    return (await db.exec(select(Carrier).where(Carrier.medium == medium))).all()


async def locked(db: AsyncSession, medium: ChannelName) -> Sequence[Carrier]:
    """All of a medium's, in one order: a move takes from one and gives to the others."""
    statement = select(Carrier).where(Carrier.medium == medium).order_by(col(Carrier.name)).with_for_update()
    return (await db.exec(statement.execution_options(populate_existing=True))).all()
