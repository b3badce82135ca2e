"""Who this terminal is: an Ed25519 key made here, which never leaves, and requests that bear its signature.

Source: version 1 of the contract; RFC 7519 and RFC 8037 (EdDSA). The claims bind method, path and body, a nonce and a
number that only grows, so that a request that was overheard is worth nothing.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.errors import NotEnrolled, StateDamaged
from kiosk.shapes import Enrolled

FILE = "identity.json"
SIGNED_FOR = timedelta(seconds=60)
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Identity:
    """What an enrolment leaves on the disk. `relay_password`: PA P0 P1 P2, empty where no relay is closed from here."""

    kiosk: str
    name: str
    key: Ed25519PrivateKey = field(repr=False)
    relay_password: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ToSign:
    """A request as it will go out. `path` without its query."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)


def make_key() -> Ed25519PrivateKey:
    """Make a key."""
    return Ed25519PrivateKey.generate()


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half: raw 32 bytes in base64url without padding."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(who: Identity, request: ToSign, sequence: int, now: datetime) -> str:
    """Return the token that goes into the Authorization header."""
    claims = {
        "iss": who.kiosk,
        "iat": int(now.timestamp()),
        "exp": int((now + SIGNED_FOR).timestamp()),
        "jti": secrets.token_urlsafe(18),
        "seq": sequence,
        "mth": request.method,
        "pth": request.path,
        "bod": sha256(request.body).hexdigest(),
    }
    return jwt.encode(claims, who.key, algorithm="EdDSA")


def save(folder: Path, enrolled: Enrolled, key: Ed25519PrivateKey) -> Identity:
    """Write who we are, for its owner's eyes only, whole or not at all. StateDamaged."""
    said = {
        "kiosk": enrolled.kiosk,
        "name": enrolled.name,
        "key": base64.b64encode(key.private_bytes_raw()).decode(),
        "relay_password_hex": enrolled.line.relay_password_hex,
    }
    _write(folder, said)
    return load(folder)


def drop_password(folder: Path) -> None:
    """Forget how meters are commanded: this terminal was revoked. NotEnrolled, StateDamaged."""
    if load(folder).relay_password:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
        _write(folder, {**said, "relay_password_hex": ""})


def _write(folder: Path, said: Mapping[str, str]) -> None:
    path, beside = folder / FILE, folder / f"{FILE}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(said))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as wrong:
        raise StateDamaged(f"{path}: {wrong.strerror}") from None


def is_enrolled(folder: Path) -> bool:
    """Is there a key here?"""
    return (folder / FILE).exists()


def load(folder: Path) -> Identity:
    """Read who we are. NotEnrolled, StateDamaged."""
    path = folder / FILE
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if path.stat().st_mode & 0o077:
            raise StateDamaged(f"{path}: others may read the key; take their rights away (chmod 600)")
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(said["key"], validate=True))
        return Identity(said["kiosk"], said["name"], key, _password(said["relay_password_hex"]))
    except FileNotFoundError:
        raise NotEnrolled("not enrolled; get a code from staff and run `relight kiosk enrol CODE`") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise StateDamaged(f"{path}: this cannot be read; enrol again with a new code") from None


def _password(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) not in (0, 4):
        raise ValueError("a relay password has 4 bytes")
    return raw
