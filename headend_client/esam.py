"""What ESAM meters need of a security module, in software: keys of the sealed file and meters_io.dlt645.softesam.

The real scheme of ESAM chips is not public; this one is its stand-in and is what our simulator's meters understand.
"""

import secrets
from collections.abc import Callable

from headend_client.keyfile import Keys
from headend_client.security import Challenge, RechargeMacs, SecurityCode, SecurityError
from headend_client.target import Target
from meters_io.dlt645 import softesam

RandomBytes = Callable[[int], bytes]


class SoftEsam:
    """The part of SecurityModule that ESAM meters and relays need. Raises SecurityError(UNKNOWN_KEY) without a key."""

    def __init__(self, keys: Keys, random_bytes: RandomBytes = secrets.token_bytes) -> None:
        self._keys, self._random_bytes = keys, random_bytes

    async def challenge(self, target: Target) -> Challenge:
        """Open an identity authentication with a meter."""
        random1 = self._random_bytes(8)
        return Challenge(softesam.cipher1(self._meter_key(target), random1), random1)

    async def recharge_macs(
        self, target: Target, challenge: Challenge, random2: bytes, amount_minor: int, number: int
    ) -> RechargeMacs:
        """Return the MACs of one recharge in the session that `challenge` and `random2` opened."""
        session = self._session_key(target, challenge, random2)
        return RechargeMacs(softesam.mac1(session, amount_minor, number), softesam.mac2(session, target.customer))

    async def relay_order(
        self, target: Target, challenge: Challenge, random2: bytes, clear: bytes
    ) -> tuple[bytes, bytes]:
        """Seal a relay order: cipher 16 bytes, MAC 4."""
        return softesam.seal(self._session_key(target, challenge, random2), clear)

    async def parameter_mac(self, target: Target, challenge: Challenge, random2: bytes, di: int, value: bytes) -> bytes:
        """Return the MAC of a parameter that is written in plain text, 4 bytes."""
        return softesam.parameter_mac(self._session_key(target, challenge, random2), di, value)

    async def seal_parameter(
        self, target: Target, challenge: Challenge, random2: bytes, di: int, value: bytes
    ) -> tuple[bytes, bytes]:
        """Seal a parameter: cipher in blocks of 16 bytes, MAC 4."""
        return softesam.seal_parameter(self._session_key(target, challenge, random2), di, value)

    async def relay_password(self, target: Target) -> bytes:
        """Return PA and P0 P1 P2 of plain relay orders and writes."""
        if self._keys.relay_password is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        return self._keys.relay_password

    def _session_key(self, target: Target, challenge: Challenge, random2: bytes) -> bytes:
        return softesam.session_key(self._meter_key(target), challenge.random, random2)

    def _meter_key(self, target: Target) -> bytes:
        if self._keys.esam_master is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        return softesam.meter_key(self._keys.esam_master, target.address)
