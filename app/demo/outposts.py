"""Households that no concentrator of ours reaches: a gateway that we dial."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.stories import Outpost, Town
from app.models import Concentrator, GridNode
from app.services.devices import gateways
from app.services.devices.gateways import Wanted

_HOST = "127.0.0.1"
_SOMEWHERE = 4001  # where it is, is known when the demo runs


def grid_node(kind: str, name: str, parent: GridNode | None) -> GridNode:
    """A place in the grid below another."""
    node = GridNode(id=uuid4(), kind=kind, name=name, parent_id=parent.id if parent else None, path="")
    node.path = f"{parent.path}/{node.id}" if parent else str(node.id)
    return node


async def found(db: AsyncSession, outpost: Outpost, line: GridNode, staff_id: UUID, now: datetime) -> Concentrator:
    """Write an outpost down as staff would, in an area of its own."""
    area = grid_node("area", outpost.name, line)
    db.add(area)
    await db.flush()
    wanted = Wanted(_name(outpost), area.id, _HOST, _SOMEWHERE)
    return await db.get_one(Concentrator, await gateways.add(db, wanted, staff_id, now))


async def point_at_outposts(db: AsyncSession, town: Town, lines: Sequence[int]) -> None:
    """Say where each of them is this time. `lines`: as a site has them."""
    for number, outpost in enumerate(town.outposts, town.concentrators):
        row = (await db.exec(select(Concentrator).where(Concentrator.name == _name(outpost)))).first()
        if row is not None:
            row.port = lines[number]


def _name(outpost: Outpost) -> str:
    return f"{outpost.name} 网关"
