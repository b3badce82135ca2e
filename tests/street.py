"""Meters on one line that only answer readings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.ports import (
    Clearance,
    Done,
    FrameRecord,
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


@dataclass
class Street:
    """Meters by address, all on one line. `silent`: does not answer. `cut`: there is no line."""

    now: Callable[[], datetime]
    balances: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    cut: bool = False
    asked: list[str] = field(default_factory=list)

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
        raise AssertionError("nobody operates on this street")

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        raise AssertionError("nobody operates on this street")
