"""Stripe's API on loopback: bearer key, idempotency keys, sessions, charges, refunds, signed events, faults on order.

Signatures are made by the published recipe (docs.stripe.com/webhooks/signatures), not with the library that reads them.
"""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import count
from urllib.parse import parse_qsl

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import HangUp

KEY = "_".join(("sk", "live", "of", "the", "stand", "in"))  # in pieces: nobody shall take it for a real one
SECRET = "whsec_of_the_stand_in"

Thing = dict[str, object]


class Fault(StrEnum):
    """What happens to the next request. The last two take it all the same."""

    BROKEN = "broken"
    TOO_MANY = "too_many"
    BROKEN_AFTER_ACCEPT = "broken_after_accept"
    HANGS_UP_AFTER_ACCEPT = "hangs_up_after_accept"


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, kind: str, code: str = "") -> None:
        super().__init__(kind)
        self.status, self.kind, self.code = status, kind, code


@dataclass
class StripeStandIn:
    """`faults` are for the next requests in turn; `posts` counts those that were believed."""

    now: Callable[[], datetime]
    notify_url: str = ""
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    posts: int = 0
    sessions: dict[str, Thing] = field(default_factory=dict)
    intents: dict[str, Thing] = field(default_factory=dict)
    charges: dict[str, Thing] = field(default_factory=dict)
    refunds: dict[str, Thing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._kept: dict[str, tuple[str, bytes, Response]] = {}

    def app(self) -> Starlette:
        """The stand-in as an application."""
        return Starlette(
            routes=[
                Route("/v1/checkout/sessions", self._door(self._open), methods=["POST"]),
                Route("/v1/checkout/sessions", self._door(self._list_sessions), methods=["GET"]),
                Route("/v1/checkout/sessions/{id}/expire", self._door(self._expire), methods=["POST"]),
                Route("/v1/payment_intents/search", self._door(self._search), methods=["GET"]),
                Route("/v1/refunds", self._door(self._refund), methods=["POST"]),
                Route("/v1/refunds", self._door(self._list_refunds), methods=["GET"]),
                Route("/v1/charges", self._door(self._list_charges), methods=["GET"]),
                Route("/_control", self._control, methods=["GET", "POST"]),
            ]
        )

    def pay(self, ref: str, *, succeeds: bool = True) -> Thing | None:
        """The payer pays by card; None where the session is not open any more."""
        session = next(found for found in self.sessions.values() if found["client_reference_id"] == ref)
        if session["status"] != "open":
            return None
        session["status"] = "complete"
        charge = self._charge(session, succeeds=succeeds)
        status = "succeeded" if succeeds else "canceled"
        intent = {"id": charge["payment_intent"], "object": "payment_intent", "status": status}
        self.intents[str(intent["id"])] = intent | {"latest_charge": charge, "metadata": charge["metadata"]}
        return charge

    def _charge(self, session: Thing, *, succeeds: bool) -> Thing:
        number = f"{next(self._numbers):06d}"
        charge: Thing = {"id": f"ch_{number}", "object": "charge", "payment_intent": f"pi_{number}", "paid": succeeds}
        charge |= {"amount": session["amount_total"], "currency": session["currency"], "livemode": False}
        charge |= {"created": int(self.now().timestamp()), "status": "succeeded" if succeeds else "failed"}
        charge |= {"metadata": {"relight_order": session["client_reference_id"]}}
        charge |= {"billing_details": {"email": "payer@example.com"}}
        self.charges[str(charge["id"])] = charge
        return charge

    def event(self, charge: Thing, kind: str = "charge.succeeded") -> tuple[dict[str, str], bytes]:
        """A signed event about a charge: headers and body."""
        words = {"id": f"evt_{next(self._numbers):06d}", "object": "event", "type": kind, "data": {"object": charge}}
        body = json.dumps(words | {"created": int(self.now().timestamp()), "livemode": False}).encode()
        return {"Stripe-Signature": sign(body, int(self.now().timestamp()))}, body

    async def deliver(self, charges: list[Thing]) -> list[int]:
        """Tell us of charges, in any order and as often as they stand there; return what we answered."""
        answers = []
        async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
            for charge in charges:
                headers, body = self.event(charge)
                answers.append((await client.post(self.notify_url, content=body, headers=headers)).status_code)
        return answers

    def _door(self, act: Callable[[Request, dict[str, str]], Thing]) -> Callable[[Request], Awaitable[Response]]:
        async def receive(request: Request) -> Response:
            body = await request.body()
            fault = self.faults.pop(0) if self.faults else None
            if request.headers.get("authorization") != f"Bearer {KEY}":
                return _error(Refusal(401, "invalid_request_error"))
            if fault in (Fault.BROKEN, Fault.TOO_MANY):
                return _error(Refusal(500 if fault is Fault.BROKEN else 429, "api_error"))
            self.posts += request.method == "POST"
            answer = self._once(request, body, act)
            if fault is Fault.BROKEN_AFTER_ACCEPT:
                return _error(Refusal(500, "api_error"))
            return HangUp() if fault is Fault.HANGS_UP_AFTER_ACCEPT else answer

        return receive

    def _once(self, request: Request, body: bytes, act: Callable[[Request, dict[str, str]], Thing]) -> Response:
        """The same idempotency key gets the same answer; with another body it is an error."""
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        if key in self._kept and key:
            path, first, answer = self._kept[key]
            return answer if (path, first) == (request.url.path, body) else _error(Refusal(400, "idempotency_error"))
        fields = parse_qsl(body.decode()) if request.method == "POST" else request.query_params.multi_items()
        try:
            made: Response = JSONResponse(act(request, dict(fields)))
        except (Refusal, KeyError, ValueError) as error:
            made = _error(error if isinstance(error, Refusal) else Refusal(400, "invalid_request_error"))
        if key:
            self._kept[key] = (request.url.path, body, made)
        return made

    def _open(self, request: Request, asked: dict[str, str]) -> Thing:
        price = "line_items[0][price_data]"
        if asked.get("mode") != "payment" or int(asked[f"{price}[unit_amount]"]) < 1:
            raise Refusal(400, "invalid_request_error")
        number = f"cs_{next(self._numbers):06d}"
        if asked["payment_intent_data[metadata][relight_order]"] != asked["client_reference_id"]:
            raise Refusal(400, "invalid_request_error")
        session: Thing = {"id": number, "object": "checkout.session", "status": "open"}
        session |= {"client_reference_id": asked["client_reference_id"], "url": f"{self.url}/c/pay/{number}"}
        session |= {"amount_total": int(asked[f"{price}[unit_amount]"]), "currency": asked[f"{price}[currency]"]}
        self.sessions[number] = session | {"created": int(self.now().timestamp())}
        return self.sessions[number]

    def _expire(self, request: Request, asked: dict[str, str]) -> Thing:
        session = self.sessions[request.path_params["id"]]
        if session["status"] != "open":
            raise Refusal(400, "invalid_request_error")
        session["status"] = "expired"
        return session

    def _search(self, request: Request, asked: dict[str, str]) -> Thing:
        name, _, wanted = asked["query"].partition(":")
        if name != 'metadata["relight_order"]':
            raise Refusal(400, "invalid_request_error")
        found = [intent for intent in self.intents.values() if _order(intent) == wanted.strip('"')]
        return {"object": "search_result", "data": found, "has_more": False, "url": "/v1/payment_intents/search"}

    def _refund(self, request: Request, asked: dict[str, str]) -> Thing:
        charge = self.intents[asked["payment_intent"]]["latest_charge"]
        assert isinstance(charge, dict)
        given = [
            refund["amount"] for refund in self.refunds.values() if refund["payment_intent"] == asked["payment_intent"]
        ]
        if sum(int(str(amount)) for amount in given) + int(asked["amount"]) > charge["amount"]:
            raise Refusal(400, "invalid_request_error", "charge_already_refunded")
        refund: Thing = {"id": f"re_{next(self._numbers):06d}", "object": "refund", "status": "pending"}
        refund |= {"amount": int(asked["amount"]), "payment_intent": asked["payment_intent"]}
        refund |= {"metadata": {"relight_refund": asked["metadata[relight_refund]"]}}
        self.refunds[str(refund["id"])] = refund
        return dict(refund)

    def _list_sessions(self, request: Request, asked: dict[str, str]) -> Thing:
        return _page([found for found in self.sessions.values() if found["status"] == asked["status"]], asked)

    def _list_refunds(self, request: Request, asked: dict[str, str]) -> Thing:
        return _page(
            [found for found in self.refunds.values() if found["payment_intent"] == asked["payment_intent"]], asked
        )

    def _list_charges(self, request: Request, asked: dict[str, str]) -> Thing:
        since, until = int(asked["created[gte]"]), int(asked["created[lt]"])
        return _page([found for found in self.charges.values() if since <= int(str(found["created"])) < until], asked)

    async def _control(self, request: Request) -> Response:
        """GET: the sessions. POST {"pay": ref} {"faults": [...]}."""
        if request.method == "POST":
            asked = await request.json()
            self.faults += [Fault(word) for word in asked.get("faults", ())]
            if "pay" in asked:
                self.pay(asked["pay"])
        return JSONResponse({str(found["client_reference_id"]): found["status"] for found in self.sessions.values()})


def sign(body: bytes, stamp: int, secret: str = SECRET) -> str:
    """HMAC-SHA256 over the time, a dot and the body."""
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def _order(thing: Mapping[str, object]) -> object:
    metadata = thing["metadata"]
    return metadata.get("relight_order") if isinstance(metadata, dict) else None


def _page(found: list[Thing], asked: dict[str, str]) -> Thing:
    """Newest first, three at a time, whatever is asked for: so that everybody has to turn pages."""
    newest = list(reversed(found))
    after = asked.get("starting_after")
    start = 1 + [thing["id"] for thing in newest].index(after) if after else 0
    return {"object": "list", "data": newest[start : start + 3], "has_more": len(newest) > start + 3, "url": "/"}


def _error(refusal: Refusal) -> Response:
    words = {"type": refusal.kind, "code": refusal.code, "message": refusal.kind}
    return JSONResponse({"error": words}, refusal.status)
