"""The platform as a terminal sees it, on loopback: checks every signature for real, remembers, fails on order.

The signature is checked with the bare Ed25519 primitive and not with the library that made it.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import served

BASE = "/api/kiosk/v1"
CODE = "ABCD-EFGH-JKLM"
KIOSK = "0b5f6a52-0000-4000-8000-000000000001"
PASSWORD_HEX = "02123456"
CLOCKS_DIFFER_S = 120
METER_DEFAULTS: Mapping[str, object] = {
    "here": True, "takes_tokens": True, "source": "daily", "supply": "off", "balance_minor": 0, "least": 1,
    "most": 10_000, "asking": "idle", "offers": [{"amount_minor": 5_000, "restores": True, "days": 4}],
    "ways": [{"provider": "sandbox", "way": "qr"}, {"provider": "sandbox", "way": "barcode"}],
}  # fmt: skip

Json = dict[str, object]
Answer = Callable[["PlatformStandIn", Request, Json], Awaitable[Response]]


class Cut(StrEnum):
    """Where the way to the platform breaks: before it hears the request, or before its answer is back."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class PlatformStandIn:
    """`cuts`: what happens to the next requests. `away`: nothing arrives. `orders`: payments by form token.

    `views`: what is said of a meter, by number, besides the usual.
    """

    now: Callable[[], datetime]
    url: str = ""
    away: bool = False
    state: str = "active"
    barred: str = ""
    cuts: list[Cut | None] = field(default_factory=list)
    key: Ed25519PublicKey | None = None
    sequence: int = 0
    nonces: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    entries: dict[int, Json] = field(default_factory=dict)
    posts: int = 0
    beats: list[Json] = field(default_factory=list)
    settings: Json = field(default_factory=lambda: {"idle_s": 45, "language": "zh", "newer_than_we": 1})
    kept: Json = field(default_factory=lambda: {"meters": [], "undelivered": [], "announcements": []})
    views: dict[str, Json] = field(default_factory=dict)
    orders: dict[str, Json] = field(default_factory=dict)
    payer_codes: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    stories: dict[str, Json] = field(default_factory=dict)
    slips: dict[str, Json] = field(default_factory=dict)

    async def enrol(self, request: Request) -> Response:
        said = await request.json()
        if said["code"].replace("-", "") != CODE.replace("-", "") or self.key is not None:
            return JSONResponse({"code": "code_unknown"}, 404)
        raw = base64.urlsafe_b64decode(said["public_key"] + "=")
        self.key = Ed25519PublicKey.from_public_bytes(raw)
        line = {"relay_password_hex": PASSWORD_HEX}
        return JSONResponse(
            {"kiosk": KIOSK, "name": "Box 1", "server_time": self._time(), "settings": self.settings, "line": line}
        )

    async def beat(self, _: Request, said: Json) -> Response:
        self.beats.append(said)
        return JSONResponse({"state": self.state, "settings": self.settings, "server_time": self._time()})

    async def events(self, _: Request, said: Json) -> Response:
        entries = said["entries"]
        assert isinstance(entries, list)
        self.posts += 1
        for entry in entries:
            self.entries.setdefault(entry["entry"], entry)
        return JSONResponse({"accepted_to": max(entry["entry"] for entry in entries)})

    async def cache(self, request: Request, _: Json) -> Response:
        tag = sha256(json.dumps(self.kept).encode()).hexdigest()
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304)
        return JSONResponse({**self.kept, "server_time": self._time()}, headers={"etag": tag})

    async def announcements(self, _: Request, __: Json) -> Response:
        told = {"announcements": self.kept["announcements"]}
        return JSONResponse(told, headers={"etag": sha256(json.dumps(told).encode()).hexdigest()})

    async def meter(self, request: Request, _: Json) -> Response:
        number = request.path_params["number"]
        return JSONResponse({**METER_DEFAULTS, "number": number, **self.views.get(number, {})})

    async def pay(self, _: Request, said: Json) -> Response:
        order = self.orders.setdefault(str(said["form_token"]), {"ref": f"order{len(self.orders):04d}"})
        if said["way"] == "barcode":
            self.payer_codes.append(str(said["payer_code"]))
            return JSONResponse({**order, "state": "paid"})
        return JSONResponse({**order, "qr": "https://pay.example/x", "expires_at": self._time()})

    async def story(self, request: Request, _: Json) -> Response:
        found = self.stories.get(request.path_params["ref"])
        return JSONResponse(found) if found else JSONResponse({"code": "unknown"}, 404)

    async def close(self, request: Request, _: Json) -> Response:
        self.closed.append(request.path_params["ref"])
        return JSONResponse({})

    async def slip(self, request: Request, _: Json) -> Response:
        found = self.slips.get(request.path_params["ref"])
        return JSONResponse(found) if found else JSONResponse({"code": "unknown"}, 404)

    def kinds(self) -> list[str]:
        """What was told, in the order of the journal."""
        return [str(self.entries[number]["kind"]) for number in sorted(self.entries)]

    def told(self, kind: str) -> list[Json]:
        """The bodies of the facts of one kind."""
        found = [self.entries[number] for number in sorted(self.entries)]
        return [body for entry in found if entry["kind"] == kind and isinstance(body := entry["body"], dict)]

    async def let_in(self, request: Request, answer: Answer) -> Response:
        """Let in what is signed; break the way where the test says so."""
        cut = self.cuts.pop(0) if self.cuts and not self.away else None
        if self.away or cut is Cut.BEFORE:
            return Response(status_code=504)
        body = await request.body()
        why = self.barred or self._check(request, body)
        if why:
            self.refusals.append(why)
            status = 403 if why in ("revoked", "locked") else 401
            return JSONResponse({"code": why, "server_time": self._time()}, status)
        given = await answer(self, request, json.loads(body) if body else {})
        return Response(status_code=504) if cut is Cut.AFTER else given

    def _check(self, request: Request, body: bytes) -> str:
        head, claims_part, signature = request.headers["authorization"].removeprefix("Bearer ").split(".")
        assert self.key is not None
        try:
            self.key.verify(_unpack(signature), f"{head}.{claims_part}".encode())
        except InvalidSignature:
            return "bad_signature"
        assert json.loads(_unpack(head))["alg"] == "EdDSA"
        claims = json.loads(_unpack(claims_part))
        return self._judge(claims, (request.method, request.url.path, sha256(body).hexdigest()))

    def _judge(self, claims: Json, came: tuple[str, str, str]) -> str:
        seq, nonce, issued = int(str(claims["seq"])), str(claims["jti"]), float(str(claims["iat"]))
        if abs(self.now().timestamp() - issued) > CLOCKS_DIFFER_S:
            return "too_old"
        if claims["iss"] != KIOSK or (claims["mth"], claims["pth"], claims["bod"]) != came:
            return "wrong_request"
        if seq <= self.sequence or nonce in self.nonces or len(nonce) < 22:
            return "replayed"
        self.sequence = seq
        self.nonces.add(nonce)
        return ""

    def _time(self) -> str:
        return self.now().astimezone(UTC).isoformat()


def _unpack(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class PlatformHouse:
    """An address that leads to one stand-in after the other: starting a server for each test takes its time."""

    def __init__(self) -> None:
        self.url = ""
        self._tenant: PlatformStandIn | None = None

    def let(self, now: Callable[[], datetime]) -> PlatformStandIn:
        """A fresh stand-in at the address, in place of the one before."""
        self._tenant = PlatformStandIn(now, self.url)
        return self._tenant

    def routes(self) -> list[Route]:
        """What is asked at the address."""
        signed = {
            "/beat": ("POST", PlatformStandIn.beat),
            "/events": ("POST", PlatformStandIn.events),
            "/cache": ("GET", PlatformStandIn.cache),
            "/announcements": ("GET", PlatformStandIn.announcements),
            "/meters/{number}": ("GET", PlatformStandIn.meter),
            "/meters/{number}/read": ("POST", PlatformStandIn.meter),
            "/meters/{number}/payments": ("POST", PlatformStandIn.pay),
            "/payments/{ref}": ("GET", PlatformStandIn.story),
            "/payments/{ref}/close": ("POST", PlatformStandIn.close),
            "/slips/by-receipt/{ref}": ("GET", PlatformStandIn.slip),
            "/slips/{ref}": ("GET", PlatformStandIn.slip),
        }
        guarded = [
            Route(BASE + path, self._guarded(answer), methods=[method]) for path, (method, answer) in signed.items()
        ]
        return [Route(f"{BASE}/enrol", self._enrol, methods=["POST"]), *guarded]

    async def _enrol(self, request: Request) -> Response:
        return await self._who().enrol(request)

    def _guarded(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def route(request: Request) -> Response:
            return await self._who().let_in(request, answer)

        return route

    def _who(self) -> PlatformStandIn:
        assert self._tenant is not None
        return self._tenant


@asynccontextmanager
async def platform_house() -> AsyncIterator[PlatformHouse]:
    """Serve the address for the length of the block."""
    house = PlatformHouse()
    async with served(Starlette(routes=house.routes())) as house.url:
        yield house
