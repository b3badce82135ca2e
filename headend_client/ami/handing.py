"""A task's way through a head end: handed in once, asked about, called off; the same id is the same task throughout."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from headend_client.ami.book import Book
from headend_client.ami.line import Line, LineError
from headend_client.ami.papers import record_down, record_up
from headend_client.ami.shapes import Json, NewTask, Told, Turned
from headend_client.clock import Clock
from headend_client.errors import Unreachable
from headend_client.trace import Trace

Gate = Callable[[], bool]
"""May it leave now? Asked right before each time that the task is handed in."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted. `secrets`: names in `order` whose values no record may show."""

    kind: str
    order: Json = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


class NeverLeft(Exception):
    """Surely no head end has the task. The text is a code."""


@dataclass(frozen=True, slots=True)
class TaskWay:
    """The way of the tasks of one verb. `until`: loop time by which the verb has to end."""

    line: Line
    book: Book
    trace: Trace
    now: Clock
    until: float

    async def go(self, task: NewTask, order: Order, gate: Gate) -> Told | Turned | None:
        """Hand it in and wait for its end; None: there is none that we know. Raises NeverLeft."""
        handed_in = await self.hand_in(task, order, gate)
        if isinstance(handed_in, Turned):
            return handed_in
        said = handed_in if handed_in and handed_in.ended else await self.waited_for(task.id)
        said = said or await self.called_off(task.id)
        if said is not None:
            record_up(self.trace, said, order.secrets, self.now())
        return said

    async def hand_in(self, task: NewTask, order: Order, gate: Gate) -> Told | Turned | None:
        """PUT until an answer proves itself; the same id again is the same task. None: it may be there, or not.

        What may be there and may not leave any more is called off at once.
        """
        perhaps_there = False
        while True:
            if not gate():
                if perhaps_there:
                    return await self.called_off(task.id)
                raise NeverLeft("clearance_expired")
            try:
                if not perhaps_there:
                    record_down(self.trace, task.body, order.secrets, self.now())
                said = await self._within(self.line.put(task.id, task.body))
            except LineError as error:
                if not error.sent and not perhaps_there:
                    raise NeverLeft(error.code) from error
                perhaps_there = perhaps_there or error.sent
                if not await self._rested():
                    return None
                continue
            if isinstance(said, Turned) and said.code in ("busy", "too_late"):
                raise NeverLeft(f"head_end_{said.code}")  # it has no such task, whatever was lost before
            return said

    async def waited_for(self, task_id: UUID) -> Told | None:
        """Ask until it has ended; None: time is up. A head end that cannot be asked may call back all the same."""
        while self._left_s() > 0:
            called = await self.book.called_back(task_id)
            if called is not None:
                return called
            try:
                said = await self._within(self.line.look(task_id))
            except LineError:
                said = None
            if isinstance(said, Told) and said.ended:
                return said
            if not await self._rested():
                return None
        return None

    async def called_off(self, task_id: UUID) -> Told | None:
        """Call it off, so that it does not begin any more; return its end, None where it has none that we know."""
        said = await self.call_off(task_id)
        return said if said is not None and said.ended else None

    async def call_off(self, task_id: UUID) -> Told | None:
        """Call it off; return how it stands, None where nobody says."""
        try:
            said = await self.line.cancel(task_id)
        except LineError:
            return None
        return said if isinstance(said, Told) else None

    async def _within(self, asked: Awaitable[Told | Turned]) -> Told | Turned:
        """Wait until the verb has to end and no longer; raises LineError."""
        try:
            async with asyncio.timeout(max(self._left_s(), 0.01)):
                return await asked
        except TimeoutError as error:
            raise LineError("head_end_silent") from error

    async def _rested(self) -> bool:
        """Rest before the next question; False where no time is left for one."""
        if self._left_s() <= self.line.timing.rest_s:
            return False
        await asyncio.sleep(self.line.timing.rest_s)
        return True

    def time_left(self) -> float:
        """Return how long the verb has yet, in seconds. Raises Unreachable where that is nothing."""
        left_s = self._left_s()
        if left_s <= 0:
            raise Unreachable("no_time_left")
        return left_s

    def _left_s(self) -> float:
        return self.until - asyncio.get_running_loop().time()
