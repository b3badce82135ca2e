"""Forged requests: every change must send back, in a form field or a header, the token that our cookie holds.

A signed double submit (OWASP). The cookie is HttpOnly, since pages carry the token in their forms and in hx-headers; a
browser that says that another site sent it (Sec-Fetch-Site) is refused at once. Callbacks and the API are not browsers:
they bear signatures of their own. Nor are mailboxes that end reminders for their owner (RFC 8058): the word in that
address is the proof, and nothing else can be done there.
"""

import hmac
import re
import secrets
from urllib.parse import parse_qs

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.cookies import cookie, giving
from app.web.errors import error_page
from app.web.pages import CSRF_FIELD
from app.web.state import carry

COOKIE = "csrf"
HEADER = "x-csrf-token"
NOT_BROWSERS = ("/hooks/", "/api/")
ONE_CLICK = re.compile(r"/u/[0-9a-f-]{36}/[A-Za-z0-9_-]{1,64}")
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_FORM = "application/x-www-form-urlencoded"
_UPLOAD = "multipart/form-data"
_FIRST_PART = re.compile(  # a form with a file has its token in front, so that it is found without reading the file
    rb'\A--[^\r\n]{1,200}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n([A-Za-z0-9_.\-"]{1,200})\r\n',
    re.IGNORECASE,
)
_FIRST_BYTES = 1024
_MOST_FIELDS = 200


class Csrf:
    """Makes tokens, and answers 403 to a change that does not bear the right one."""

    def __init__(self, app: ASGIApp, *, secret: str, https: bool) -> None:
        self._app, self._https = app, https
        self._signer = URLSafeSerializer(secret, salt="csrf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NOT_BROWSERS):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        kept = self._genuine(request.cookies.get(COOKIE, ""))
        token = kept or str(self._signer.dumps(secrets.token_urlsafe(16)))
        carry(scope, csrf=token)
        sending = send if kept else giving(cookie(COOKIE, token, https=self._https), send)
        if request.method in _SAFE or ONE_CLICK.fullmatch(scope["path"]):
            await self._app(scope, receive, sending)
            return
        body = await request.body()
        if not _allowed(request, body, kept):
            await error_page(request, 403, "csrf_failed")(scope, receive, sending)
            return
        await self._app(scope, _replayed(body, receive), sending)

    def _genuine(self, token: str) -> str:
        try:
            self._signer.loads(token)
        except BadSignature:
            return ""
        return token


def _allowed(request: Request, body: bytes, kept: str) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    sent = request.headers.get(HEADER) or _field(request, body)
    return bool(kept) and hmac.compare_digest(sent.encode(), kept.encode())


def _field(request: Request, body: bytes) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == _UPLOAD:
        first = _FIRST_PART.search(body[:_FIRST_BYTES])
        return first[1].decode() if first else ""
    if kind != _FORM:
        return ""
    try:
        return parse_qs(body.decode(), max_num_fields=_MOST_FIELDS).get(CSRF_FIELD, [""])[-1]
    except ValueError:  # not UTF-8, or too many fields
        return ""


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body has been read: hand it out once more, then listen on."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
