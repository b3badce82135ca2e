"""The tasks of an existing head end: each id done once, in its time, one after the other for a meter."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeGuard

from headend_client.simulator.errors import NotThere
from headend_client.simulator.head_end.hands import KINDS, Deed, Ending, Json, do
from headend_client.simulator.timing import Timing

_ENDS = frozenset({"done", "refused", "not_done", "unknown", "cancelled"})
_HELD_AT_MOST_S = 30.0
_MANY = "read_frozen_many"
_KEPT = 20_000

Reply = tuple[int, Json]


class Meters(Protocol):
    """Whose meters they are."""

    def has(self, address: str) -> bool: ...

    def lay_hands_on(self, address: str, deed: Deed) -> Ending: ...


@dataclass(slots=True)
class Task:
    """A task as it came, and how it stands."""

    id: str
    wanted: Json
    ending: Ending = field(default_factory=lambda: Ending("queued"))
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    called_off: bool = False

    @property
    def order(self) -> Json:
        """What is to be done."""
        order = self.wanted.get("order")
        return order if isinstance(order, Mapping) else {}

    @property
    def addresses(self) -> list[str]:
        """Of the meters that a task about many is about."""
        meters = self.wanted.get("meters")
        return [str(each.get("address")) for each in meters if isinstance(each, Mapping)] if _is_list(meters) else []

    @property
    def address(self) -> str:
        """Of the meter that it is about."""
        meter = self.wanted.get("meter")
        return str(meter.get("address")) if isinstance(meter, Mapping) else ""

    def told(self) -> Json:
        """What is said of it."""
        return {"id": self.id, "state": self.ending.state, "code": self.ending.code, "result": self.ending.result}

    def end(self, ending: Ending) -> None:
        """An end never changes."""
        if self.ending.state not in _ENDS:
            self.ending = ending
            self.ended.set()


class Desk:
    """Takes tasks and has them done. `takes_s`: how long one exchange with a meter is."""

    def __init__(self, meters: Meters, timing: Timing, takes_s: float) -> None:
        self._meters, self._timing, self._takes_s = meters, timing, takes_s
        self._tasks: dict[str, Task] = {}
        self._never: set[str] = set()
        self._turns: dict[str, asyncio.Lock] = {}
        self._hands: set[asyncio.Task[None]] = set()

    @property
    def standing(self) -> dict[str, int]:
        """How many tasks wait, and are being done."""
        states = Counter(task.ending.state for task in self._tasks.values())
        return {"queued": states["queued"], "running": states["running"]}

    def put(self, task_id: str, body: bytes) -> Reply:
        """Take a task; one that is known says how it stands."""
        wanted = _read(body)
        if wanted is None:
            return 422, {"code": "bad_task"}
        known = self._tasks.get(task_id)
        if known is not None:
            return (200, known.told()) if known.wanted == wanted else (409, {"code": "task_conflict"})
        if task_id in self._never or self._timing.now() >= _until(wanted):
            return 410, {"code": "too_late"}
        task = Task(task_id, wanted)
        if wanted.get("kind") not in (*KINDS, _MANY):
            return 422, {"code": "not_offered"}
        if wanted["kind"] != _MANY and not self._meters.has(task.address):
            return 422, {"code": "unknown_meter"}
        self._begin(task)
        return 202, task.told()

    def cancel(self, task_id: str) -> Reply:
        """Call one off. What is called off before it came never comes any more."""
        task = self._tasks.get(task_id)
        if task is None:
            self._never.add(task_id)
            return 200, Task(task_id, {}, Ending("cancelled")).told()
        if task.ending.state == "queued":
            task.end(Ending("cancelled"))
        task.called_off = True
        return 200, task.told()

    async def look(self, task_id: str, wait_s: float) -> Reply:
        """How one stands; waits so long for its end."""
        task = self._tasks.get(task_id)
        if task is None:
            return 404, {"code": "unknown_task"}
        try:
            async with asyncio.timeout(min(wait_s, _HELD_AT_MOST_S)):
                await task.ended.wait()
        except TimeoutError:
            pass
        return 200, task.told()

    async def stop(self) -> None:
        """Leave nothing under way."""
        for hand in list(self._hands):
            hand.cancel()
        await asyncio.gather(*self._hands, return_exceptions=True)

    def _begin(self, task: Task) -> None:
        while len(self._tasks) >= _KEPT:
            del self._tasks[next(iter(self._tasks))]
        self._tasks[task.id] = task
        carry = self._carry_many if task.wanted["kind"] == _MANY else self._carry
        hand = asyncio.create_task(carry(task))
        self._hands.add(hand)
        hand.add_done_callback(self._hands.discard)

    async def _carry(self, task: Task) -> None:
        """Do it in its turn, unless it was called off or comes too late."""
        async with self._turns.setdefault(task.address, asyncio.Lock()):
            if task.ending.state != "queued":
                return
            if self._timing.now() >= _until(task.wanted):
                task.end(Ending("not_done", "no_time_left"))
                return
            task.ending = Ending("running")
            await self._timing.sleep(self._takes_s)
            task.end(self._done(str(task.wanted["kind"]), task.order, task.address))

    async def _carry_many(self, task: Task) -> None:
        """Do it for one meter after the other, each in its turn; what is known so far stands in its result."""
        said: dict[str, Json] = {}
        task.ending = Ending("running", result={"meters": said})
        for address in task.addresses:
            async with self._turns.setdefault(address, asyncio.Lock()):
                if task.called_off or self._timing.now() >= _until(task.wanted):
                    break
                await self._timing.sleep(self._takes_s)
                ending = self._done("read_frozen", task.order, address)
                said[address] = ending.result if ending.result is not None else {"code": ending.code}
        task.end(Ending("done", result={"meters": said}))

    def _done(self, kind: str, order: Json, address: str) -> Ending:
        try:
            return self._meters.lay_hands_on(address, lambda meter, now: do(kind, order, meter, now))
        except NotThere:
            return Ending("refused", "unknown_meter")


def _read(body: bytes) -> Json | None:
    """A task with a last moment, or none at all."""
    try:
        wanted = json.loads(body)
        return wanted if isinstance(wanted, dict) and _until(wanted).tzinfo else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _until(wanted: Json) -> datetime:
    return datetime.fromisoformat(str(wanted["expires_at"]))
