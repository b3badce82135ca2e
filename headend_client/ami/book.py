"""Who remembers, across processes and their deaths, which tasks that change a meter are under way."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from headend_client.ami.shapes import NewTask, OpenTask, Told

LOST = "lost"
NOT_SENT = "not_sent"


class Book(Protocol):
    """Tasks that change meters: one a meter at a time, written down before it leaves."""

    async def unsettled(self, head_end: UUID, address: str) -> OpenTask | None:
        """Return the task about this meter of which nobody knows the end."""

    async def begin(self, task: NewTask) -> bool:
        """Write a task down; False where one about this meter is open already."""

    async def settle(self, task_id: UUID, state: str, code: str) -> None:
        """Write down how it ended: a TaskState, `lost`, `not_sent`. What was settled before stays as it is."""

    async def called_back(self, task_id: UUID) -> Told | None:
        """Return the end that the head end has called back with, if it has."""


@dataclass
class MemoryBook:
    """A book that lasts as long as its process: for laboratories, where nobody is charged."""

    open: dict[tuple[UUID, str], OpenTask] = field(default_factory=dict)
    settled: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    calls: dict[UUID, Told] = field(default_factory=dict)

    async def unsettled(self, head_end: UUID, address: str) -> OpenTask | None:
        """Return the open task about this meter."""
        return self.open.get((head_end, address))

    async def begin(self, task: NewTask) -> bool:
        """Write a task down, unless there is one."""
        place = task.head_end, task.address
        if place in self.open:
            return False
        self.open[place] = OpenTask(task.id, task.expires_at)
        return True

    async def settle(self, task_id: UUID, state: str, code: str) -> None:
        """Take it off the open ones."""
        self.settled.setdefault(task_id, (state, code))
        self.open = {place: task for place, task in self.open.items() if task.id != task_id}

    async def called_back(self, task_id: UUID) -> Told | None:
        """Return what was called back."""
        return self.calls.get(task_id)
