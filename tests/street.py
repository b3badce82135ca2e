"""Meters on one line that only answer readings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from app.ports import (
    Clearance,
    Done,
    FrameRecord,
    MeterOrder,
    Place,
    Read,
    ReadFrozen,
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
from app.terminal_words import CollectDay, CollectEvents, PointReading, Report


@dataclass
class Street:
    """Meters by address, all on one line. `silent`: does not answer. `cut`: there is no line.

    `frozen`: what meters froze, by days ago. `stored`: what their concentrator has of a day; None: it stores nothing.
    `talks_too_much`: it answers for points that it was not asked for.
    """

    now: Callable[[], datetime]
    balances: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    cut: bool = False
    asked: list[str] = field(default_factory=list)
    energies: dict[str, int] = field(default_factory=dict)
    frozen: dict[str, dict[int, dict[str, int | str | None]]] = field(default_factory=dict)
    stored: dict[date, list[PointReading]] | None = None
    report: Report | None = None
    talks_too_much: bool = False
    asked_frozen: list[tuple[str, int]] = field(default_factory=list)
    commanded: list[TerminalOrder] = field(default_factory=list)

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        if self.cut:
            raise Unreachable("no_link")
        self.asked.append(target.address)
        trace.append(FrameRecord(self.now(), "down", "68", "16"))
        if target.address in self.silent:
            return Unknown("no_answer")
        return Wallet(self.balances[target.address], 0, None)

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        return Relay(relay_open=True, command_open=True, alarm=False, keep_power=False)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        raise AssertionError("a reading credits nothing")

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        raise AssertionError("a reading credits nothing")

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown:
        raise AssertionError("a reading moves no relay")

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown:
        raise AssertionError("a reading moves no relay")

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        if self.cut:
            raise Unreachable("no_link")
        match order:
            case Read(names=("energy_wh",)) if target.address in self.energies:
                return Readings({"energy_wh": self.energies[target.address]})
            case ReadFrozen(days_ago=days_ago) if target.address in self.frozen:
                self.asked_frozen.append((target.address, days_ago))
                trace.append(FrameRecord(self.now(), "down", "68", "16"))
                if target.address in self.silent:
                    return Unknown("no_answer")
                return Readings(dict(self.frozen[target.address].get(days_ago, {})))
            case Read() | ReadFrozen():
                return Refused("not_offered")
        raise AssertionError("a reading changes nothing")

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        if self.cut:
            raise Unreachable("no_link")
        self.commanded.append(order)
        trace.append(FrameRecord(self.now(), "down", "68", ""))
        match order:
            case CollectDay(points=points, day=day) if self.stored is not None:
                told = self.stored.get(day, ())
                return Readings({}, days=tuple(each for each in told if each.point in points or self.talks_too_much))
            case CollectEvents() if self.report is not None:
                return Readings({}, report=self.report)
        return Refused("not_offered")
