"""What staff see of providers and do to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import sharing
from app.domain.sharing import MoveReason
from app.models import Audit, Carrier, CarrierMove, Staff
from app.models.account import ChannelName
from app.services.carrier_paces import Lately, Place, lately
from app.services.carriers import locked, moved, switch_off

_MOVES = 50


class CarrierError(Exception):
    """What staff asked for cannot be. `code`: unknown_carrier, share_out_of_range."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Standing:
    """A provider as the page shows it. `named`: the settings name it; others are left from before."""

    row: Carrier
    lately: Lately
    named: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A line of the log, with who it was; empty: it moved by itself."""

    move: CarrierMove
    who: str


async def standings(db: AsyncSession, named: Sequence[Place], now: datetime) -> list[Standing]:
    """Every provider that is named or was used, by medium."""
    known = set(named)
    found = await lately(db, now)
    rows = (await db.exec(select(Carrier).order_by(col(Carrier.medium), col(Carrier.name)))).all()
    places = [Place(row.name, ChannelName(row.medium)) for row in rows]
    return [
        Standing(row, found.get(place, Lately()), place in known)
        for row, place in zip(rows, places, strict=True)
        if place in known or place in found
    ]


async def moves(db: AsyncSession) -> list[Moved]:
    """The newest moves."""
    rows = select(CarrierMove, Staff.name).join(Staff, col(Staff.id) == col(CarrierMove.staff_id), isouter=True)
    newest = await db.exec(rows.order_by(col(CarrierMove.at).desc(), col(CarrierMove.id)).limit(_MOVES))
    return [Moved(move, who or "") for move, who in newest]


async def rest_at(db: AsyncSession, place: Place, points: int, staff_id: UUID, now: datetime) -> None:
    """Set what a provider gets when all is well; it has it at once. Raises CarrierError."""
    if not 0 <= points <= sharing.ALL:
        raise CarrierError("share_out_of_range")
    row = await _one(db, place)
    if (row.resting_share, row.share) == (points, points):
        return
    db.add(moved(row, points, MoveReason.STAFF, now, staff_id))
    db.add(_act(place, "carrier_share_set", staff_id, now, before=row.resting_share, after=points))
    row.resting_share, row.share, row.moved_at = points, points, now


async def stop(db: AsyncSession, place: Place, staff_id: UUID, now: datetime) -> None:
    """Send nothing by a provider until it is switched on again. Raises CarrierError for an unknown one."""
    await _one(db, place)
    if await switch_off(db, place, MoveReason.STAFF, now, staff_id=staff_id):
        db.add(_act(place, "carrier_stopped", staff_id, now))


async def start(db: AsyncSession, place: Place, staff_id: UUID, now: datetime) -> None:
    """Send by a provider again, whatever switched it off. Raises CarrierError for an unknown one."""
    row = await _one(db, place)
    if row.off_at is None:
        return
    row.off_at, row.off_reason, row.moved_at = None, "", now
    db.add(moved(row, row.share, MoveReason.STAFF, now, staff_id))
    db.add(_act(place, "carrier_started", staff_id, now))


async def _one(db: AsyncSession, place: Place) -> Carrier:
    row = next((row for row in await locked(db, place.medium) if row.name == place.name), None)
    if row is None:
        raise CarrierError("unknown_carrier")
    return row


def _act(place: Place, act: str, staff_id: UUID, now: datetime, **detail: int) -> Audit:
    about: dict[str, str | int | None] = {"carrier": place.name, "medium": place.medium.value, **detail}
    return Audit(staff_id=staff_id, act=act, detail=about, at=now)
