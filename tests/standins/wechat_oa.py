"""WeChat's official-account platform on loopback: knows its account, its one-use codes and the age of its tokens.

Switches: POST /_control {"expire": true}, {"consent": openid} or {"faults": [45009, "hang_up"]}: what happens to the
next notices; after the last the notice is taken all the same.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import served

APPID, SECRET = "wx0123456789abcdef", "an app secret"
_CODE_LASTS, _TOKEN_LASTS = timedelta(minutes=5), timedelta(seconds=7200)


@dataclass
class WechatAccountStandIn:
    """`codes`: code to openid and when it was made. `asked`: paths, in order. `consents`: who wants one message."""

    now: Callable[[], datetime]
    url: str = ""
    codes: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    consents: list[str] = field(default_factory=list)
    sent: list[dict[str, object]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    broken: bool = False
    faults: list[int | str] = field(default_factory=list)
    _token: str = ""
    _until: datetime | None = None
    _made: int = 0

    def app(self) -> Starlette:
        """Its addresses."""
        return Starlette(
            routes=[
                Route("/sns/oauth2/access_token", self._who),
                Route("/cgi-bin/stable_token", self._stable, methods=["POST"]),
                Route("/cgi-bin/ticket/getticket", self._ticket),
                Route("/cgi-bin/message/subscribe/bizsend", self._send, methods=["POST"]),
                Route("/_control", self._control, methods=["POST"]),
            ]
        )

    def comes(self, openid: str) -> str:
        """Somebody agrees; the code that their browser brings back."""
        code = f"code{len(self.codes) + len(self.spent):028d}"
        self.codes[code] = (openid, self.now())
        return code

    def expire(self) -> None:
        """The token ends before its time."""
        self._token = ""

    async def _who(self, request: Request) -> Response:
        given = request.query_params
        self.asked.append(request.url.path)
        if (given.get("appid"), given.get("secret")) != (APPID, SECRET):
            return _no(40125)
        code = given.get("code", "")
        if self.broken:
            return JSONResponse({}, 502)
        if code in self.spent:
            return _no(40163)
        if code not in self.codes:
            return _no(40029)
        openid, made_at = self.codes.pop(code)
        self.spent.add(code)
        if self.now() - made_at > _CODE_LASTS:
            return _no(42003)
        return JSONResponse({"access_token": "user", "expires_in": 7200, "openid": openid, "scope": "snsapi_base"})

    async def _stable(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        given = await request.json()
        if (given.get("appid"), given.get("secret")) != (APPID, SECRET):
            return _no(40125)
        if not self._token or self._until is None or self._until <= self.now():
            self._made += 1
            self._token, self._until = f"token{self._made}", self.now() + _TOKEN_LASTS
        left = int((self._until - self.now()).total_seconds())
        return JSONResponse({"access_token": self._token, "expires_in": left})

    async def _ticket(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if (refusal := self._distrust(request)) is not None:
            return refusal
        return JSONResponse({"errcode": 0, "errmsg": "ok", "ticket": "a ticket", "expires_in": 7200})

    async def _send(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if (refusal := self._distrust(request)) is not None:
            return refusal
        message = await request.json()
        fault = self.faults.pop(0) if self.faults else 0
        if isinstance(fault, int) and fault:
            return _no(fault)
        if message["touser"] not in self.consents:
            return _no(43101)
        self.consents.remove(message["touser"])
        self.sent.append(message)
        if fault == "hang_up":
            return HangUp()
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    def _distrust(self, request: Request) -> Response | None:
        token = request.query_params.get("access_token", "")
        if not token or token != self._token:
            return _no(40001)
        return _no(42001) if self._until is None or self._until <= self.now() else None

    async def _control(self, request: Request) -> Response:
        told = await request.json()
        if told.get("expire"):
            self.expire()
        self.faults += told.get("faults", [])
        if "consent" in told:
            self.consents.append(told["consent"])
        return JSONResponse({"asked": self.asked})


@asynccontextmanager
async def wechat_account(now: Callable[[], datetime]) -> AsyncIterator[WechatAccountStandIn]:
    """Serve it for the length of the block."""
    made = WechatAccountStandIn(now)
    async with served(made.app()) as url:
        made.url = url
        yield made


def _no(errcode: int) -> Response:
    return JSONResponse({"errcode": errcode, "errmsg": "no"})


class HangUp(Response):
    """The line breaks before the answer."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        raise ConnectionAbortedError
