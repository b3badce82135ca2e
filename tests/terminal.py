"""A terminal as the platform sees it: a key, a counter, and requests that bear their signature."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx2 import AsyncClient, Response

BASE = "/api/kiosk/v1"


@dataclass
class Terminal:
    """Signs as docs/kiosk-api.md says; `claims` of a call override what it would say."""

    client: AsyncClient
    now: Callable[[], datetime]
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    kiosk: str = ""
    sequence: int = 0

    @property
    def public_key(self) -> str:
        raw = self.key.public_key().public_bytes_raw()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    async def enrol(self, code: str) -> Response:
        """Show the code that staff made, with our key."""
        body = {"code": code, "public_key": self.public_key, "version": "0.1"}
        answer = await self.client.post(f"{BASE}/enrol", json=body)
        if answer.status_code == 200:
            self.kiosk = answer.json()["kiosk"]
        return answer

    def sign(self, method: str, path: str, body: bytes, **claims: object) -> str:
        """The bearer token of one request."""
        self.sequence += 1
        at = int(self.now().timestamp())
        said = {
            "iss": self.kiosk,
            "iat": at,
            "exp": at + 60,
            "jti": uuid4().hex,
            "seq": self.sequence,
            "mth": method,
            "pth": f"{BASE}{path}",
            "bod": sha256(body).hexdigest(),
        }
        return jwt.encode({**said, **claims}, self.key, algorithm="EdDSA")

    async def get(self, path: str, query: str = "", **headers: str) -> Response:
        """A signed GET."""
        bearer = {"authorization": f"Bearer {self.sign('GET', path, b'')}"}
        return await self.client.get(f"{BASE}{path}{query}", headers=bearer | headers)

    async def post(self, path: str, said: object, **claims: object) -> Response:
        """A signed POST."""
        body = json.dumps(said).encode()
        headers = {"authorization": f"Bearer {self.sign('POST', path, body, **claims)}"}
        return await self.client.post(f"{BASE}{path}", content=body, headers=headers)

    async def tell(self, *lines: dict[str, object]) -> Response:
        """Send lines of the journal."""
        return await self.post("/events", {"entries": list(lines)})
