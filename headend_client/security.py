"""The security module (加密机) behind one port (SPEC H-12). Software and hardware modules are adapters beside it.

Nothing above this port sees a key. Calls may be slow and serial: a module queues them itself. Every issuing call has
the caller's request id, and the same request gets the same tokens however often it comes. The module owns the token
identifiers (TID): they come back with the tokens, as does the amount that the digits really carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    BUSY = "busy"  # or not there
    CLOCK = "clock"
    LICENCE = "licence"


class SecurityError(Exception):
    """The module said no, or was not there (BUSY). BUSY passes: ask the same again. The others need a person.

    `reason`: what the module itself called it, a short word without secrets; empty where it said nothing.
    """

    def __init__(self, code: SecurityCode, reason: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MeterKey:
    """Where a meter belongs: supply group (six digits), key revision 1-9, tariff index 0-99."""

    sgc: str
    krn: int
    ti: int


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """A credit token to be made. `amount`: 1/100000 of the currency unit (subclass 4-7), or 0.1 kWh ... (0-3).

    `last_tid` is the newest TID that our records know for this meter and key; the module never goes below it.
    `change_to`: a key change that was ordered; its tokens come first, and the credit is for the new key.
    """

    request_id: str
    meter: StsIdentity
    subclass: int
    amount: int
    at: datetime
    last_tid: int | None
    change_to: MeterKey | None = None


@dataclass(frozen=True, slots=True)
class ManagementRequest:
    """A management token to be made (class 2). `value`: W for the two power limits, else the 16 bits of the token."""

    request_id: str
    meter: StsIdentity
    subclass: int
    value: int
    at: datetime
    last_tid: int | None


@dataclass(frozen=True, slots=True)
class KeyChangeRequest:
    """A set of tokens that takes a meter from its key to another. `three_tokens`: an EA07 set tells the group too."""

    request_id: str
    meter: StsIdentity
    to: MeterKey
    at: datetime
    three_tokens: bool = False


@dataclass(frozen=True, slots=True)
class KeyChanged:
    """What a meter has once a key change set is in. `rollover`: it forgets its TIDs, which begin at a new base date."""

    to: MeterKey
    ken: int
    rollover: bool


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """One of the tokens that answer a request, in the order to be entered. `amount` is what the digits decode to.

    `change` stands at the first token of a key change set. Tests and key changes have no `tid`, and amount 0.
    """

    digits: str = field(repr=False)
    tid: int | None
    subclass: int
    amount: int
    token_class: int = 0
    change: KeyChanged | None = None


class TokenFault(StrEnum):
    """Why a module takes a token for no token of this meter."""

    FORMAT = "format"  # not 20 digits of a class that there is
    CRC = "crc"  # another meter's, another key's, or mistyped
    DEFAULT_KEY_CREDIT = "default_key_credit"
    KEY_EXPIRED = "key_expired"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReadToken:
    """What a token says. `amount`: as in IssuedToken. Of a key change only what it is: nothing of the key; some
    modules do not even say which part of the set it is (`subclass` None)."""

    token_class: int
    subclass: int | None
    tid: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A vending key without the key. Times are aware UTC, None: no limit. `kcv`: six hex digits that name the key."""

    sgc: str
    krn: int
    kt: int
    ken: int
    base_year: int
    active_from: datetime | None
    expires: datetime | None
    kcv: str


@dataclass(frozen=True, slots=True)
class ModuleStatus:
    """One module (a front may speak for several). `info`: counters, licences and whatever else it tells, as it calls
    them; `alerts`: what it complains about. `clock`: None where it does not tell the time."""

    module_id: str
    clock: datetime | None
    info: Mapping[str, str]
    alerts: tuple[str, ...] = ()


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
    """Everything that needs a key. Every verb may raise SecurityError."""

    async def status(self) -> tuple[ModuleStatus, ...]:
        """Who the modules are and how they are; one at least."""

    async def vending_keys(self) -> tuple[KeyInfo, ...] | None:
        """The vending keys it holds, never the keys themselves; None: this module does not tell."""

    async def issue_credit(self, request: IssueRequest) -> tuple[IssuedToken, ...]:
        """The tokens of a credit: one, or a key change set and then one."""

    async def issue_management(self, request: ManagementRequest) -> tuple[IssuedToken, ...]:
        """The token that sets or clears something in one meter."""

    async def issue_key_change(self, request: KeyChangeRequest) -> tuple[IssuedToken, ...]:
        """The two, three or four tokens of a key change."""

    async def test_token(self, subclass: int, control: int, mfr: int = 0) -> IssuedToken:
        """A token that any meter obeys (class 1); nothing is counted or remembered."""

    async def verify(self, meter: StsIdentity, digits: str) -> ReadToken | TokenFault:
        """What a token says to this meter, or why it is none."""

    async def fetch(self, request_id: str) -> tuple[IssuedToken, ...] | None:
        """The tokens that a request got earlier; None: it got none."""

    async def challenge(self, target: Target) -> Challenge: ...

    async def recharge_macs(
        self, target: Target, challenge: Challenge, random2: bytes, amount_minor: int, number: int
    ) -> RechargeMacs: ...

    async def relay_order(
        self, target: Target, challenge: Challenge, random2: bytes, clear: bytes
    ) -> tuple[bytes, bytes]:
        """Seal a relay order: 16 cipher bytes and a 4-byte MAC (DL/T 645-2007, C = 1C, PA = 98)."""

    async def parameter_mac(self, target: Target, challenge: Challenge, random2: bytes, di: int, value: bytes) -> bytes:
        """The 4-byte MAC of a parameter that is written in plain text (C = 14, PA = 99). `value`: as in the frame."""

    async def seal_parameter(
        self, target: Target, challenge: Challenge, random2: bytes, di: int, value: bytes
    ) -> tuple[bytes, bytes]:
        """Seal a parameter (C = 14, PA = 98): whole blocks of 16 cipher bytes, and a 4-byte MAC."""

    async def relay_password(self, target: Target) -> bytes:
        """PA and P0 P1 P2 for meters that take plain relay orders and writes."""

    async def aclose(self) -> None:
        """Let go of lines and files. The module may be used again."""
