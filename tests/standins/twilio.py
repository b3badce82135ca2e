"""Twilio's message API (2010-04-01) on loopback: checks credentials and fields, remembers, calls back, fails on order.

Signatures are made here by the published recipe, not with Twilio's library, which is what reads them.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import served

ACCOUNT = "AC" + "0" * 32
TOKEN = "an auth token"
SENDER = "+15005550006"
_CODES = {"opted_out": (400, 21610), "too_many": (429, 20429), "bad_number": (400, 21211), "auth": (401, 20003)}


class Fault(StrEnum):
    """What happens to the next post. The last two take the message all the same."""

    OPTED_OUT = "opted_out"
    TOO_MANY = "too_many"
    BAD_NUMBER = "bad_number"
    BROKEN = "broken"
    BROKEN_AFTER_ACCEPT = "broken_after_accept"
    HANGS_UP_AFTER_ACCEPT = "hangs_up_after_accept"


@dataclass
class Taken:
    """A message that was taken; it goes to a phone."""

    sid: str
    to: str
    body: str
    sender: str
    callback: str
    made_at: datetime


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class TwilioStandIn:
    """`phone` holds what was taken, oldest first; `posts` counts every post, also refused ones.

    While `answering` is not set, what was taken is not confirmed.
    """

    url: str = ""
    answering: asyncio.Event = field(default_factory=_set)
    phone: list[Taken] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    posts: int = 0
    lists: int = 0

    async def post(self, request: Request) -> Response:
        self.posts += 1
        form = await request.form()
        fault = self.faults.pop(0) if self.faults else None
        said = self._refusal(request) or _missing(dict(form)) or _faulty(fault)
        if said is not None:
            return said
        taken = Taken(
            sid=f"SM{len(self.phone) + 1:032x}",
            to=str(form["To"]),
            body=str(form["Body"]),
            sender=str(form.get("From") or form["MessagingServiceSid"]),
            callback=str(form.get("StatusCallback", "")),
            made_at=datetime.now(UTC),
        )
        self.phone.append(taken)
        if fault is Fault.BROKEN_AFTER_ACCEPT:
            return JSONResponse({"message": "Internal Server Error"}, 500)
        if fault is Fault.HANGS_UP_AFTER_ACCEPT:
            return _HangUp()
        await self.answering.wait()
        return JSONResponse(_told(taken), 201)

    async def list_(self, request: Request) -> Response:
        self.lists += 1
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if self.faults:
            self.faults.pop(0)
            return JSONResponse({"message": "Internal Server Error"}, 500)
        to, after = request.query_params.get("To"), request.query_params.get("DateSent>", "")
        found = [t for t in reversed(self.phone) if to in (None, t.to) and t.made_at.date().isoformat() >= after]
        return JSONResponse({"messages": [_told(t) for t in found], "next_page_uri": None, "page": 0})

    def _refusal(self, request: Request) -> Response | None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        wanted = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if scheme == "Basic" and given == wanted and request.path_params["account"] == ACCOUNT:
            return None
        return _error("auth")

    async def call_back(self, taken: Taken, *statuses: str, error_code: int | None = None) -> list[int]:
        """Tell us the statuses in this order; return what we answered."""
        answers = []
        async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
            for status in statuses:
                form = {"MessageSid": taken.sid, "SmsSid": taken.sid, "MessageStatus": status, "To": taken.to}
                form |= {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}
                if error_code:
                    form["ErrorCode"] = str(error_code)
                headers = {"x-twilio-signature": sign(taken.callback, form)}
                answers.append((await client.post(taken.callback, data=form, headers=headers)).status_code)
        return answers


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """HMAC-SHA1 over the address and all fields, sorted by name (twilio.com/docs/usage/security)."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@asynccontextmanager
async def twilio_stand_in() -> AsyncIterator[TwilioStandIn]:
    """Serve it for the length of the block."""
    made = TwilioStandIn()
    path = "/2010-04-01/Accounts/{account}/Messages.json"
    app = Starlette(
        routes=[Route(path, made.post, methods=["POST"]), Route(path, made.list_, methods=["GET"])],
    )
    async with served(app) as url:
        made.url = url
        yield made


class _HangUp(Response):
    """The line breaks before the answer."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        raise ConnectionAbortedError


def _told(taken: Taken) -> dict[str, object]:
    at = format_datetime(taken.made_at)
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{taken.sid}.json"
    return {
        "sid": taken.sid,
        "account_sid": ACCOUNT,
        "to": taken.to,
        "from": taken.sender,
        "body": taken.body,
        "status": "queued",
        "date_created": at,
        "date_sent": None,
        "date_updated": at,
        "error_code": None,
        "uri": path,
    }


def _missing(form: dict[str, object]) -> Response | None:
    if not form.get("To"):
        return JSONResponse({"code": 21604, "message": "A 'To' phone number is required.", "status": 400}, 400)
    if not form.get("Body"):
        return JSONResponse({"code": 21602, "message": "Message body is required.", "status": 400}, 400)
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return JSONResponse({"code": 21603, "message": "A 'From' phone number is required.", "status": 400}, 400)
    return None


def _faulty(fault: Fault | None) -> Response | None:
    if fault is Fault.BROKEN:
        return JSONResponse({"message": "Service Unavailable"}, 503)
    return _error(fault) if fault in _CODES else None


def _error(word: str | None) -> Response:
    status, code = _CODES[word or ""]
    return JSONResponse({"code": code, "message": word, "status": status}, status)
