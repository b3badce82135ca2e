"""Signatures between us and a head end as the published contract describes them, by code of the stand-in's own."""

import hashlib
import hmac
import secrets
from datetime import datetime

from starlette.requests import Request

KEY_ID, SECRET = "relight-test", "a secret that both sides know, 40 letters"


def line_of(request: Request) -> str:
    """What of a question is signed: its path with its query."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def proof(words: tuple[str, str], body: bytes, now: datetime, nonce: str = "", secret: str = SECRET) -> dict[str, str]:
    """The headers that prove a body."""
    stamp, nonce = str(int(now.timestamp())), nonce or secrets.token_hex(16)
    return {
        "relight-key": KEY_ID,
        "relight-timestamp": stamp,
        "relight-nonce": nonce,
        "relight-signature": digest(words, body, (stamp, nonce), secret),
    }


def digest(words: tuple[str, str], body: bytes, stamp: tuple[str, str], secret: str) -> str:
    """The signature of a body."""
    role, line = words
    text = f"relight-ami-1\n{role}\n{KEY_ID}\n{line}\n{stamp[0]}\n{stamp[1]}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()
