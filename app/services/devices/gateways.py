"""Gateways that we dial, as staff keep them: added, changed, taken away (SPEC H-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.dialling import Way
from app.models import Audit, Concentrator, GridNode, Kiosk, Meter
from app.services.devices.status import with_area_and_meters

PAGE = 100
LONGEST_NAME = 60
MOST_PLACES = 500
REGION = "0000"
"""No concentrator has it: what we call gateways, which have no address of their own."""

_TRIES = 5
_LAST = 0xFFFF


class GatewayError(Exception):
    """`code`: why a gateway cannot be kept like that."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wanted:
    """What staff enter. `host` and `port` are read (app.domain.dialling)."""

    name: str
    node_id: UUID
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class GatewayLine:
    """A gateway as the list shows it."""

    row: Concentrator
    area: str
    meters: int


async def listed(db: AsyncSession, after: tuple[str, UUID] | None = None, most: int = PAGE) -> Sequence[GatewayLine]:
    """The next gateways by name; `after`: name and id of the last one of the page before."""
    rows = with_area_and_meters().where(_GATEWAY)
    if after is not None:
        rows = rows.where(tuple_(col(Concentrator.name), col(Concentrator.id)) > after)
    found = await db.execute(rows.order_by(col(Concentrator.name), col(Concentrator.id)).limit(most))
    return [GatewayLine(row, area, count) for row, area, count in found]


async def one(db: AsyncSession, gateway_id: UUID) -> GatewayLine | None:
    """The gateway with this id; None if there is none."""
    row = (await db.exec(select(Concentrator).where(Concentrator.id == gateway_id, _GATEWAY))).first()
    if row is None:
        return None
    node = await db.get_one(GridNode, row.node_id)
    meters = (await db.exec(select(func.count()).where(Meter.concentrator_id == row.id))).one()
    return GatewayLine(row, node.name, meters)


async def places(db: AsyncSession) -> list[tuple[UUID, str, int]]:
    """Where in the grid one may stand: nodes with their names and depths, from top to bottom."""
    rows = select(GridNode.id, GridNode.name, GridNode.path).order_by(col(GridNode.path)).limit(MOST_PLACES)
    return [(each, name, path.strip("/").count("/")) for each, name, path in await db.exec(rows)]


async def add(db: AsyncSession, wanted: Wanted, staff_id: UUID, now: datetime) -> UUID:
    """Add a gateway; the front-ends dial it within seconds. Raises GatewayError."""
    await _check(db, wanted, None)
    for _ in range(_TRIES):
        last = (await db.exec(select(func.max(Concentrator.terminal)).where(Concentrator.region == REGION))).one()
        if (last or 0) >= _LAST:
            raise GatewayError("gateway_full")
        row = Concentrator(
            node_id=wanted.node_id,
            name=wanted.name,
            region=REGION,
            terminal=(last or 0) + 1,
            driver=Way.DLT645_TCP.value,
            host=wanted.host,
            port=wanted.port,
        )
        if await add_once(db, row):
            _note(db, "gateway_added", row, staff_id, now)
            return row.id
    raise GatewayError("gateway_taken")


async def change(db: AsyncSession, gateway_id: UUID, wanted: Wanted, staff_id: UUID, now: datetime) -> None:
    """Change what is known of one; its link is opened anew where its place is another. Raises GatewayError,
    NoResultFound."""
    row = await _locked(db, gateway_id)
    await _check(db, wanted, gateway_id)
    if (row.name, row.node_id, row.host, row.port) == (wanted.name, wanted.node_id, wanted.host, wanted.port):
        return
    row.name, row.node_id, row.host, row.port = wanted.name, wanted.node_id, wanted.host, wanted.port
    try:
        await db.flush()
    except IntegrityError as error:
        raise GatewayError("gateway_taken") from error
    _note(db, "gateway_changed", row, staff_id, now)


async def remove(db: AsyncSession, gateway_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Take one away behind which nothing hangs and of which nothing is told. Raises GatewayError, NoResultFound."""
    row = await _locked(db, gateway_id)
    for model in (Meter, Kiosk):
        if (await db.exec(select(model.id).where(model.concentrator_id == gateway_id).limit(1))).first() is not None:
            raise GatewayError("gateway_in_use")
    _note(db, "gateway_removed", row, staff_id, now)
    await db.delete(row)
    try:
        await db.flush()
    except IntegrityError as error:  # frames, events and operations are evidence
        raise GatewayError("gateway_has_history") from error


_GATEWAY = col(Concentrator.driver) == Way.DLT645_TCP.value


async def _locked(db: AsyncSession, gateway_id: UUID) -> Concentrator:
    return (await db.exec(select(Concentrator).where(Concentrator.id == gateway_id, _GATEWAY).with_for_update())).one()


async def _check(db: AsyncSession, wanted: Wanted, own_id: UUID | None) -> None:
    if not 0 < len(wanted.name) <= LONGEST_NAME:
        raise GatewayError("gateway_name")
    if await db.get(GridNode, wanted.node_id) is None:
        raise GatewayError("gateway_place")
    there = select(Concentrator.id).where(Concentrator.host == wanted.host, Concentrator.port == wanted.port)
    if any(each != own_id for each in await db.exec(there)):
        raise GatewayError("gateway_taken")


def _note(db: AsyncSession, act: str, row: Concentrator, staff_id: UUID, now: datetime) -> None:
    detail: dict[str, str | int | None] = {"subject": row.name, "host": row.host, "port": row.port}
    db.add(Audit(staff_id=staff_id, act=act, subject_id=row.id, detail=detail, at=now))
