"""Signs what we ask a head end, and verifies what it answers and calls back (docs/api/ami-head-end.json, Signature).

HMAC-SHA256 over who speaks, about what, when, a number used once, and the digest of the body. An answer is signed over
the number of its question, so it cannot be the answer to another; a word in one direction is none in the other.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

KEY = "relight-key"
TIMESTAMP = "relight-timestamp"
NONCE = "relight-nonce"
SIGNATURE = "relight-signature"
TOLERANCE_S = 300
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Role(StrEnum):
    """Who speaks."""

    REQUEST = "request"
    ANSWER = "answer"
    CALLBACK = "callback"


class BadSignature(Exception):
    """A message that is not from who it says, or not from now. `code`: bad_signature, too_old."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Secret:
    """What both sides know. `key_id` travels in clear and says which secret it is."""

    key_id: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is signed about. `line`: method and path with its query; an answer's begins with its status."""

    role: Role
    line: str


def sign(secret: Secret, subject: Subject, body: bytes, now: datetime, nonce: str = "") -> dict[str, str]:
    """Return the headers that prove `body`. `nonce`: of the question, where this is its answer."""
    stamp, nonce = str(int(now.timestamp())), nonce or secrets.token_hex(16)
    return {
        KEY: secret.key_id,
        TIMESTAMP: stamp,
        NONCE: nonce,
        SIGNATURE: _signature(secret, subject, (stamp, nonce), body),
    }


def verify(secret: Secret, subject: Subject, body: bytes, headers: Mapping[str, str], now: datetime) -> str:
    """Return the nonce of a message that is signed with `secret` and at most 300 s old or early; BadSignature else.

    The signature is looked at first: of what a stranger sent, not even the age is told.
    """
    stamp, nonce = headers.get(TIMESTAMP, ""), headers.get(NONCE, "")
    if not secret.value or not _SECONDS.fullmatch(stamp) or not _NONCE.fullmatch(nonce):
        raise BadSignature("bad_signature")
    expected = _signature(secret, subject, (stamp, nonce), body).encode()
    if not hmac.compare_digest(expected, headers.get(SIGNATURE, "").encode(errors="replace")):
        raise BadSignature("bad_signature")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
        raise BadSignature("too_old")
    return nonce


def _signature(secret: Secret, subject: Subject, stamp: tuple[str, str], body: bytes) -> str:
    digest = hashlib.sha256(body).hexdigest()
    signed = "\n".join(("relight-ami-1", subject.role, secret.key_id, subject.line, *stamp, digest))
    return hmac.new(secret.value.encode(), signed.encode(), hashlib.sha256).hexdigest()
