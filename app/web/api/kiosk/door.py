"""Who calls: a terminal is known by a short-lived Ed25519 signature over its request."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from uuid import UUID

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.terminal import Bar, Came, Signed, bar
from app.models import Kiosk
from app.services.kiosks import entry
from app.web.state import deps

_KEY_BYTES = 32
_LONGEST_NONCE = 64
_ALGORITHM = "EdDSA"
_STATUS = {Bar.REVOKED: HTTPStatus.FORBIDDEN, Bar.LOCKED: HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a terminal of ours has signed."""

    request: Request
    kiosk: Kiosk
    body: bytes

    def fields(self) -> Mapping[str, object]:
        """The body as an object. Raises BadBody."""
        return read_object(self.body)


class BadBody(ValueError):
    """A body that is no JSON object."""


Answer = Callable[[Call], Awaitable[Response]]


def refusal(code: str, status: int, **more: object) -> JSONResponse:
    """An answer that says why not."""
    return JSONResponse({"code": code, **more}, status)


def signed(route: Answer, *, locked_too: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Let in requests that a terminal has signed. `locked_too`: also one that was locked may beat and tell."""

    @wraps(route)
    async def guarded(request: Request) -> Response:
        body = await request.body()
        found = await _who(request, body)
        if isinstance(found, Bar):
            return _bar(request, found)
        if found.state != "active" and not locked_too:
            return _bar(request, Bar.LOCKED)
        try:
            return await route(Call(request, found, body))
        except entry.Revoked:
            return _bar(request, Bar.REVOKED)
        except BadBody:
            return refusal("bad_request", HTTPStatus.BAD_REQUEST)

    return guarded


def _bar(request: Request, why: Bar) -> Response:
    """A terminal whose clock is wrong learns the time from this, and signs again."""
    return refusal(why, _STATUS.get(why, HTTPStatus.UNAUTHORIZED), server_time=deps(request).now().isoformat())


async def _who(request: Request, body: bytes) -> Kiosk | Bar:
    known = deps(request)
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    kiosk_id = _claimed(token)
    if kiosk_id is None:
        return Bar.BAD_SIGNATURE
    async with known.begin() as db:
        key = await entry.key_of(db, kiosk_id)
    if key is None:
        return Bar.REVOKED
    said = _verified(token, key)
    if said is None:
        return Bar.BAD_SIGNATURE
    why = bar(said, Came(request.method, request.url.path, sha256(body).hexdigest()), known.now())
    if why:
        return why
    async with known.begin() as db:
        return await entry.admit(db, kiosk_id, said, known.now())


def _claimed(token: str) -> UUID | None:
    try:
        return UUID(str(jwt.decode(token, options={"verify_signature": False}).get("iss")))
    except (jwt.PyJWTError, ValueError):
        return None


def _verified(token: str, key: str) -> Signed | None:
    """Read the claims if the signature is the key's. Times are judged by `domain.terminal.bar`, with our own clock."""
    try:
        claims = jwt.decode(
            token,
            public_key(key),
            algorithms=[_ALGORITHM],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        return Signed(
            signed_at=datetime.fromtimestamp(float(claims["iat"]), UTC),
            expires_at=datetime.fromtimestamp(float(claims["exp"]), UTC),
            nonce=_nonce(claims["jti"]),
            sequence=int(claims["seq"]),
            method=str(claims["mth"]),
            path=str(claims["pth"]),
            body_hash=str(claims["bod"]),
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _nonce(said: object) -> str:
    if not isinstance(said, str) or not 16 <= len(said) <= _LONGEST_NONCE:
        raise ValueError("nonce")
    return said


def public_key(text: str) -> Ed25519PublicKey:
    """Read a raw Ed25519 public key, base64url. Raises ValueError."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(raw) != _KEY_BYTES:
            raise ValueError("an Ed25519 public key has 32 bytes")
        return Ed25519PublicKey.from_public_bytes(raw)
    except (binascii.Error, UnsupportedAlgorithm) as error:
        raise ValueError("not a public key") from error


def read_object(body: bytes) -> Mapping[str, object]:
    """Read a JSON object. Raises BadBody."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadBody("not JSON") from error
    if not isinstance(said, dict):
        raise BadBody("not an object")
    return said
