"""Simulated meters behind such a way, reached by the product's own verbs, in time that passes only on the wire."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import cast

from benchmarks.link.weather import Fate, Way
from headend_client.drivers import Gdw1376Driver
from headend_client.errors import Unreachable
from headend_client.link import Silence
from headend_client.pool import Pool
from headend_client.security import SecurityModule
from headend_client.simulator.answers import Answerer
from headend_client.target import ConcentratorAddress, Priority
from headend_client.timing import Timing
from headend_client.trace import Direction, Trace, record
from meters_io.dlt645 import frame as dlt645
from meters_io.gdw1376.frame import Terminal
from meters_io.gdw1376.passage import Passage, Route, build_passage, build_passed


class JobTimeout(BaseException):
    """The worker has cancelled a job that took too long. Not an Exception, as a cancelled task's is not."""


@dataclass
class _Hand:
    """One story's own time. `until`: when whoever set it loses patience."""

    now: datetime
    until: datetime


_HAND: ContextVar[_Hand] = ContextVar("hand")


class Clock:
    """A clock for each task, so that stories that run at once do not wait for each other's wire."""

    def __init__(self, begun: datetime) -> None:
        self.begun = begun

    def __call__(self) -> datetime:
        """The time of the story that asks."""
        hand = _HAND.get(None)
        return self.begun if hand is None else hand.now

    def set(self, now: datetime, patience: timedelta) -> None:
        """Begin a story in this task."""
        _HAND.set(_Hand(now, now + patience))

    def pass_on(self, seconds: float) -> None:
        """Let time pass in this story. Raises JobTimeout when patience ends within it."""
        hand = _HAND.get()
        hand.now += timedelta(seconds=seconds)
        if hand.now > hand.until:
            hand.now = hand.until
            raise JobTimeout

    def since_s(self) -> float:
        """Seconds since the beginning of everything."""
        return (self() - self.begun).total_seconds()


@dataclass(frozen=True, slots=True)
class Hung:
    """A meter and the way to it."""

    answerer: Answerer
    way: Way


class Air:
    """All links at once. A port is free at once: how purchases wait for each other is measured elsewhere."""

    def __init__(self, meters: Mapping[str, Hung], clock: Clock, timing: Timing) -> None:
        self.meters, self.clock, self.timing = meters, clock, timing
        self._terminal = Terminal("3201", 1)

    def find(self, address: ConcentratorAddress) -> "_Link":
        """Every concentrator is on line. Drivers ask once a verb, so a verb's patience begins here."""
        return _Link(self)

    def exchange(self, port: int, request: dlt645.Frame, trace: Trace, most_s: float) -> bytes | Silence:
        """One passage to a meter and back, with its frames kept as a session keeps them."""
        asked = build_passage(Route(self._terminal, 1), Passage(port, dlt645.encode(request)))
        record(trace, asked, Direction.DOWN, self.clock())
        fate, inner = self._carry(request)
        patience_s = min(most_s, self.timing.of(port).answer_s)
        if not (fate.answered or fate.denied) or fate.takes_s > patience_s:
            self.clock.pass_on(patience_s)
            return Silence("no_reply")
        self.clock.pass_on(fate.takes_s)
        record(trace, build_passed(asked, port, inner), Direction.UP, self.clock())
        return inner or Silence("meter_silent")

    def _carry(self, request: dlt645.Frame) -> tuple[Fate, bytes]:
        hung = self.meters[request.address]
        fate = hung.way.fate(self.clock.since_s())
        if not fate.heard:
            return fate, b""
        answer = hung.answerer.ask(request, self.clock())
        inner = dlt645.encode(answer.frame) if fate.answered and answer.frame else b""
        return fate, inner


class _Link:
    """A session, as one verb sees it."""

    def __init__(self, air: Air) -> None:
        self.air, self.timing = air, air.timing
        self._until_s = air.clock.since_s() + air.timing.verb_s

    @asynccontextmanager
    async def turn(self, port: int, priority: Priority, until: float) -> AsyncIterator["_Turn"]:
        """`until` is of the loop's clock, which stands still here; the verb's own time is ours."""
        yield _Turn(self, port)

    def left_s(self, least_s: float) -> float:
        """What is left of the verb's time. Raises Unreachable when that is less than `least_s`."""
        left_s = self._until_s - self.air.clock.since_s()
        if left_s < least_s or left_s <= 0:
            raise Unreachable("no_time_left")
        return left_s


class _Turn:
    def __init__(self, link: _Link, port: int) -> None:
        self._link, self._port = link, port

    async def ask(self, request: dlt645.Frame, trace: Trace) -> bytes | Silence:
        return self._link.air.exchange(self._port, request, trace, self._link.left_s(0))

    async def tell(self, request: dlt645.Frame, trace: Trace) -> bytes | Silence:
        least_s = self._link.timing.of(self._port).answer_s
        return self._link.air.exchange(self._port, request, trace, self._link.left_s(least_s))


def driver(air: Air, security: SecurityModule, zone: tzinfo) -> Gdw1376Driver:
    """The product's driver over this air."""
    return Gdw1376Driver(cast(Pool, air), security, zone, air.clock)
