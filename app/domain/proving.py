"""Proofs that are derived and kept nowhere: the digits of a sign-in code, the word in a confirmation link.

HMAC-SHA256 (RFC 2104) over the id of a row, keyed with the installation's session secret: whoever reads the tables
learns nothing that signs them in, and the notifier finds the same words as the web without being told them.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

DIGITS = 6
_MASK = "•"


def login_digits(secret: str, code_id: UUID) -> str:
    """The six digits of one sign-in code (the truncation of RFC 4226, 5.3, by remainder). ValueError without a key."""
    number = int.from_bytes(_mac(secret, b"login code", code_id.bytes)[:8], "big")
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def link_word(secret: str, proof_id: UUID) -> str:
    """The word that a confirmation link bears. ValueError without a key."""
    return urlsafe_b64encode(_mac(secret, b"confirmation link", proof_id.bytes)[:24]).decode()


def pay_word(secret: str, link_id: UUID) -> str:
    """The word that a pay link bears: 96 bits, short enough for an SMS. ValueError without a key."""
    return urlsafe_b64encode(_mac(secret, b"pay link", link_id.bytes)[:12]).decode()


def address_mark(secret: str, address: str) -> str:
    """What we remember of a network address: enough to count it, too little to know it. ValueError without a key."""
    return _mac(secret, b"address", address.encode()).hex()[:32]


def same(typed: str, right: str) -> bool:
    """Compare in constant time. Spaces, hyphens and full-width digits are welcome, as keyboards make them."""
    plain = "".join(str(int(c)) if c.isdecimal() else c for c in typed[:64] if not c.isspace() and c != "-")
    return hmac.compare_digest(plain.encode(), right.encode())


def same_word(sent: str, right: str) -> bool:
    """Compare words of links in constant time."""
    return hmac.compare_digest(sent.encode(), right.encode())


def masked(text: str, digits: str) -> str:
    """The text without the digits."""
    return text.replace(digits, _MASK * len(digits)) if digits else text


def _mac(secret: str, purpose: bytes, about: bytes) -> bytes:
    if not secret:
        raise ValueError("RELIGHT_SESSION_SECRET is not set")
    return hmac.new(secret.encode(), purpose + b"\0" + about, hashlib.sha256).digest()
