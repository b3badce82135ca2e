"""Households that no concentrator of ours reaches: a gateway that we dial, and somebody else's head end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.keys import HEAD_END_KEY, DemoSecrets
from app.demo.town import Outpost, Town
from app.domain.dialling import Way
from app.models import AmiHeadEnd, Concentrator, GridNode
from app.services.devices import gateways
from app.services.devices.gateways import Wanted
from app.services.head_ends import joining
from app.services.head_ends.joining import Act, Wish
from app.services.sealing import seal

_HOST = "127.0.0.1"
_SOMEWHERE = 4001  # where it is, is known when the demo runs


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the outposts of a town are this time. `ports`: one for each way into it."""

    town: Town
    ports: Sequence[int]
    secrets: DemoSecrets


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
    if outpost.way is Way.DLT645_TCP:
        wanted = Wanted(_name(outpost), area.id, _HOST, _SOMEWHERE)
        return await db.get_one(Concentrator, await gateways.add(db, wanted, staff_id, now))
    unknown = DemoSecrets()  # it is said when the demo runs, as the address is
    wish = Wish(_name(outpost), f"http://{_HOST}:{_SOMEWHERE}", HEAD_END_KEY, unknown.head_end)
    act = Act(staff_id, now)
    head_end = await joining.add(db, wish, unknown.session, act)
    return await db.get_one(Concentrator, await joining.add_place(db, head_end.id, outpost.name, area.id, act))


async def point_at_outposts(db: AsyncSession, where: Whereabouts) -> None:
    """Say where each of them is this time, and to a head end with which secret we come."""
    for number, outpost in enumerate(where.town.outposts, where.town.concentrators):
        if outpost.way is Way.DLT645_TCP:
            await _dial(db, outpost, where.ports[number])
        else:
            await _join(db, outpost, where.ports[number], where.secrets)


async def _dial(db: AsyncSession, outpost: Outpost, port: int) -> None:
    row = (await db.exec(select(Concentrator).where(Concentrator.name == _name(outpost)))).first()
    if row is not None:
        row.port = port


async def _join(db: AsyncSession, outpost: Outpost, port: int, secrets: DemoSecrets) -> None:
    row = (await db.exec(select(AmiHeadEnd).where(AmiHeadEnd.name == _name(outpost)))).first()
    if row is not None:
        row.url, row.key_id = f"http://{_HOST}:{port}", HEAD_END_KEY
        row.secret_sealed = seal(secrets.head_end, joining.PURPOSE, row.id, secrets.session)


def _name(outpost: Outpost) -> str:
    return f"{outpost.name} {'网关' if outpost.way is Way.DLT645_TCP else '采集主站'}"
