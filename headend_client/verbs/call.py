"""One verb under way: whom it is for, what it may use, and how an exchange ends for it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from headend_client.clock import Clock
from headend_client.errors import SessionClosed, Unreachable
from headend_client.outcome import Refused, Unknown
from headend_client.profiles.shape import Profile
from headend_client.security import SecurityModule
from headend_client.session import Session, Silence, Turn
from headend_client.target import Target
from headend_client.trace import Trace
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import REPLY
from meters_io.dlt645.reader import Reader
from meters_io.dlt645.refusals import Refusal
from meters_io.errors import RemoteError

T = TypeVar("T")
Parse = Callable[[Frame], T | Refusal]


@dataclass(frozen=True, slots=True)
class Call:
    """What a verb is given. `zone`: local time of the meters' clocks. `until`: loop time by which it has to end."""

    target: Target
    profile: Profile
    session: Session
    security: SecurityModule
    trace: Trace
    now: Clock
    zone: tzinfo
    until: float

    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Wait for the meter's port. Raises Unreachable."""
        return self.session.turn(self.target.port, self.target.priority, self.until)

    async def ask(self, turn: Turn, request: Frame, parse: Parse[T]) -> T | Refused | Unknown:
        """Exchange what changes nothing in the meter. Raises Unreachable when no word of the meter came.

        Unknown: the meter's word cannot be read, or is not about what was asked.
        """
        try:
            answer = await turn.ask(request, self.trace)
        except SessionClosed as closed:
            raise Unreachable(str(closed)) from closed
        if isinstance(answer, Silence):
            raise Unreachable(answer.reason)
        return _read(answer, parse)

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
