"""The driver `ami`: meters behind an existing head end, each verb a task or a few."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import tzinfo
from typing import TypeVar
from weakref import WeakValueDictionary

from headend_client.ami.book import Book
from headend_client.ami.carry_out import READ_RELAY, carry_out
from headend_client.ami.desk import Desk
from headend_client.ami.errands import Errands, Result
from headend_client.ami.handing import Order, TaskWay
from headend_client.ami.line import Line
from headend_client.ami.many import read_frozen_many
from headend_client.ami.results import relay_of, token_of, wallet_of
from headend_client.ami.trip import trip
from headend_client.clearance import Clearance
from headend_client.clock import Clock, utc_now
from headend_client.errors import Unreachable
from headend_client.orders import CollectFrozen, MeterOrder, TerminalOrder
from headend_client.outcome import Done, Readings, Refused, Relay, TokenTaken, Unknown, Wallet
from headend_client.patience import ends_by
from headend_client.profiles import PROFILES
from headend_client.profiles.shape import CreditForm
from headend_client.target import ConcentratorAddress, Place, Recharge, Target
from headend_client.trace import Trace
from headend_client.turns import Turns

T = TypeVar("T")
AMI = "ami"


class AmiDriver:
    """Speaks to meters through the head ends of `desk`; `book` keeps what is under way. `zone`: of the meters."""

    def __init__(self, desk: Desk, book: Book, zone: tzinfo, now: Clock = utc_now) -> None:
        self._desk, self._book, self._zone, self._now = desk, book, zone, now
        self._turns: WeakValueDictionary[str, Turns] = WeakValueDictionary()

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        """Read balance, overdraft and purchase count."""
        return await self._speak(_read_wallet, target, trace)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        """Recharge a meter once, under its next purchase count. The head end authorises it with keys of its own."""
        order = Order(
            "recharge",
            {"amount_minor": recharge.amount_minor, "number": recharge.number, "customer": target.customer},
        )
        if _credit_of(target) is not CreditForm.RECHARGE:
            return Refused("not_supported")
        return _done(await self._speak(lambda errands: errands.change(order), target, trace))

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        """Enter an STS token once."""
        if _credit_of(target) is not CreditForm.TOKEN:
            return Refused("not_supported")
        order = Order("enter_token", {"digits": digits}, secrets=("digits",))
        return token_of(await self._speak(lambda errands: errands.change(order), target, trace))

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        """Read the relay's state."""
        return await self._speak(_read_relay, target, trace)

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown:
        """Close the relay, or allow it to be closed by hand. The caller reads back."""
        order = Order("switch", {"wish": "allow_close" if arm else "close"})
        return _done(await self._speak(lambda errands: errands.change(order), target, trace))

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown:
        """Open the relay, if keep-power is off and `clearance` still holds right before the task leaves."""
        return await self._speak(lambda errands: trip(errands, clearance), target, trace)

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Do anything else to a meter. Refused("not_offered") where its model, or the head end, has no such verb."""
        return await self._speak(lambda errands: carry_out(errands, order, self._zone), target, trace)

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Have many meters read at once; concentrators behind a head end are its own affair. Raises Unreachable."""
        if not isinstance(order, CollectFrozen):
            return Refused("not_offered")
        line = self._line(place.concentrator)
        until = ends_by(line.timing.verb_s)
        return await read_frozen_many(TaskWay(line, self._book, trace, self._now, until), place, order)

    async def _speak(self, verb: Callable[[Errands], Awaitable[T]], target: Target, trace: Trace) -> T | Refused:
        if target.profile not in PROFILES:
            return Refused("unknown_profile")
        line = self._line(target.concentrator)
        until = ends_by(line.timing.verb_s)
        async with self._turn(target, line.timing.turn_s):
            return await verb(Errands(line, self._book, target, trace, self._now, until))

    def _line(self, address: ConcentratorAddress) -> Line:
        line = self._desk.find(address)
        if line is None:
            raise Unreachable("no_link")
        return line

    @asynccontextmanager
    async def _turn(self, target: Target, limit_s: float) -> AsyncIterator[None]:
        """One verb a meter at a time, the most urgent next: a reading must not call off the credit that it came after.

        Raises Unreachable.
        """
        turns = self._turns.setdefault(target.address, Turns())
        await turns.enter(target.priority, limit_s)
        try:
            yield
        finally:
            turns.leave()


async def _read_wallet(errands: Errands) -> Wallet | Refused | Unknown:
    return wallet_of(await errands.ask(Order("read_wallet")))


async def _read_relay(errands: Errands) -> Relay | Refused | Unknown:
    return relay_of(await errands.ask(READ_RELAY))


def _credit_of(target: Target) -> CreditForm | None:
    profile = PROFILES.get(target.profile)
    return profile.credit if profile else None


def _done(said: Result | Refused | Unknown) -> Done | Refused | Unknown:
    return Done() if isinstance(said, Result) else said
