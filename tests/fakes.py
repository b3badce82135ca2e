"""Stand-ins for what lies beyond a port: a meter bench that keeps its own books, a module, a bell."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.ports import (
    Clearance,
    Done,
    IssuedToken,
    IssueRequest,
    MeterOrder,
    Place,
    Readings,
    Recharge,
    Refused,
    Relay,
    Target,
    TerminalOrder,
    TokenTaken,
    Trace,
    Unknown,
    Unreachable,
    Wallet,
)
from headend_client.orders import EnterTokens, Read, ReadFrozen, RelayWish, Switch, Write
from tests.clocks import Clock


class SilentBell:
    """A bell nobody hears: the test drains the outbox by hand."""

    async def ring_quietly(self) -> None:
        return


class Died(BaseException):
    """Our process was killed at this point."""


@dataclass
class Bench:
    """One meter on a bench, as the gateway sees it. Its own count, balance and token memory are the truth."""

    balance: int = 0
    count: int = 0
    relay_open: bool = False
    keep_power: bool = False
    unreachable: bool = False
    deaf: bool = False  # obeys, and its answers to orders are lost, and so is what is read after them
    refuses: str = ""
    lazy_relay: bool = False
    counts: bool = True
    no_wallet: bool = False
    keeps_records: bool = False  # of its last ten purchases (0333), not of the newest alone
    credits: list[int] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    orders: list[str] = field(default_factory=list)
    operated: list[MeterOrder] = field(default_factory=list)
    registers: dict[str, int | str | None] = field(default_factory=dict)
    frozen: dict[int, dict[str, int | str | None]] | None = None  # what it froze, by days ago; None: as its registers
    dies_after_obeying: bool = False
    dies_unasked: bool = False
    while_reading: Callable[[], Awaitable[None]] | None = None
    now: Callable[[], datetime] = field(default_factory=Clock)
    _hushed: bool = False

    def hear(self) -> None:
        """Its answers reach us again."""
        self.deaf = self._hushed = False

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        if self.dies_unasked:
            raise Died
        read = Wallet(self.balance, max(-self.balance, 0), self.count if self.counts else None)
        if self.while_reading:
            await self.while_reading()
        if self.unreachable or self._hushed:
            raise Unreachable("no_link" if self.unreachable else "no_answer")
        return Refused("no_wallet") if self.no_wallet else read

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        if self.unreachable:
            raise Unreachable("no_link")
        self.orders.append(f"recharge {recharge.number}")
        if self.refuses:
            return Refused(self.refuses)
        if recharge.number == self.count + 1:
            self.count, self.balance = recharge.number, self.balance + recharge.amount_minor
            self.credits.append(recharge.amount_minor)
        if self.dies_after_obeying:
            raise Died
        return self._answer(Done())

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        if self.unreachable:
            raise Unreachable("no_link")
        self.orders.append("token")
        if self.refuses:
            return Refused(self.refuses)
        already = digits in self.used
        if not already:
            self.used.add(digits)
            self.balance += 5000
            self.credits.append(5000)
        said = self._answer(Done())
        return said if isinstance(said, Unknown) else TokenTaken(already)

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        if self.unreachable or self._hushed:
            raise Unreachable("no_link")
        return Relay(self.relay_open, self.relay_open, alarm=False, keep_power=self.keep_power)

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown:
        self.orders.append("arm" if arm else "close")
        if not self.lazy_relay:
            self.relay_open = False
        return self._answer(Done())

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown:
        if self.unreachable or self._hushed:
            raise Unreachable("no_link")
        if self.keep_power:
            return Refused("trip_refused_keep_power")
        if not clearance.holds(target.address, self.now()):
            return Refused("clearance_expired")
        self.orders.append("trip")
        if not self.lazy_relay:
            self.relay_open = True
        said = self._answer(Done())
        if isinstance(said, Unknown):
            return said
        return self._relay_readings() if self.relay_open else Refused("no_effect")

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        if self.unreachable or self._hushed:
            raise Unreachable("no_link")
        self.operated.append(order)
        if self.refuses:
            return Refused(self.refuses)
        found = self._obey(order)
        return Unknown("no_answer") if self.deaf else found

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        raise AssertionError("a meter is no concentrator")

    def _obey(self, order: MeterOrder) -> Readings | Refused:
        match order:
            case Switch(wish=RelayWish.KEEP_POWER_ON | RelayWish.KEEP_POWER_OFF):
                self.keep_power = order.wish is RelayWish.KEEP_POWER_ON
                return self._relay_readings()
            case Switch():
                self.relay_open = self.relay_open and self.lazy_relay
                return Refused("no_effect") if self.relay_open else self._relay_readings()
            case Write(values=values):
                self.registers |= {name: value for name, value in values if isinstance(value, int | str)}
                return Readings({name: self.registers[name] for name, _ in values})
            case Read(names=("newest_purchase_minor",)):
                return Readings({"newest_purchase_minor": self.credits[-1] if self.credits else None})
            case Read(names=(name, *_)) if self.keeps_records and name.startswith("purchase_"):
                return Readings(self.recorded(int(name.split("_")[1])))
            case Read(names=names):
                return Readings({name: self.registers.get(name) for name in names})
            case ReadFrozen(days_ago=days_ago) if self.frozen is not None:
                return Readings(self.frozen[days_ago]) if days_ago in self.frozen else Refused("not_frozen")
            case EnterTokens(digits=digits):
                self.used |= set(digits)
                return Readings({f"token_{place}": "accept" for place in range(1, len(digits) + 1)})
            case _:
                return Readings(dict(self.registers))

    def recorded(self, place: int) -> dict[str, int | str | None]:
        """The record at a place, 1 the newest; of an empty one zeros."""
        there = place <= min(10, len(self.credits))
        count, amount = (self.count - place + 1, self.credits[-place]) if there else (0, 0)
        return {f"purchase_{place}_count": count, f"purchase_{place}_minor": amount}

    def _relay_readings(self) -> Readings:
        found = Relay(self.relay_open, self.relay_open, alarm=False, keep_power=self.keep_power)
        bits = {"relay_open": found.relay_open, "command_open": found.command_open, "keep_power": found.keep_power}
        return Readings({name: int(bit) for name, bit in bits.items()}, relay=found)

    def _answer(self, said: Done) -> Done | Unknown:
        if self.deaf:
            self._hushed = True
            return Unknown("no_answer")
        return said


@dataclass
class Module:
    """A security module that numbers its tokens and remembers each request. `made_for`: each one's meter, by number."""

    issued: dict[str, tuple[IssuedToken, ...]] = field(default_factory=dict)
    made_for: dict[str, str] = field(default_factory=dict)

    async def issue_credit(self, request: IssueRequest) -> tuple[IssuedToken, ...]:
        place = len(self.issued) + 1
        token = IssuedToken(f"{place:020d}", (request.last_tid or 1000) + 1, request.subclass, request.amount + 624)
        if request.request_id not in self.issued:
            self.issued[request.request_id], self.made_for[token.digits] = (token,), request.meter.drn
        return self.issued[request.request_id]
