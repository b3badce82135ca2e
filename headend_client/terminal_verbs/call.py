"""One order to a concentrator under way: whom it is for, what it may use, and how a talk ends for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from headend_client.clock import Clock
from headend_client.errors import SessionClosed, Unreachable
from headend_client.link import Silence
from headend_client.outcome import Done, Refused, Unknown
from headend_client.session import Heard, Session, Talk
from headend_client.target import Place
from headend_client.trace import Trace
from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.link import Confirmed, Denied, PerUnit, Unauthenticated, parse_confirm
from meters_io.gdw1376.passage import Route

T = TypeVar("T")
Build = Callable[[Route], Frame]
Parse = Callable[[Frame, Frame], T]
"""Reads a reply, given what was asked. Raises RemoteError."""

DENIED = Refused("denied")


@dataclass(frozen=True, slots=True)
class TerminalCall:
    """What a verb is given. `zone`: local time of the clocks. `until`: loop time by which it has to end."""

    place: Place
    session: Session
    trace: Trace
    now: Clock
    zone: tzinfo
    until: float

    async def ask(self, build: Build, parse: Parse[T]) -> T | Refused | Unknown:
        """Ask what changes nothing. Raises Unreachable when no word came; LocalError as `build`.

        Unknown: the answer cannot be read, or is not about what was asked.
        """
        try:
            heard = await self.session.converse(self._talk(build), self.trace)
        except SessionClosed as closed:
            raise Unreachable(str(closed)) from closed
        if isinstance(heard, Silence):
            raise Unreachable(heard.reason)
        return _read(heard, parse)

    async def tell(self, build: Build) -> Done | Refused | Unknown:
        """Order what changes the concentrator. Raises Unreachable only when the order surely did not get there.

        Refused: `denied`, `denied_in_part`, `not_authenticated`. Unknown: nothing says what became of it.
        """
        try:
            heard = await self.session.converse(self._talk(build, changes=True), self.trace)
        except SessionClosed as closed:
            if closed.sent:
                return Unknown(str(closed))
            raise Unreachable(str(closed)) from closed
        return Unknown(heard.reason) if isinstance(heard, Silence) else _confirmed(heard.reply)

    def _talk(self, build: Build, *, changes: bool = False) -> Talk:
        return Talk(build, self.place.priority, self.until, changes)


def _read(heard: Heard, parse: Parse[T]) -> T | Refused | Unknown:
    if heard.reply.afn == Afn.CONFIRM:
        said = _confirmed(heard.reply)
        return Unknown("nothing_said") if isinstance(said, Done) else said
    try:
        return parse(heard.reply, heard.asked)
    except RemoteError as error:
        return Unknown(error.code)


def _confirmed(reply: Frame) -> Done | Refused | Unknown:
    try:
        said = parse_confirm(reply)
    except RemoteError as error:
        return Unknown(error.code)
    match said:
        case Confirmed():
            return Done()
        case Denied():
            return DENIED
        case Unauthenticated():
            return Refused("not_authenticated")
        case PerUnit(results=results):
            refused = [result for result in results if result.error]
            return (DENIED if len(refused) == len(results) else Refused("denied_in_part")) if refused else Done()
