"""The security module (加密机) behind one port (SPEC H-12). Software and hardware modules are adapters beside it.

Nothing above this port sees a key. Calls may be slow and serial; every issuing call carries the caller's request id and
is answered from the journal when it is repeated.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from headend_client.target import StsIdentity, Target


class SecurityCode(StrEnum):
    """One set of codes over all modules."""

    UNKNOWN_KEY = "unknown_key"
    KEY_EXPIRED = "key_expired"
    KEY_NOT_ACTIVE = "key_not_active"
    BAD_PAN = "bad_pan"
    AMOUNT_RANGE = "amount_range"
    PERMISSION = "permission"
    BUSY = "busy"
    CLOCK = "clock"
    LICENCE = "licence"


class SecurityError(Exception):
    """The module said no. BUSY passes; the others need a person."""

    def __init__(self, code: SecurityCode) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """A credit token to be made. `amount`: 1/100000 of the currency unit (subclass 4), or 0.1 kWh (subclass 0).

    `last_tid` is the newest TID that our records know for this meter and key; the module never goes below it.
    """

    request_id: str
    meter: StsIdentity
    subclass: int
    amount: int
    at: datetime
    last_tid: int | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """One of the tokens that answer a request, in the order to be entered. `amount` is what the digits decode to."""

    digits: str
    tid: int | None
    subclass: int
    amount: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """Opens an identity authentication: cipher1 and random1, 8 bytes each (DL/T 645-2007, 070000FF)."""

    cipher: bytes
    random: bytes


@dataclass(frozen=True, slots=True)
class RechargeMacs:
    """MAC1 over amount and count, MAC2 over the customer number; 4 bytes each."""

    amount_count: bytes
    customer: bytes


class SecurityModule(Protocol):
    """Everything that needs a key."""

    async def issue_credit(self, request: IssueRequest) -> tuple[IssuedToken, ...]: ...

    async def challenge(self, target: Target) -> Challenge: ...

    async def recharge_macs(
        self, target: Target, challenge: Challenge, random2: bytes, amount_minor: int, number: int
    ) -> RechargeMacs: ...

    async def relay_order(
        self, target: Target, challenge: Challenge, random2: bytes, clear: bytes
    ) -> tuple[bytes, bytes]:
        """Seal a relay order: 16 cipher bytes and a 4-byte MAC (DL/T 645-2007, C = 1C, PA = 98)."""

    async def relay_password(self, target: Target) -> bytes:
        """PA and P0 P1 P2 for meters that take plain relay orders."""
