"""A task's way through a head end: written down, handed in once, asked about, called off, and never done twice.

change:  earlier task ended? -> book -> PUT (the same id again while no answer proves itself) -> GET ... -> end
         no end in time -> DELETE -> cancelled: surely nothing happened | else it stays open, and nothing else is
         asked of this meter until it has ended
ask:     the same without a book, for what changes nothing
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from headend_client.ami.book import LOST, NOT_SENT, Book
from headend_client.ami.codes import TaskState, refusal_word, trouble_word
from headend_client.ami.line import Line, LineError
from headend_client.ami.papers import record_down, record_up
from headend_client.ami.shapes import LATE, Json, NewTask, Told, Turned, write
from headend_client.clock import Clock
from headend_client.errors import Unreachable
from headend_client.outcome import Refused, Unknown
from headend_client.target import Priority, Target
from headend_client.trace import Trace

Gate = Callable[[], bool]
"""May it leave now? Asked right before each time that the task is handed in."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of a meter. `secrets`: names in `order` whose values no record may show."""

    kind: str
    order: Json = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The meter's word, as the head end tells it; not yet looked at."""

    value: Json


class _NeverLeft(Exception):
    """Surely no head end has the task. The text is a code."""


@dataclass(frozen=True, slots=True)
class Errands:
    """Tasks about one meter at one head end, of one verb. `until`: loop time by which the verb has to end."""

    line: Line
    book: Book
    target: Target
    trace: Trace
    now: Clock
    until: float

    async def ask(self, order: Order) -> Result | Refused | Unknown:
        """Have something read. Raises Unreachable: while an earlier change has not ended, no reading proves a thing."""
        await self._end_earlier()
        task = self._new(order, self._left_s(), "")
        try:
            said = await self._run(task, order, lambda: True)
        except _NeverLeft as error:
            raise Unreachable(str(error)) from error
        if isinstance(said, Turned):
            return Refused(refusal_word(said.code))
        if said is None:
            raise Unreachable("no_answer")
        return _outcome(said)

    async def change(
        self, order: Order, gate: Gate = lambda: True, within_s: float | None = None
    ) -> Result | Refused | Unknown:
        """Have something done, once. Raises Unreachable when surely nothing was.

        `within_s`: it must have begun by then. Refused("clearance_expired") where the gate does not open.
        """
        await self._end_earlier()
        within_s = min(self._left_s(), within_s or self._left_s())
        task = self._new(order, within_s, self.line.place.callback_url)
        if not await self.book.begin(task):
            raise Unreachable("earlier_task_open")
        try:
            said = await self._run(task, order, gate)
        except _NeverLeft as error:
            await self.book.settle(task.id, NOT_SENT, str(error))
            if str(error) == "clearance_expired":
                return Refused("clearance_expired")
            raise Unreachable(str(error)) from error
        return await self._written_down(task.id, said)

    async def _written_down(self, task_id: UUID, said: Told | Turned | None) -> Result | Refused | Unknown:
        if isinstance(said, Turned):
            await self.book.settle(task_id, TaskState.REFUSED, said.code)
            return Refused(refusal_word(said.code))
        if said is None:
            return Unknown("no_result")  # it stays open: whoever asks this meter next sees to it first
        await self.book.settle(task_id, said.state, said.code)
        return _outcome(said)

    async def _end_earlier(self) -> None:
        """See to it that no earlier change is under way. Raises Unreachable("earlier_task_open") while one may be."""
        earlier = await self.book.unsettled(self.line.place.id, self.target.address)
        if earlier is None:
            return
        said = await self.book.called_back(earlier.id) or await self._called_off(earlier.id)
        if said is not None:
            await self.book.settle(earlier.id, said.state, said.code)
        elif self.now() > earlier.expires_at + LATE:
            await self.book.settle(earlier.id, LOST, "")
        else:
            raise Unreachable("earlier_task_open")

    def _new(self, order: Order, within_s: float, callback_url: str) -> NewTask:
        expires_at = self.now() + timedelta(seconds=within_s)
        body: Json = {
            "kind": order.kind,
            "meter": {"address": self.target.address, "model": self.target.profile},
            "order": order.order,
            "priority": Priority(self.target.priority).name.lower(),
            "expires_at": _spelt(expires_at),
            **({"callback_url": callback_url} if callback_url else {}),
        }
        return NewTask(uuid4(), self.line.place.id, self.target.address, order.kind, expires_at, write(body))

    async def _run(self, task: NewTask, order: Order, gate: Gate) -> Told | Turned | None:
        """Hand it in and wait for its end; None: there is none that we know. Raises _NeverLeft."""
        handed_in = await self._hand_in(task, order, gate)
        if isinstance(handed_in, Turned):
            return handed_in
        said = handed_in if handed_in and handed_in.ended else await self._waited_for(task.id)
        said = said or await self._called_off(task.id)
        if said is not None:
            record_up(self.trace, said, order.secrets, self.now())
        return said

    async def _hand_in(self, task: NewTask, order: Order, gate: Gate) -> Told | Turned | None:
        """PUT until an answer proves itself; the same id again is the same task. None: it may be there, or not."""
        perhaps_there = False
        while True:
            if not gate():
                if perhaps_there:
                    return None
                raise _NeverLeft("clearance_expired")
            try:
                if not perhaps_there:
                    record_down(self.trace, task.body, order.secrets, self.now())
                said = await self._within(self.line.put(task.id, task.body))
            except LineError as error:
                if not error.sent and not perhaps_there:
                    raise _NeverLeft(error.code) from error
                perhaps_there = perhaps_there or error.sent
                if not await self._rested():
                    return None
                continue
            if isinstance(said, Turned) and said.code in ("busy", "too_late"):
                raise _NeverLeft(f"head_end_{said.code}")  # it has no such task, whatever was lost before
            return said

    async def _waited_for(self, task_id: UUID) -> Told | None:
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

    async def _called_off(self, task_id: UUID) -> Told | None:
        """Call it off, so that it does not begin any more; return its end, None where it has none that we know."""
        try:
            said = await self.line.cancel(task_id)
        except LineError:
            return None
        return said if isinstance(said, Told) and said.ended else None

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

    def _left_s(self) -> float:
        return self.until - asyncio.get_running_loop().time()


def _outcome(said: Told) -> Result | Refused | Unknown:
    """Raises Unreachable for a task that surely changed nothing and reached nobody."""
    match said.state:
        case TaskState.DONE:
            return Result(said.result or {})
        case TaskState.REFUSED:
            return Refused(refusal_word(said.code))
        case TaskState.UNKNOWN:
            return Unknown(trouble_word(said.code))
        case _:
            raise Unreachable(trouble_word(said.code))


def _spelt(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
