"""Slows down whoever guesses: numbers, passwords, references. People who find what they look for are never counted.

Kept in this process's memory, so an address may guess once per process; callers on the loopback interface are not
counted, because a proxy that hides its callers' addresses would otherwise stand for all of them.
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import error_page

BUDGET = 120  # points a minute: a miss costs one, a change two
_MISS, _CHANGE = 1, 2
_WINDOW_S = 60.0
_MOST_ADDRESSES = 10_000
_UNCOUNTED = ("/hooks/", "/static/", "/u/")  # the last: one mailbox provider ends reminders for many, and none guesses
_READING = ("GET", "HEAD", "OPTIONS")


class RateLimit:
    """Answers 429 to an address that has spent its points, until its minute is over."""

    def __init__(self, app: ASGIApp, *, now: Callable[[], float] = time.monotonic) -> None:
        self._app, self._now = app, now
        self._spent: dict[str, tuple[float, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = counted_address(scope)
        if address is None:
            await self._app(scope, receive, send)
            return
        if self._points(address) >= BUDGET:
            answer = error_page(Request(scope), HTTPStatus.TOO_MANY_REQUESTS)
            answer.headers["retry-after"] = str(int(_WINDOW_S))
            await answer(scope, receive, send)
            return

        async def send_counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._spend(address, _cost(scope["method"], message["status"]))
            await send(message)

        await self._app(scope, receive, send_counting)

    def _points(self, address: str) -> int:
        began, points = self._spent.get(address, (0.0, 0))
        return points if self._now() - began < _WINDOW_S else 0

    def _spend(self, address: str, cost: int) -> None:
        if not cost:
            return
        now = self._now()
        if len(self._spent) >= _MOST_ADDRESSES:
            self._spent = {a: (began, p) for a, (began, p) in self._spent.items() if now - began < _WINDOW_S}
        began, points = self._spent.get(address, (now, 0))
        self._spent[address] = (began, points + cost) if now - began < _WINDOW_S else (now, cost)


def _cost(method: str, status: int) -> int:
    missed = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return (_MISS if missed else 0) + (0 if method in _READING else _CHANGE)


def counted_address(scope: Scope) -> str | None:
    """The network address whose request it is; None for what is not counted."""
    if scope["type"] != "http" or scope["path"].startswith(_UNCOUNTED) or not scope.get("client"):
        return None
    address = str(scope["client"][0])
    try:
        return None if ip_address(address).is_loopback else address
    except ValueError:
        return None
