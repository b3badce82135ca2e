"""Orders from tests and the demo over loopback: one line of JSON in, one line of JSON out.

    {"order": "inspect", "meter": "<address or number>"}         -> {"ok": true, "meter": {...}}
    {"order": "meters"}                                          -> {"ok": true, "meters": ["<address>", ...]}
    {"order": "set_behaviour", "meter": ..., "behaviour": {"script": "deaf", "times": 1}}
    {"order": "set_money", "meter": ..., "cents": -250}
    {"order": "set_relay", "meter": ..., "open": true}
    {"order": "set_load", "meter": ..., "load_w": 400}
    {"order": "set_clock", "meter": ..., "ahead_s": -900}
    {"order": "raise_status", "meter": ..., "word": 7, "bits": 512}
    {"order": "press_key", "meter": ...}
    {"order": "kill_link", "concentrator": "3201-1"}
    {"order": "storm"}                                           (every link breaks at once, and all log in again)
    {"order": "disturb_line", "concentrator": "3201-1", "disturbance": {"fault": "noise", "times": 2}}
    {"order": "look_at_line", "concentrator": "3201-1"}          -> {"ok": true, "disturbance": {...}}
    {"order": "look_at_group", "concentrator": "3201-1", "group": 1}   -> {"ok": true, "group": {"account": {...}, ...}}
    {"order": "happen", "concentrator": "3201-1", "event": {"erc": 21, "content": {"time": "2611211530", "fault": 4}}}
    anything that cannot be done                                 -> {"ok": false, "reason": "..."}

No secrets go in or out, and nobody is asked who he is: it listens on loopback, and only where the world file says so.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from headend_client.simulator.errors import NotThere, SimulatorError, WorldError
from headend_client.simulator.faults import Behaviour
from headend_client.simulator.local_line import LOOPBACK, Disturbance
from headend_client.simulator.plain import from_plain, to_plain
from headend_client.simulator.terminal.group_memory import KeptGroup, kept_group
from headend_client.simulator.terminal.groups import Groups
from headend_client.simulator.yard import Yard
from meters_io.errors import CodecError
from meters_io.gdw1376.events import TerminalEvent, event_from_plain, event_to_plain

ANSWER_S = 10.0
Plain = Mapping[str, object]


class Hand(Protocol):
    """What orders are about: the meters, and a concentrator's link, local line and events (NotThere: no such one)."""

    @property
    def yard(self) -> Yard: ...

    @property
    def zone(self) -> tzinfo: ...

    def meet(self, address: str) -> None: ...

    def kill_link(self, name: str) -> None: ...

    def storm(self) -> None: ...

    def disturb_line(self, name: str, disturbance: Disturbance) -> None: ...

    def look_at_line(self, name: str) -> Disturbance: ...

    def happen(self, name: str, event: TerminalEvent) -> None: ...

    def groups(self, name: str) -> Groups: ...


@dataclass(frozen=True, slots=True)
class Control:
    """Takes orders and has them carried out."""

    hand: Hand

    async def listen(self, port: int) -> asyncio.Server:
        """Take orders on a port of loopback; 0 is any free one."""
        return await asyncio.start_server(self._serve, LOOPBACK, port)

    def obey(self, order: Plain) -> Plain:
        """Carry out one order; SimulatorError if it cannot be."""
        match order.get("order"):
            case "inspect":
                return {"meter": to_plain(self.hand.yard.inspect(self._meter(order)))}
            case "meters":
                return {"meters": [meter.spec.address for meter in self.hand.yard]}
            case "kill_link":
                self.hand.kill_link(_text(order, "concentrator"))
            case "storm":
                self.hand.storm()
            case "disturb_line":
                disturbance = from_plain(Disturbance, order.get("disturbance"), "disturbance")
                self.hand.disturb_line(_text(order, "concentrator"), disturbance)
            case "happen":
                self.hand.happen(_text(order, "concentrator"), _event(order.get("event"), self.hand.zone))
            case "look_at_line":
                return {"disturbance": to_plain(self.hand.look_at_line(_text(order, "concentrator")))}
            case "look_at_group":
                return {"group": to_plain(self._group(order))}
            case _:
                self._change(order)
        return {}

    def _group(self, order: Plain) -> KeptGroup:
        number = from_plain(int, order.get("group"), "group")
        group = self.hand.groups(_text(order, "concentrator")).by_number.get(number)
        if group is None:
            raise NotThere(f"no group {number} there")
        return kept_group(group)

    def _change(self, order: Plain) -> None:
        yard = self.hand.yard
        match order.get("order"):
            case "set_behaviour":
                behaviour = from_plain(Behaviour, order.get("behaviour"), "behaviour")
                yard.set_behaviour(self._meter(order), behaviour)
            case "set_money":
                yard.set_money(self._meter(order), from_plain(int, order.get("cents"), "cents"))
            case "set_relay":
                yard.set_relay(self._meter(order), is_open=from_plain(bool, order.get("open"), "open"))
            case "set_load":
                yard.set_load(self._meter(order), from_plain(int, order.get("load_w"), "load_w"))
            case "set_clock":
                yard.set_clock(self._meter(order), from_plain(int, order.get("ahead_s"), "ahead_s"))
            case "raise_status":
                word, bits = (from_plain(int, order.get(name), name) for name in ("word", "bits"))
                yard.raise_status(self._meter(order), word, bits)
            case "press_key":
                yard.press_key(self._meter(order))
            case _:
                raise WorldError("order", "no such order")

    def _meter(self, order: Plain) -> str:
        """Return whom an order is about; a meter of the town is made first."""
        name = _text(order, "meter")
        self.hand.meet(name)
        return name

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, asyncio.CancelledError):
            return  # gone, a line without an end, or we are stopping
        finally:
            writer.close()

    def _answer(self, line: bytes) -> Plain:
        try:
            order = json.loads(line)
            if not isinstance(order, dict):
                raise WorldError("order", "an object is due here")
            return {"ok": True, **self.obey(order)}
        except (SimulatorError, ValueError) as wrong:
            return {"ok": False, "reason": str(wrong)}


async def ask(port: int, order: Plain) -> Plain:
    """Give one order to the simulator that listens on `port`; return its answer. OSError, TimeoutError, ValueError."""
    async with asyncio.timeout(ANSWER_S):
        reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=1 << 24)
        try:
            writer.write(json.dumps(order).encode() + b"\n")
            await writer.drain()
            return from_answer(await reader.readline())
        finally:
            writer.close()


def from_answer(line: bytes) -> Plain:
    """Read an answer; ValueError if it is none."""
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError("the simulator did not answer with an object")
    return answer


def _event(plain: object, zone: tzinfo) -> TerminalEvent:
    try:
        event = event_from_plain(plain, zone)  # type: ignore[arg-type]  # from JSON: told apart by its shape
        event_to_plain(event, zone)
    except (CodecError, KeyError, TypeError) as wrong:
        raise WorldError("event", str(wrong)) from None
    return event


def _text(order: Plain, name: str) -> str:
    return from_plain(str, order.get(name), name)
