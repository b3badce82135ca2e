"""A total group of a terminal: what it bought last, what it has left, which rounds it has and which are open."""

from collections.abc import Iterable
from dataclasses import dataclass

from headend_client.outcome import Done, Refused, Relay, Unknown
from headend_client.target import Group
from headend_client.terminal_verbs.call import DENIED, TerminalCall
from meters_io.errors import RemoteError
from meters_io.gdw1376.amounts import Amount
from meters_io.gdw1376.asking import Piece, build_request, fields_of, number_in, pieces_of_answer
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.purchase_control import (
    PurchaseOrder,
    build_purchase_query,
    build_remaining_query,
    parse_purchase_answer,
    parse_remaining,
)
from meters_io.gdw1376.units import TERMINAL_POINT
from meters_io.layout import Plain

_ROUNDS = 48
_ON, _DONE = 5, 6  # AFN 0C: which controls are on, what they have done
LI_PER_MINOR = 10


@dataclass(frozen=True, slots=True)
class GroupState:
    """How a group's rounds stand. `tripped`: by a master; `spent`: because nothing is left. Numbers 1..8."""

    keep_power: bool
    controlled: bool
    alarm: bool
    tripped: frozenset[int]
    opened: frozenset[int]

    def relay(self, group: Group) -> Relay:
        """Say it as of one relay: open while any of the group's rounds is."""
        rounds = frozenset(group.rounds)
        ordered = bool(self.tripped & rounds)
        return Relay(ordered or bool(self.opened & rounds), ordered, self.alarm, self.keep_power)


async def last_purchase(call: TerminalCall, group: Group) -> PurchaseOrder | Refused | Unknown | None:
    """Read the purchase that it took last (0A F47); None: it took none yet."""

    def build(route: Route) -> Frame:
        return build_purchase_query(route, group.number)

    said = await call.ask(build, parse_purchase_answer)
    if said == DENIED:
        return None
    return said.order if said is not None and not isinstance(said, Refused | Unknown) else said


async def left(call: TerminalCall, group: Group) -> Amount | Refused | Unknown:
    """Read what it has left (0C F23)."""

    def build(route: Route) -> Frame:
        return build_remaining_query(route, group.number)

    said = await call.ask(build, parse_remaining)
    if isinstance(said, Refused | Unknown):
        return said
    return Unknown("not_available") if said is None or said.amount is None else said.amount


async def state(call: TerminalCall, group: Group) -> GroupState | Refused | Unknown:
    """Read how its rounds stand (0C F5 and F6). Refused("denied") by a terminal that controls nothing."""

    def build(route: Route) -> Frame:
        return build_request(route, Afn.CURRENT, [Piece(TERMINAL_POINT, each, {}) for each in (_ON, _DONE)])

    def parse(reply: Frame, asked: Frame) -> GroupState:
        told = {piece.function: fields_of(piece.value, "value") for piece in pieces_of_answer(reply, asked)}
        if not {_ON, _DONE} <= told.keys():
            raise RemoteError("half of it is missing", code="wrong_unit", field="units")
        return _state(told[_ON], told[_DONE], group.number)

    return await call.ask(build, parse)


async def rounds(call: TerminalCall, group: Group) -> tuple[int, ...] | Refused | Unknown:
    """Read which rounds take part (0A F48)."""

    def build(route: Route) -> Frame:
        return build_request(route, Afn.QUERY, [Piece(group.number, _ROUNDS, {})])

    def parse(reply: Frame, asked: Frame) -> tuple[int, ...]:
        found = pieces_of_answer(reply, asked)
        return numbers_of(number_in(fields_of(found[0].value, "value"), "rounds")) if found else ()

    return await call.ask(build, parse)


async def tell_rounds(call: TerminalCall, group: Group) -> Done | Refused | Unknown:
    """Say which rounds take part (04 F48)."""
    bits = sum(1 << number - 1 for number in group.rounds)
    return await call.tell(
        lambda route: build_request(route, Afn.SET, [Piece(group.number, _ROUNDS, {"rounds": bits})])
    )


async def tell_control(
    call: TerminalCall, function: int, points: Iterable[int], value: Plain
) -> Done | Refused | Unknown:
    """Give one order of AFN 05 to some points: rounds, or the group, or the terminal itself."""
    pieces = [Piece(point, function, value) for point in points]
    return await call.tell(lambda route: build_request(route, Afn.CONTROL, pieces))


def numbers_of(bits: int) -> tuple[int, ...]:
    """Numbers 1..8 of the bits that are set."""
    return tuple(bit + 1 for bit in range(8) if bits >> bit & 1)


def steps_to_ours(group: Group, amount: Amount) -> int:
    """An amount of a group in our unit, rounded down: kWh, or minor units."""
    return amount.steps if group.price_e4 is not None else amount.steps // LI_PER_MINOR


def _state(on: dict[str, Plain], done: dict[str, Plain], number: int) -> GroupState:
    terminal = fields_of(on["terminal"], "terminal")
    control = _of_group(on, "controls", number)
    found = _of_group(done, "states", number)
    energy = fields_of(control["energy_control"], "energy_control")
    alarm = fields_of(found["energy_alarm"], "energy_alarm")
    by = ("tripped_by_power", "tripped_by_month", "tripped_by_purchase")
    opened = 0
    for name in by:
        opened |= number_in(found, name)
    return GroupState(
        bool(number_in(terminal, "keep_power")),
        bool(number_in(energy, "purchase")),
        bool(number_in(alarm, "purchase")),
        frozenset(numbers_of(number_in(done, "tripped"))),
        frozenset(numbers_of(opened)),
    )


def _of_group(fields: dict[str, Plain], name: str, number: int) -> dict[str, Plain]:
    """The record of one group among those of the groups that there are; RemoteError where it is none of them."""
    here, rows = numbers_of(number_in(fields, "groups")), fields[name]
    if number not in here or not isinstance(rows, list) or len(rows) != len(here):
        raise RemoteError("the terminal controls no such group", code="no_such_group", field="groups")
    return fields_of(rows[here.index(number)], name)
