"""Webhooks of customers' own programs: which addresses may be called, and how a call is signed (SPEC N-3).

The recipe of the signature: HMAC-SHA256 over `<t>.<body>` with the whole secret as the key, in hex.
"""

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

LONGEST_URL = 500


class HookError(ValueError):
    """Why an address is not called. `code`: hook_bad (no whole https address), hook_private (not on the internet)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_url(url: str, *, private: bool = False) -> str:
    """The address as it is kept. `private`: addresses of the house are allowed, and no TLS. Raises HookError.

    A name says nothing about where it leads: `check_address` is asked again at each call.
    """
    typed = url.strip()
    try:
        parts = urlsplit(typed)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise HookError("hook_bad") from None
    if not typed.isascii() or len(typed) > LONGEST_URL or any(c.isspace() or c in '<>"\\' for c in typed):
        raise HookError("hook_bad")
    if parts.scheme not in (("https", "http") if private else ("https",)) or not host:
        raise HookError("hook_bad")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise HookError("hook_bad")
    if not private:
        _on_the_internet(host)
    return typed


def _on_the_internet(host: str) -> None:
    try:
        found = ip_address(host)
    except ValueError:
        if "." not in host.rstrip(".") or host.endswith((".local", ".internal", ".localhost")):
            raise HookError("hook_private") from None
        return
    if not is_public(found):
        raise HookError("hook_private")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Does it lie on the open internet? Addresses that carry an inner one are as public as that."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return is_public(inner)
        if address in _TRANSLATED:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address.is_global and not address.is_multicast and not address.is_reserved


class _Block:
    """64:ff9b::/96, in which translators put addresses of IPv4 (RFC 6052)."""

    _PREFIX = int(IPv6Address("64:ff9b::")) >> 32

    def __contains__(self, address: IPv6Address) -> bool:
        return int(address) >> 32 == self._PREFIX


_TRANSLATED = _Block()


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The header `Relight-Signature` for a body that is sent at `at_s` (seconds since 1970)."""
    mac = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={mac}"
