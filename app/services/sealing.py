"""Enciphers secrets of others that lie in rows, each bound to its purpose and its owner (AES-256-GCM)."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class NotSealedHere(Exception):
    """What lies there does not open: another session secret, another owner, or no secret is set."""


def seal(text: str, purpose: str, owner: UUID, key: str) -> str:
    """Encipher, so that it opens for this purpose and owner only. `key`: session secret; ValueError without one."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return urlsafe_b64encode(
        nonce + AESGCM(_cipher_key(key, purpose)).encrypt(nonce, text.encode(), owner.bytes)
    ).decode()


def opened(sealed: str, purpose: str, owner: UUID, key: str) -> str:
    """Decipher. Raises NotSealedHere."""
    try:
        raw = urlsafe_b64decode(sealed.encode())
        cipher = AESGCM(_cipher_key(key, purpose))
        return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.bytes).decode()
    except (InvalidTag, NotBase64, ValueError):
        raise NotSealedHere from None


@cache
def _cipher_key(key: str, purpose: str) -> bytes:
    if not key:
        raise ValueError("RELIGHT_SESSION_SECRET is not set")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"relight {purpose}".encode()).derive(key.encode())
