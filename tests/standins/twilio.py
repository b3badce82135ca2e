"""Twilio's message and call API (2010-04-01) on loopback: checks credentials and fields, keeps lists of who said stop
for each sender, calls back, and fails on order.

Signatures are made here by the published recipe, not with Twilio's library, which is what reads them.
"""

import asyncio
import base64
import hashlib
import hmac
import xml.etree.ElementTree as ET
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

from tests.serving import HangUp, served

ACCOUNT = "AC" + "0" * 32
TOKEN = "an auth token"
KEY = "SK" + "0" * 32
KEY_SECRET = "an api key's secret"
SENDER = "+15005550006"
REMINDER_SENDER = "+15005550008"
CALLER = "+15005550007"
STOP_WORDS = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT")
START_WORDS = ("START", "YES", "UNSTOP")
_CODES = {
    "opted_out": (400, 21610),
    "too_many": (429, 20429),
    "bad_number": (400, 21211),
    "auth": (401, 20003),
    "filtered": (400, 30007),
    "landline": (400, 21635),
}


class Fault(StrEnum):
    """What happens to the next post. The last two take the message all the same."""

    OPTED_OUT = "opted_out"
    TOO_MANY = "too_many"
    BAD_NUMBER = "bad_number"
    FILTERED = "filtered"
    LANDLINE = "landline"
    AUTH = "auth"
    BROKEN = "broken"
    BROKEN_AFTER_ACCEPT = "broken_after_accept"
    HANGS_UP_AFTER_ACCEPT = "hangs_up_after_accept"


@dataclass
class Taken:
    """A message or call that was taken; it goes to a phone. `body` of a call is its TwiML."""

    sid: str
    to: str
    body: str
    sender: str
    callback: str
    made_at: datetime

    @property
    def gather_url(self) -> str:
        """Where a call wants to hear of a pressed key."""
        gather = ET.fromstring(self.body).find("Gather")  # noqa: S314  (our own program wrote it)
        return "" if gather is None else gather.get("action", "")

    @property
    def spoken(self) -> list[str]:
        """What a call says, in order."""
        return [(say.text or "") for say in ET.fromstring(self.body).iter("Say")]  # noqa: S314


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class TwilioStandIn:
    """`phone` and `calls` hold what was taken, oldest first; `posts` counts every post, also refused ones.

    While `answering` is not set, what was taken is not confirmed. `stopped`: by sender, who wants no more from it.
    `always`: the fault of every post that has none of its own. `nobody`: numbers that do not exist.
    """

    url: str = ""
    answering: asyncio.Event = field(default_factory=_set)
    phone: list[Taken] = field(default_factory=list)
    calls: list[Taken] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    nobody: set[str] = field(default_factory=set)
    stopped: dict[str, set[str]] = field(default_factory=dict)
    posts: int = 0
    lists: int = 0

    async def post(self, request: Request) -> Response:
        """Messages.json."""
        return await self._take(request, "SM", self.phone, "Body")

    async def call(self, request: Request) -> Response:
        """Calls.json."""
        return await self._take(request, "CA", self.calls, "Twiml")

    async def _take(self, request: Request, prefix: str, shelf: list[Taken], words: str) -> Response:
        self.posts += 1
        form = {name: str(value) for name, value in (await request.form()).items()}
        fault = self.faults.pop(0) if self.faults else self.always
        said = self._refusal(request) or _missing(form, words) or self._blocked(form) or _faulty(fault)
        if said is not None:
            return said
        taken = Taken(
            sid=f"{prefix}{len(shelf) + 1:032x}",
            to=form["To"],
            body=form[words],
            sender=form.get("From") or form["MessagingServiceSid"],
            callback=form.get("StatusCallback", ""),
            made_at=datetime.now(UTC),
        )
        shelf.append(taken)
        if fault is Fault.BROKEN_AFTER_ACCEPT:
            return JSONResponse({"message": "Internal Server Error"}, 500)
        if fault is Fault.HANGS_UP_AFTER_ACCEPT:
            return HangUp()
        await self.answering.wait()
        return JSONResponse(_told(taken), 201)

    def _blocked(self, form: dict[str, str]) -> Response | None:
        if form["To"] in self.nobody:
            return _error("bad_number")
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        return _error("opted_out") if form["To"] in self.stopped.get(sender, set()) else None

    async def list_messages(self, request: Request) -> Response:
        """Messages.json, read."""
        return self._list(request, self.phone, "messages")

    async def list_calls(self, request: Request) -> Response:
        """Calls.json, read."""
        return self._list(request, self.calls, "calls")

    def _list(self, request: Request, shelf: list[Taken], name: str) -> Response:
        self.lists += 1
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if self.faults:
            self.faults.pop(0)
            return JSONResponse({"message": "Internal Server Error"}, 500)
        asked = request.query_params
        after = asked.get("DateSent>", "")
        found = [
            t
            for t in reversed(shelf)
            if asked.get("To") in (None, t.to)
            and asked.get("From") in (None, t.sender)
            and t.made_at.date().isoformat() >= after
        ]
        return JSONResponse({name: [_told(t) for t in found], "next_page_uri": None, "page": 0})

    def _refusal(self, request: Request) -> Response | None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        wanted = [base64.b64encode(f"{a}:{b}".encode()).decode() for a, b in ((ACCOUNT, TOKEN), (KEY, KEY_SECRET))]
        if scheme == "Basic" and given in wanted and request.path_params["account"] == ACCOUNT:
            return None
        return _error("auth")

    async def control(self, request: Request) -> Response:
        """The stand-in's own switch: {"faults": [...], "stopped": {sender: [numbers]}}."""
        said = await request.json()
        self.faults += [Fault(fault) for fault in said.get("faults", [])]
        for sender, numbers in said.get("stopped", {}).items():
            self.stopped[sender] = set(numbers)
        return JSONResponse({"phone": len(self.phone), "calls": len(self.calls), "posts": self.posts})

    async def call_back(self, taken: Taken, *statuses: str, error_code: int | None = None) -> list[int]:
        """Tell us the statuses of a message in this order, whatever order that is; return what we answered."""
        forms = []
        for status in statuses:
            form = {"MessageSid": taken.sid, "SmsSid": taken.sid, "MessageStatus": status, "To": taken.to}
            form |= {"From": taken.sender, "ErrorCode": str(error_code)} if error_code else {"From": taken.sender}
            forms.append(form)
        return [(await post_signed(taken.callback, form)).status_code for form in forms]

    async def call_ends(self, taken: Taken, *statuses: str) -> list[int]:
        """Tell us how a call goes on."""
        forms = [{"CallSid": taken.sid, "CallStatus": status, "To": taken.to} for status in statuses]
        return [(await post_signed(taken.callback, form)).status_code for form in forms]

    async def press(self, taken: Taken, digit: str) -> httpx2.Response:
        """Somebody presses a key in a call that goes on."""
        form = {"CallSid": taken.sid, "CallStatus": "in-progress", "To": taken.to, "Digits": digit}
        return await post_signed(taken.gather_url, form)

    async def write(self, url: str, sender: str, body: str, to: str = SENDER) -> httpx2.Response:
        """Somebody writes to one of our numbers. Twilio keeps its own list of those who say stop to it."""
        word = body.strip().upper()
        if word in STOP_WORDS:
            self.stopped.setdefault(to, set()).add(sender)
        if word in START_WORDS:
            self.stopped.setdefault(to, set()).discard(sender)
        self.posts += 1
        return await post_signed(url, {"MessageSid": f"SM{self.posts:032x}", "From": sender, "To": to, "Body": body})


async def post_signed(url: str, form: dict[str, str], token: str = TOKEN) -> httpx2.Response:
    """Post a form as Twilio does."""
    form |= {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}
    async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
        return await client.post(url, data=form, headers={"x-twilio-signature": sign(url, form, token)})


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """HMAC-SHA1 over the address and all fields, sorted by name (twilio.com/docs/usage/security)."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@asynccontextmanager
async def twilio_stand_in() -> AsyncIterator[TwilioStandIn]:
    """Serve it for the length of the block."""
    made = TwilioStandIn()
    base = "/2010-04-01/Accounts/{account}"
    app = Starlette(
        routes=[
            Route(f"{base}/Messages.json", made.post, methods=["POST"]),
            Route(f"{base}/Messages.json", made.list_messages, methods=["GET"]),
            Route(f"{base}/Calls.json", made.call, methods=["POST"]),
            Route(f"{base}/Calls.json", made.list_calls, methods=["GET"]),
            Route("/_control", made.control, methods=["POST"]),
        ],
    )
    async with served(app) as url:
        made.url = url
        yield made


def _told(taken: Taken) -> dict[str, object]:
    at = format_datetime(taken.made_at)
    kind = "Calls" if taken.sid.startswith("CA") else "Messages"
    told: dict[str, object] = {
        "sid": taken.sid,
        "account_sid": ACCOUNT,
        "to": taken.to,
        "from": taken.sender,
        "status": "queued",
        "date_created": at,
        "date_sent": None,
        "date_updated": at,
        "error_code": None,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/{kind}/{taken.sid}.json",
    }
    return told | ({"body": taken.body} if kind == "Messages" else {})


def _missing(form: dict[str, str], words: str) -> Response | None:
    if not form.get("To"):
        return JSONResponse({"code": 21604, "message": "A 'To' phone number is required.", "status": 400}, 400)
    if not form.get(words):
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
