"""One verb under way: whom it is for, what it may use, and how an exchange ends for it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from headend_client.clock import Clock
from headend_client.errors import SessionClosed, Unreachable
from headend_client.link import Link, Silence, Turn
from headend_client.outcome import Refused, Unknown
from headend_client.profiles.shape import Profile
from headend_client.security import SecurityModule
from headend_client.target import Priority, Target
from headend_client.trace import Direction, Trace
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import REPLY
from meters_io.dlt645.reader import Reader
from meters_io.dlt645.refusals import Refusal
from meters_io.errors import RemoteError

T = TypeVar("T")
ASKS = 3
Parse = Callable[[Frame], T | Refusal]


@dataclass(frozen=True, slots=True)
class Call:
    """What a verb is given. `link`: what carries its frames. `zone`: local time of the meters' clocks. `until`: loop
    time by which it has to end.
    """

    target: Target
    profile: Profile
    link: Link
    security: SecurityModule
    trace: Trace
    now: Clock
    zone: tzinfo
    until: float

    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Wait for the meter's port. Raises Unreachable."""
        return self.link.turn(self.target.port, self.target.priority, self.until)

    async def ask(self, turn: Turn, request: Frame, parse: Parse[T]) -> T | Refused | Unknown:
        """Exchange what changes nothing in the meter. Raises Unreachable when no word of the meter came.

        Unknown: the meter's word cannot be read, or is not about what was asked.
        """
        answer, again = await self._put(turn, request), self._times() - 1
        while isinstance(answer, Silence):
            if again == 0:
                raise Unreachable(answer.reason)
            answer, again = await self._put(turn, request), again - 1
        return _read(answer, parse)

    async def _put(self, turn: Turn, request: Frame) -> bytes | Silence:
        try:
            return await turn.ask(request, self.trace)
        except SessionClosed as closed:
            raise Unreachable(str(closed)) from closed

    def _times(self) -> int:
        """How often a question is put: again where somebody waits for the light and the meter was just heard.

        A meter of which nothing is heard is asked once, for each silence keeps its port from others for a minute.
        """
        return ASKS if self.target.priority is Priority.RESTORE and _was_heard(self.trace) else 1

    async def tell(self, turn: Turn, request: Frame, parse: Parse[T]) -> T | Refused | Unknown:
        """Exchange what changes the meter. Raises Unreachable only when it surely did not get there.

        Unknown: it may have got there, and nothing says what the meter made of it.
        """
        try:
            answer = await turn.tell(request, self.trace)
        except SessionClosed as closed:
            if closed.sent:
                return Unknown(str(closed))
            raise Unreachable(str(closed)) from closed
        if isinstance(answer, Silence):
            return Unknown(answer.reason)
        return _read(answer, parse)

    async def ask_alone(self, request: Frame, parse: Parse[T]) -> T | Refused | Unknown:
        """As `ask`, in a turn of its own, so that something more urgent may go between two questions."""
        async with self.turn() as turn:
            return await self.ask(turn, request, parse)


def _was_heard(trace: Trace) -> bool:
    """Has the meter answered in this job? A trace that cannot be looked through does not say so."""
    return isinstance(trace, list) and any(frame.direction == Direction.UP and frame.inner_hex for frame in trace)


def _read(answer: bytes, parse: Parse[T]) -> T | Refused | Unknown:
    """Read the meter's answer: the first reply in it, for some lines echo the request before."""
    reply = next((frame for frame in Reader().feed(answer) if frame.control & REPLY), None)
    if reply is None:
        return Unknown("not_a_frame")
    try:
        read = parse(reply)
    except RemoteError as error:
        return Unknown(error.code)
    return Refused(read.code.value) if isinstance(read, Refusal) else read
