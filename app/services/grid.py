"""The grid tree as staff choose an area on it: what hangs below a node, opened step by step, or searched."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Account, Concentrator, Contact, GridNode, Meter
from app.models.grid import NodeKind

MOST_FOUND = 40
_MOST_NAMES = 500


@dataclass(frozen=True, slots=True)
class Size:
    """How much hangs below a place. `contacts`: ways to reach people that nobody has stopped."""

    meters: int
    accounts: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A node as the tree shows it. `depth` 0: a root; `above`: the names of the nodes over it."""

    id: UUID
    kind: NodeKind
    name: str
    depth: int
    meters: int
    children: int
    above: tuple[str, ...] = ()
    opened: bool = False


async def size_below(db: AsyncSession, node_id: UUID | None) -> Size:
    """What hangs below a node; None: everything. An unknown node has nothing."""
    node = await db.get(GridNode, node_id) if node_id else None
    if node_id is not None and node is None:
        return Size(0, 0, 0)
    counted = (
        sql_select(func.count(), func.count(col(Meter.account_id).distinct()))
        .select_from(Meter)
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
        .join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
    )
    meters, accounts = (await db.execute(counted.where(_below(node)))).one()
    theirs = (
        sql_select(col(Meter.account_id))
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
        .join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
        .where(_below(node))
    )
    reached = sql_select(func.count()).select_from(Contact).join(Account, col(Account.id) == col(Contact.account_id))
    reached = reached.where(col(Contact.account_id).in_(theirs), col(Contact.stopped_at).is_(None))
    return Size(meters, accounts, (await db.execute(reached)).scalar_one())


def _below(node: GridNode | None) -> ColumnElement[bool]:
    if node is None:
        return true()
    return (col(GridNode.path) == node.path) | col(GridNode.path).like(f"{node.path}/%")


async def tree(db: AsyncSession, opened: UUID | None) -> list[Branch]:
    """The roots, and below them every level down to the children of `opened`, as a page shows it from top to bottom."""
    node = await db.get(GridNode, opened) if opened else None
    way = [UUID(part) for part in node.path.split("/") if part] if node else []
    shown = select(GridNode).where(col(GridNode.parent_id).is_(None) | col(GridNode.parent_id).in_(way))
    nodes = list(await db.exec(shown.order_by(col(GridNode.name), col(GridNode.id))))
    if opened is None and len(nodes) == 1:  # one root says nothing
        return await tree(db, nodes[0].id)
    return await _branches(db, _in_order(nodes, None), way)


def _in_order(nodes: Sequence[GridNode], parent: UUID | None) -> list[GridNode]:
    found = []
    for each in nodes:
        if each.parent_id == parent:
            found += [each, *_in_order(nodes, each.id)]
    return found


async def search(db: AsyncSession, typed: str) -> list[Branch]:
    """Nodes whose name has the words, the higher ones first; `%` and `_` are letters here."""
    words = [word for word in typed.split() if word][:5]
    wanted = select(GridNode).where(*(col(GridNode.name).icontains(word, autoescape=True) for word in words))
    nodes = list(await db.exec(wanted.order_by(func.length(GridNode.path), col(GridNode.name)).limit(MOST_FOUND)))
    return await _branches(db, nodes, [])


async def name_of(db: AsyncSession, node_id: UUID) -> tuple[str, ...]:
    """The names from the root down to a node; empty for an unknown one."""
    node = await db.get(GridNode, node_id)
    return () if node is None else (*(await _above(db, [node]))[node.id], node.name)


async def _branches(db: AsyncSession, nodes: Sequence[GridNode], way: list[UUID]) -> list[Branch]:
    meters, above = await _meters(db), await _above(db, nodes)
    by_parent = select(GridNode.parent_id, func.count()).group_by(col(GridNode.parent_id))
    children = dict((await db.exec(by_parent.where(col(GridNode.parent_id).in_([n.id for n in nodes])))).all())
    return [
        Branch(
            id=node.id,
            kind=NodeKind(node.kind),
            name=node.name,
            depth=node.path.count("/"),
            meters=sum(count for path, count in meters.items() if f"{path}/".startswith(f"{node.path}/")),
            children=children.get(node.id, 0),
            above=above[node.id],
            opened=node.id in way,
        )
        for node in nodes
    ]


async def _meters(db: AsyncSession) -> dict[str, int]:
    """How many meters hang at each node that has a concentrator, by path."""
    counted = (
        sql_select(col(GridNode.path), func.count())
        .join(Concentrator, col(Concentrator.node_id) == col(GridNode.id))
        .join(Meter, col(Meter.concentrator_id) == col(Concentrator.id))
        .group_by(col(GridNode.path))
    )
    return dict((await db.execute(counted)).all())


async def _above(db: AsyncSession, nodes: Sequence[GridNode]) -> dict[UUID, tuple[str, ...]]:
    ways = {node.id: [UUID(part) for part in node.path.split("/") if part][:-1] for node in nodes}
    ids = {each for way in ways.values() for each in way}
    names = dict((await db.exec(select(GridNode.id, GridNode.name).where(col(GridNode.id).in_(ids)))).all())
    return {id_: tuple(names[each] for each in way if each in names) for id_, way in ways.items()}


async def names(db: AsyncSession) -> list[str]:
    """Names that mean one place, the higher ones first, to be picked from while somebody types."""
    once = select(GridNode.name).group_by(col(GridNode.name)).having(func.count() == 1)
    return list(
        await db.exec(once.order_by(func.min(func.length(GridNode.path)), col(GridNode.name)).limit(_MOST_NAMES))
    )


async def named(db: AsyncSession, name: str) -> UUID | None:
    """The one place of this name; None where none or several bear it."""
    found = list(await db.exec(select(GridNode.id).where(GridNode.name == name).limit(2)))
    return found[0] if len(found) == 1 else None
