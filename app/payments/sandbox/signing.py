"""Signs and verifies what travels between us and the rehearsal bank, in both directions (README, "Signature")."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

TIMESTAMP = "sandbox-timestamp"
NONCE = "sandbox-nonce"
SIGNATURE = "sandbox-signature"
TOLERANCE_S = 300

_SECONDS = re.compile(r"[0-9]{1,12}")
_NONCE = re.compile(r"[0-9a-f]{32}")


class BadStamp(Exception):
    """A message that is not from who it says, or not from now. `code`: bad_signature, too_old."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a message was signed, Unix seconds, and a number used once."""

    timestamp: str
    nonce: str

    def headers(self, secret: bytes, body: bytes) -> dict[str, str]:
        """The headers that prove `body`."""
        return {TIMESTAMP: self.timestamp, NONCE: self.nonce, SIGNATURE: signature(secret, self, body)}


def fresh_stamp(now: datetime, nonce: str | None = None) -> Stamp:
    """A stamp of now. An answer takes the nonce of its question, and so cannot be the answer to another."""
    return Stamp(str(int(now.timestamp())), nonce or secrets.token_hex(16))


def signature(secret: bytes, stamp: Stamp, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, nonce and the raw body, in hexadecimal."""
    signed = f"{stamp.timestamp}\n{stamp.nonce}\n".encode() + body
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> Stamp:
    """Return the stamp of a message that is signed with `secret` and not older or newer than 300 s; BadStamp else.

    The signature is looked at first: of what a stranger sent, not even the age is told.
    """
    given = {name.lower(): value for name, value in headers.items()}
    stamp = Stamp(given.get(TIMESTAMP, ""), given.get(NONCE, ""))
    if not secret or not _SECONDS.fullmatch(stamp.timestamp) or not _NONCE.fullmatch(stamp.nonce):
        raise BadStamp("bad_signature")
    expected = signature(secret, stamp, body).encode()
    if not hmac.compare_digest(expected, given.get(SIGNATURE, "").encode(errors="replace")):
        raise BadStamp("bad_signature")
    if abs(now.timestamp() - int(stamp.timestamp)) > TOLERANCE_S:
        raise BadStamp("too_old")
    return stamp
