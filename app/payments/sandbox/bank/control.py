"""The switches of the rehearsal bank: faults that are turned on and off, from this machine only (README, "Faults")."""

import hmac
from ipaddress import ip_address
from typing import Protocol

from starlette.requests import Request

from app.payments.sandbox.bank.book import Book
from app.payments.sandbox.codes import Wire, read_object

FAULTS = (
    "silent",
    "slow",
    "loses_answers",
    "double_callbacks",
    "late_callbacks",
    "bad_signature",
    "declines",
    "refund_refused",
    "refund_slow",
)
SLOW_S = 2.0
SILENT_S = 6.0  # longer than any shop waits
LATE_S = 30.0


class Sleep(Protocol):
    """asyncio.sleep, or what a test puts in its place."""

    async def __call__(self, delay: float, /) -> None: ...


def may_switch(request: Request, secret: bytes) -> bool:
    """Is this a program of this machine that knows the secret?"""
    host = request.client.host if request.client else ""
    given = request.headers.get("authorization", "").encode()
    try:
        near = ip_address(host).is_loopback
    except ValueError:
        near = False
    return near and hmac.compare_digest(given, b"Bearer " + secret)


def change(book: Book, body: bytes) -> None:
    """Switch what a JSON object names. Raises ValueError, and has then changed nothing."""
    wished = read_object(body)
    for name, on in wished.items():
        if name not in FAULTS or not isinstance(on, bool):
            raise ValueError(name)
    with book.writing():
        for name, on in wished.items():
            book.switch(name, on=bool(on))


def state(book: Book) -> Wire:
    """Every switch and whether it is on."""
    on = book.switches()
    return {name: name in on for name in FAULTS}
