"""A task's way through a head end: written down, handed in once, asked about, called off, and never done twice.

change:  earlier task ended? -> book -> PUT (the same id again while no answer proves itself) -> GET ... -> end
         no end in time -> DELETE -> cancelled: surely nothing happened | else it stays open, and nothing else is
         asked of this meter until it has ended
ask:     the same without a book, for what changes nothing
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from headend_client.ami.book import LOST, NOT_SENT, Book
from headend_client.ami.codes import TaskState, refusal_word, trouble_word
from headend_client.ami.handing import Gate, NeverLeft, Order, TaskWay
from headend_client.ami.line import Line
from headend_client.ami.shapes import LATE, Json, NewTask, Told, Turned, write
from headend_client.clock import Clock
from headend_client.errors import Unreachable
from headend_client.outcome import Refused, Unknown
from headend_client.target import Priority, Target
from headend_client.trace import Trace


@dataclass(frozen=True, slots=True)
class Result:
    """The meter's word, as the head end tells it; not yet looked at."""

    value: Json


@dataclass(frozen=True, slots=True)
class Errands:
    """Tasks about one meter at one head end, of one verb. `until`: loop time by which the verb has to end."""

    line: Line
    book: Book
    target: Target
    trace: Trace
    now: Clock
    until: float

    @property
    def _way(self) -> TaskWay:
        return TaskWay(self.line, self.book, self.trace, self.now, self.until)

    async def ask(self, order: Order) -> Result | Refused | Unknown:
        """Have something read. Raises Unreachable: while an earlier change has not ended, no reading proves a thing."""
        await self._end_earlier()
        task = self._new(order, self._way.time_left(), "")
        try:
            said = await self._way.go(task, order, lambda: True)
        except NeverLeft as error:
            raise Unreachable(str(error)) from error
        if isinstance(said, Turned):
            return Refused(refusal_word(said.code))
        if said is None:
            raise Unreachable("no_answer")
        return outcome(said)

    async def change(
        self, order: Order, gate: Gate = lambda: True, within_s: float | None = None
    ) -> Result | Refused | Unknown:
        """Have something done, once. Raises Unreachable when surely nothing was.

        `within_s`: it must have begun by then. Refused("clearance_expired") where the gate does not open.
        """
        await self._end_earlier()
        left_s = self._way.time_left()
        within_s = min(left_s, within_s or left_s)
        task = self._new(order, within_s, self.line.place.callback_url)
        if not await self.book.begin(task):
            raise Unreachable("earlier_task_open")
        try:
            said = await self._way.go(task, order, gate)
        except NeverLeft as error:
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
        return outcome(said)

    async def _end_earlier(self) -> None:
        """See to it that no earlier change is under way. Raises Unreachable("earlier_task_open") while one may be.

        Nobody is asked about it when time is up: to call it off is the first thing that whoever comes next does.
        """
        self._way.time_left()
        earlier = await self.book.unsettled(self.line.place.id, self.target.address)
        if earlier is None:
            return
        said = await self.book.called_back(earlier.id) or await self._way.called_off(earlier.id)
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
            "expires_at": spelt(expires_at),
            **({"callback_url": callback_url} if callback_url else {}),
        }
        return NewTask(uuid4(), self.line.place.id, self.target.address, order.kind, expires_at, write(body))


def outcome(said: Told) -> Result | Refused | Unknown:
    """Say how a task ended. Raises Unreachable for a task that surely changed nothing and reached nobody."""
    match said.state:
        case TaskState.DONE:
            return Result(said.result or {})
        case TaskState.REFUSED:
            return Refused(refusal_word(said.code))
        case TaskState.UNKNOWN:
            return Unknown(trouble_word(said.code))
        case _:
            raise Unreachable(trouble_word(said.code))


def spelt(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
