"""The grid tree: network > branch > station > line > transformer area (SPEC vocabulary)."""

from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.columns import key, one_of


class NodeKind(StrEnum):
    NETWORK = "network"
    BRANCH = "branch"
    STATION = "station"
    LINE = "line"
    AREA = "area"


class GridNode(SQLModel, table=True):
    """One node above the concentrators. `path` holds the ids from the root, joined by '/', for subtree questions."""

    __tablename__ = "grid_node"
    __table_args__ = (one_of("kind", NodeKind),)

    id: UUID = key()
    parent_id: UUID | None = Field(default=None, foreign_key="grid_node.id", index=True)
    kind: str
    name: str
    path: str = Field(index=True)
