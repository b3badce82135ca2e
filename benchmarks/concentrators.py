"""Concentrators that only hold a link: they log in, beat, and dial again when the link is lost. Thousands a process.

No meters hang on them and nothing goes wrong on purpose: that is the simulator's work. Each is a protocol of asyncio
without tasks of its own, so that the load takes a small part of what the front-end takes.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from random import Random

from meters_io.gdw1376.exchange import next_number
from meters_io.gdw1376.frame import Afn, Control, Frame, Terminal, encode
from meters_io.gdw1376.link import Confirmed, Heartbeat, LinkMessage, Login, build_denial, build_link, parse_confirm
from meters_io.gdw1376.reader import Reader

REGION = "3201"
_CONFIRM_S = 20.0  # as a concentrator waits for the word on its login, before it hangs up
_RETRY_S, _RETRY_MAX_S = 0.5, 10.0
_ANSWER = Control(up=True, starts=False, function=9)
_HOSTS = 8  # loopback addresses from which they dial: a front-end bounds the strangers of one host


@dataclass
class Crowd:
    """So many concentrators. `confirms`: seconds from a heartbeat to its confirm, since `confirms` was last emptied.

    `linked`: how many are logged in now. `denied`, `lost`: logins turned away, and links that ended. `asked`: questions
    of the front-end, all of which are refused: there are no events to tell.
    """

    port: int
    size: int
    heartbeat_s: float
    confirms: list[float] = field(default_factory=list)
    linked: int = 0
    denied: int = 0
    asked: int = 0
    lost: int = 0
    full: asyncio.Event = field(default_factory=asyncio.Event)
    _posts: list["_Post"] = field(default_factory=list)

    def dial(self) -> None:
        """Have all of them dial at this moment, and again whenever they lose their links."""
        self._posts = [_Post(self, number) for number in range(1, self.size + 1)]
        for post in self._posts:
            post.dial()

    def count(self, links: int) -> None:
        """So many links more are logged in; fewer, below zero."""
        self.linked += links
        (self.full.set if self.linked == self.size else self.full.clear)()

    def hang_up(self) -> None:
        """End all links for good."""
        for post in self._posts:
            post.leave()


class _Post:
    """One concentrator: its address, its number of the next frame, when it dials again."""

    def __init__(self, crowd: Crowd, terminal: int) -> None:
        self.crowd, self.terminal = crowd, Terminal(REGION, terminal)
        self.dice = Random(terminal)
        self.loop = asyncio.get_running_loop()
        self._pause_s, self._gone = _RETRY_S, False
        self._link: _Link | None = None
        self._dialling: asyncio.Task[None] | None = None

    def dial(self) -> None:
        """Dial once; whatever becomes of it leads to a login or to another try."""
        self._dialling = self.loop.create_task(self._dial())

    def leave(self) -> None:
        """Hang up and dial no more."""
        self._gone = True
        if self._link is not None:
            self._link.end()

    def settled(self) -> None:
        """The login is confirmed."""
        self._pause_s = _RETRY_S

    def again(self) -> None:
        """The link is gone, or there was none: dial after a pause that grows, as concentrators do."""
        self._link = None
        if not self._gone:
            self.loop.call_later(self.dice.uniform(0, self._pause_s), self.dial)
            self._pause_s = min(2 * self._pause_s, _RETRY_MAX_S)

    async def _dial(self) -> None:
        link = self._link = _Link(self)
        host = f"127.0.1.{1 + self.terminal.number % _HOSTS}"
        try:
            await self.loop.create_connection(lambda: link, "127.0.0.1", self.crowd.port, local_addr=(host, 0))
        except OSError:
            self.again()


class _Link(asyncio.Protocol):
    """One connection of one concentrator."""

    def __init__(self, post: _Post) -> None:
        self._post, self._codec, self._number = post, Reader(), 0
        self._transport: asyncio.Transport | None = None
        self._said_at, self._timer = 0.0, _nothing
        self._logged_in = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (a stream of asyncio)
        self._transport = transport
        self._say(Login())
        self._after(_CONFIRM_S, self.end)

    def data_received(self, data: bytes) -> None:
        for frame in self._codec.feed(data):
            if frame.afn != Afn.CONFIRM:
                self._post.crowd.asked += 1
                self._send(build_denial(frame)._replace(control=_ANSWER))
            elif self._logged_in:
                self._post.crowd.confirms.append(self._post.loop.time() - self._said_at)
            elif isinstance(parse_confirm(frame), Confirmed):
                self._settle()
            else:
                self._post.crowd.denied += 1

    def connection_lost(self, _: Exception | None) -> None:
        self._timer()
        self._post.crowd.lost += 1
        if self._logged_in:
            self._post.crowd.count(-1)
        self._post.again()

    def end(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _settle(self) -> None:
        self._logged_in = True
        self._post.settled()
        self._post.crowd.count(1)
        self._after(self._post.dice.uniform(0, self._post.crowd.heartbeat_s), self._beat)

    def _beat(self) -> None:
        self._said_at = self._post.loop.time()
        self._say(Heartbeat())
        self._after(self._post.crowd.heartbeat_s, self._beat)

    def _say(self, message: LinkMessage) -> None:
        self._number = next_number(self._number)
        self._send(build_link(self._post.terminal, message, self._number, UTC))

    def _send(self, frame: Frame) -> None:
        if self._transport is not None:
            self._transport.write(encode(frame))

    def _after(self, pause_s: float, act: Callable[[], None]) -> None:
        self._timer()
        self._timer = self._post.loop.call_later(pause_s, act).cancel


def _nothing() -> None:
    """No timer runs."""
