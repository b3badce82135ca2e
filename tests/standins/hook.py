"""A customer's own program on loopback: believes nothing that is not signed, folds repeats, fails on order.

Switches: POST /_control {"answers": [503, 410]}; the next calls get these.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypedDict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.serving import served


class Told(TypedDict):
    """The body of one call."""

    id: str
    kind: str
    meter: str
    locale: str
    title: str
    text: str


@dataclass
class HookStandIn:
    """`told`: what it believed, once each. `calls`: how often it was called at all. `answers`: statuses of the next."""

    secret: str
    url: str = ""
    told: list[Told] = field(default_factory=list)
    calls: int = 0
    answers: list[int] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    callers: list[tuple[str, int]] = field(default_factory=list)
    followed: int = 0

    def app(self) -> Starlette:
        """Its addresses."""
        return Starlette(
            routes=[
                Route("/relight", self._take, methods=["POST"]),
                Route("/elsewhere", self._follow, methods=["GET", "POST"]),
                Route("/_control", self._control, methods=["POST"]),
            ]
        )

    async def _take(self, request: Request) -> Response:
        self.calls += 1
        self.hosts.append(request.headers["host"])
        self.callers += [(request.client.host, request.client.port)] if request.client else []
        body = await request.body()
        if not self._signed(request.headers.get("relight-signature", ""), body):
            return Response(status_code=401)
        status = self.answers.pop(0) if self.answers else 204
        if status in (301, 302, 307):
            return RedirectResponse("/elsewhere", status)
        if status < 300 or status == 504:  # the last: taken, and the answer is lost
            self._keep(await request.json(), request.headers["idempotency-key"])
        return Response(b"x" * 100_000 if status == 200 else b"", status_code=status)

    def _keep(self, told: Told, key: str) -> None:
        assert told["id"] == key
        if all(known["id"] != key for known in self.told):
            self.told.append(told)

    def _signed(self, header: str, body: bytes) -> bool:
        said = dict(part.partition("=")[::2] for part in header.split(","))
        right = hmac.digest(self.secret.encode(), said.get("t", "").encode() + b"." + body, hashlib.sha256)
        return hmac.compare_digest(said.get("v1", ""), right.hex())

    async def _follow(self, request: Request) -> Response:
        self.followed += 1
        return Response(status_code=204)

    async def _control(self, request: Request) -> Response:
        self.answers += (await request.json())["answers"]
        return JSONResponse({"calls": self.calls})


@asynccontextmanager
async def hook_stand_in(secret: str) -> AsyncIterator[HookStandIn]:
    """Serve it for the length of the block; `url` is where it is called."""
    made = HookStandIn(secret)
    async with served(made.app()) as url:
        made.url = f"{url}/relight"
        yield made
