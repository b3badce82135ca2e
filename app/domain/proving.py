"""Proofs that are derived and kept nowhere: the digits of a sign-in code, the word in a confirmation link.

HMAC-SHA256 (RFC 2104) over the id of a row, keyed with the installation's session secret: whoever reads the tables
learns nothing that signs them in, and the notifier finds the same words as the web without being told them.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
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


def stop_word(secret: str, message_id: UUID) -> str:
    """The word in a mail's link that ends reminders. ValueError without a key."""
    return urlsafe_b64encode(_mac(secret, b"stop link", message_id.bytes)[:18]).decode()


def bounce_mark(secret: str, message_id: UUID) -> str:
    """What makes the return address of one mail ours: 64 bits in hex, for mail servers fold letters. ValueError."""
    return _mac(secret, b"bounce", message_id.bytes).hex()[:16]


def hook_secret(secret: str, contact_id: UUID) -> str:
    """What signs the messages to one webhook; its holder is shown it. ValueError without a key."""
    return "whsec_" + urlsafe_b64encode(_mac(secret, b"webhook", contact_id.bytes)[:24]).decode()


def invitation_word(secret: str, staff_id: UUID, until: int, state: str) -> str:
    """The word by which an invited colleague chooses a password, for as long as `state` is what their row holds."""
    return urlsafe_b64encode(_mac(secret, b"invitation", staff_id.bytes + f"{until}:{state}".encode())[:24]).decode()


def event_word(secret: str, message_id: UUID) -> str:
    """The word of a link by which somebody who was told of an event takes it in hand: the message, and its proof."""
    return urlsafe_b64encode(message_id.bytes + _mac(secret, b"event", message_id.bytes)[:14]).decode()


def message_of_event_word(secret: str, word: str) -> UUID | None:
    """Which message such a word came in; None for one that we did not make."""
    try:
        message_id = UUID(bytes=urlsafe_b64decode(word.encode())[:16])
    except ValueError:
        return None
    return message_id if same_word(word, event_word(secret, message_id)) else None


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


def unmasked(kept: str, words: Iterable[str]) -> str:
    """The text with these words back in their places, longest first; two of one length need a look of their own."""
    for word in sorted(words, key=len, reverse=True):
        kept = kept.replace(_MASK * len(word), word)
    return kept


def _mac(secret: str, purpose: bytes, about: bytes) -> bytes:
    if not secret:
        raise ValueError("RELIGHT_SESSION_SECRET is not set")
    return hmac.new(secret.encode(), purpose + b"\0" + about, hashlib.sha256).digest()
