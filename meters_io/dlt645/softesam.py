"""The security scheme of our software security module and of simulated meters.

It stands in for the utility's secret algorithm (SM1 in a chip, keys in an encryption machine), which is
not published and not imitated here: only the sizes and the places of the fields are the real ones.
Deterministic; whoever calls brings the random numbers. HMAC-SHA256 throughout, each use under its own
label.

    master key -> meter key (per address) -> session key (per pair of random numbers) -> MACs and sealed
    orders and parameters
"""

import hmac

from meters_io.bits import digits_to_bytes, uint_to_bytes
from meters_io.errors import LocalError, RemoteError

CLEAR_BYTES = 16
_PAD = b"\x80" + bytes(CLEAR_BYTES - 1)


def meter_key(master: bytes, address: str) -> bytes:
    """Return the 32-byte key of the meter with this 12-digit address."""
    if len(master) < 16:
        raise LocalError("a master key has at least 16 bytes", code="bad_length", field="master")
    return _mac(master, b"meter", digits_to_bytes(address, 6))


def cipher1(key: bytes, random1: bytes) -> bytes:
    """Return the 8 bytes that prove to a meter that we hold its key, over our 8-byte random number."""
    _check(random1, 8, "random1")
    return _mac(key, b"identity", random1)[:8]


def session_key(key: bytes, random1: bytes, random2: bytes) -> bytes:
    """Return the 32-byte key of one authenticated session; the meter's random number has 4 bytes."""
    _check(random1, 8, "random1")
    _check(random2, 4, "random2")
    return _mac(key, b"session", random1 + random2)


def mac1(session: bytes, amount_cents: int, count: int) -> bytes:
    """Return the 4-byte MAC over a purchase's amount and count."""
    return _mac(session, b"purchase", uint_to_bytes(amount_cents, 4) + uint_to_bytes(count, 4))[:4]


def mac2(session: bytes, customer: str) -> bytes:
    """Return the 4-byte MAC over the 12-digit customer number."""
    return _mac(session, b"customer", digits_to_bytes(customer, 6))[:4]


def state_mac(key: bytes, label: str, number: int) -> bytes:
    """Return the 4-byte MAC over a figure of the wallet (`label` "balance" or "count"), under the meter
    key.
    """
    return _mac(key, b"state " + label.encode(), uint_to_bytes(number, 4))[:4]


def seal(session: bytes, clear: bytes) -> tuple[bytes, bytes]:
    """Encipher the 16 bytes of a relay order; return (cipher 16, MAC 4).

    The MAC over the clear text also seeds the key stream, so two orders of one session never share a
    stream.
    """
    _check(clear, CLEAR_BYTES, "clear")
    mac = _mac(session, b"order", clear)[:4]
    return _mask(session, mac, clear), mac


def unseal(session: bytes, cipher: bytes, mac: bytes) -> bytes:
    """Decipher a relay order; RemoteError `bad_mac` unless it was sealed in this session."""
    if len(cipher) != CLEAR_BYTES or len(mac) != 4:
        raise RemoteError("a sealed order is 16 bytes and a MAC of 4", code="bad_length", field="cipher")
    clear = _mask(session, mac, cipher)
    if not matches(_mac(session, b"order", clear)[:4], mac):
        raise RemoteError("the order was not sealed in this session", code="bad_mac", field="mac")
    return clear


def parameter_mac(session: bytes, di: int, value: bytes) -> bytes:
    """Return the 4-byte MAC of a parameter that is written in plain text (class 1). `value`: as the frame has it."""
    return _mac(session, b"parameter", uint_to_bytes(di, 4) + value)[:4]


def seal_parameter(session: bytes, di: int, value: bytes) -> tuple[bytes, bytes]:
    """Encipher a parameter of class 2, padded with 80H and zeros to whole blocks of 16; return (cipher, MAC 4)."""
    clear = value + _PAD[: CLEAR_BYTES - len(value) % CLEAR_BYTES]
    mac = _mac(session, b"sealed parameter", uint_to_bytes(di, 4) + clear)[:4]
    return _mask(session, mac, clear), mac


def open_parameter(session: bytes, di: int, cipher: bytes, mac: bytes) -> bytes:
    """Decipher a parameter of class 2; RemoteError `bad_mac` unless it was sealed in this session for this item."""
    if not cipher or len(cipher) % CLEAR_BYTES or len(mac) != 4:
        raise RemoteError("a sealed parameter is blocks of 16 bytes and a MAC of 4", code="bad_length", field="cipher")
    clear = _mask(session, mac, cipher)
    if not matches(_mac(session, b"sealed parameter", uint_to_bytes(di, 4) + clear)[:4], mac):
        raise RemoteError("the parameter was not sealed in this session", code="bad_mac", field="mac")
    return clear.rstrip(b"\0")[:-1]


def matches(ours: bytes, theirs: bytes) -> bool:
    """Compare two MACs in constant time."""
    return hmac.compare_digest(ours, theirs)


def _mask(session: bytes, mac: bytes, text: bytes) -> bytes:
    blocks = (_mac(session, b"stream", mac + bytes((block,) if block else ())) for block in range(-(-len(text) // 32)))
    return bytes(a ^ b for a, b in zip(text, b"".join(blocks), strict=False))


def _mac(key: bytes, use: bytes, message: bytes) -> bytes:
    return hmac.digest(key, b"relight softesam " + use + b"\0" + message, "sha256")


def _check(part: bytes, width: int, name: str) -> None:
    if len(part) != width:
        raise LocalError(f"{width} bytes are due here", code="bad_length", field=name)
