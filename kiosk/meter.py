"""What a terminal does to a meter over the line: read the money, read the relay, enter a token, close the relay.

As the head end does it, with what a metering box has: no security chip, so tokens go in by the vendor's block of STS
meters (docs/decisions/0003) and relay orders in the plain form. An answer is never proof: the relay is read back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from kiosk.line import Line, Parse, Silence
from meters_io.bits import uint_from_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import (
    BALANCE,
    OVERDRAFT,
    STATUS_3,
    Register,
    build_read,
    parse_read_reply,
    parse_register,
)
from meters_io.dlt645.refusals import Refusal, RefusalCode
from meters_io.dlt645.relay import Obeyed, Password, RelayAction, RelayOrder, build_relay, parse_relay_reply
from meters_io.dlt645.status import StatusWord3
from meters_io.dlt645.token import TokenRequest, TokenResult, build_token, parse_token_reply
from meters_io.dlt645.values import clock_from_bytes
from meters_io.sts.meter import ResultCode

T = TypeVar("T")
GOOD_FOR = timedelta(minutes=5)
_NAMES = {code.value: code.name.lower() for code in ResultCode}
_STALE_ORDER = (RefusalCode.EXPIRY, RefusalCode.OTHER)  # an old-style refusal has no word for an expired order


class Outcome(StrEnum):
    """How a token ended. `used`: the meter has it from before. `unknown`: it may be in; the same token again tells."""

    ACCEPTED = "accepted"
    USED = "used"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TokenEnd:
    """What became of a token. `code`: why it was refused, or `no_answer`."""

    outcome: Outcome
    code: str = ""

    @property
    def inside(self) -> bool:
        """The meter has the credit."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.USED)


class Closing(StrEnum):
    """How closing a relay ended, as the meter's status word proves it. `armed`: a key on the meter must be pressed."""

    CLOSED = "closed"
    ARMED = "armed"
    OPEN = "open"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RelayEnd:
    """What became of an order to close. `code`: why it was refused."""

    outcome: Closing
    code: str = ""


@dataclass(frozen=True, slots=True)
class Supply:
    """The relay as the meter says it. Open under a close order: the meter waits for a hand on its key."""

    relay_open: bool
    command_open: bool
    keep_power: bool

    @property
    def word(self) -> str:
        """on, off or armed."""
        if not self.relay_open:
            return "on"
        return "off" if self.command_open else "armed"


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units, overdraft subtracted."""

    balance_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a relay order needs. `password`: PA P0 P1 P2."""

    password: bytes
    now: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class MeterOnLine:
    """One meter at its address. Every method is one turn on the line; TimeoutError where it is busy for too long."""

    line: Line
    address: str

    async def read_balance(self) -> Money | Refusal | Silence:
        """Read 00900200 less 00900201."""
        async with self.line.turn():
            balance = await self._figure(BALANCE)
            if not isinstance(balance, int):
                return balance or Silence(sent=True)
            overdraft = await self._figure(OVERDRAFT)
        return Money(balance - overdraft) if isinstance(overdraft, int) else overdraft or Silence(sent=True)

    async def read_supply(self) -> Supply | Refusal | Silence:
        """Read status word 3 (04000503)."""
        async with self.line.turn():
            return await self._supply()

    async def enter_token(self, digits: str) -> TokenEnd:
        """Carry a token in. The tries repeat the same token, which is safe: the meter says used."""
        request = build_token(self.address, TokenRequest(digits))
        async with self.line.turn():
            said = await self._ask(request, lambda reply: parse_token_reply(reply, self.address))
        match said:
            case TokenResult(result=result):
                return _meaning(result)
            case Refusal(code=code):
                return TokenEnd(Outcome.REFUSED, code.value)
            case Silence():
                return TokenEnd(Outcome.UNKNOWN, "no_answer")

    async def close_relay(self, order: Order) -> RelayEnd:
        """Order the relay closed: whoever stands here is the confirming hand. Then read it back."""
        async with self.line.turn():
            said = await self._close(order, order.now + GOOD_FOR)
            if isinstance(said, Refusal) and said.code in _STALE_ORDER:
                said = await self._close_by_its_clock(order, said)
            if isinstance(said, Refusal):
                return RelayEnd(Closing.REFUSED, said.code.value)
            return _proved(await self._supply())

    async def _close(self, order: Order, expires: datetime) -> Obeyed | Refusal | Silence:
        password = Password(order.password[0], uint_from_bytes(order.password[1:4]))
        request = build_relay(self.address, password, RelayOrder(RelayAction.CLOSE, expires), order.zone)
        return await self._ask(request, lambda reply: parse_relay_reply(reply, self.address))

    async def _close_by_its_clock(self, order: Order, refused: Refusal) -> Obeyed | Refusal | Silence:
        """One of the two clocks is wrong, so that good orders look expired: go by the meter's."""
        clock = await self._ask(build_read(self.address, Item.CLOCK), lambda reply: self._clock(reply, order.zone))
        if not isinstance(clock, datetime) or abs(clock - order.now) < GOOD_FOR / 2:
            return refused
        return await self._close(order, clock + GOOD_FOR)

    def _clock(self, reply: Frame, zone: tzinfo) -> datetime | Refusal:
        read = parse_read_reply(reply, self.address, Item.CLOCK)
        return read if isinstance(read, Refusal) else clock_from_bytes(read.data, zone)

    async def _supply(self) -> Supply | Refusal | Silence:
        said = await self._figure(STATUS_3)
        if not isinstance(said, StatusWord3):
            return said
        return Supply(said.relay_open, said.relay_command_open, said.keep_power)

    async def _figure(self, register: Register[T]) -> T | Refusal | Silence:
        request = build_read(self.address, register.di)
        return await self._ask(request, lambda reply: parse_register(reply, self.address, register))

    async def _ask(self, request: Frame, parse: Parse[T]) -> T | Refusal | Silence:
        return await self.line.ask(request, parse)


def _meaning(result: int) -> TokenEnd:
    """USED proves an earlier acceptance; OLD does not, it only says that newer tokens were taken."""
    match result:
        case ResultCode.ACCEPT:
            return TokenEnd(Outcome.ACCEPTED)
        case ResultCode.USED_ERROR:
            return TokenEnd(Outcome.USED)
        case ResultCode.FIRST_KCT | ResultCode.SECOND_KCT:
            return TokenEnd(Outcome.ACCEPTED, _NAMES[result])
        case _ if result in _NAMES:
            return TokenEnd(Outcome.REFUSED, _NAMES[result])
    return TokenEnd(Outcome.UNKNOWN, "unknown_result")


def _proved(said: Supply | Refusal | Silence) -> RelayEnd:
    match said:
        case Supply(word="on"):
            return RelayEnd(Closing.CLOSED)
        case Supply(word="armed"):
            return RelayEnd(Closing.ARMED)
        case Supply():
            return RelayEnd(Closing.OPEN)
    return RelayEnd(Closing.UNKNOWN, "no_answer")
