"""What is done to a total group: each order is proved by what the terminal says afterwards."""

from enum import IntEnum

from headend_client.clearance import Clearance
from headend_client.errors import Unreachable
from headend_client.orders import ControlGroup, ReadGroup, RelayWish, Switch
from headend_client.outcome import Done, Readings, Refused, Relay, Unknown, Wallet
from headend_client.target import Group, Recharge, Target
from headend_client.terminal_verbs.call import TerminalCall
from headend_client.terminal_verbs.group import (
    LI_PER_MINOR,
    GroupState,
    last_purchase,
    left,
    rounds,
    state,
    steps_to_ours,
    tell_control,
    tell_rounds,
)
from headend_client.terminal_verbs.proving import proved
from headend_client.verbs.relay_order import relay_readings
from meters_io.gdw1376.amounts import Amount, exactly
from meters_io.gdw1376.asking import Piece, build_request
from meters_io.gdw1376.frame import Afn
from meters_io.gdw1376.purchase_control import GroupOrder, Mode, PurchaseOrder, build_purchase
from meters_io.layout import Plain

_CONTROL_ON, _CONTROL_OFF, _KEEP, _KEEP_NOT = 16, 24, 25, 33
_AT_ONCE: Plain = {"order": {"alarm_delay_min": 0, "limit_half_hours": 0}}
_FOR_EVER: Plain = {"half_hours": 0}
_E4_PER_MINOR = 100


class RoundOrder(IntEnum):
    """What is ordered of a round (AFN 05 F1, F2)."""

    TRIP = 1
    ALLOW = 2


async def read_wallet(call: TerminalCall, group: Group) -> Wallet | Refused | Unknown:
    """Read the last bill and what is left; energy is worth what `group` says. Raises Unreachable."""
    last = await last_purchase(call, group)
    if isinstance(last, Refused | Unknown):
        return last
    amount = await left(call, group)
    if not isinstance(amount, Amount):
        return amount
    ours, count = steps_to_ours(group, amount), 0 if last is None else last.bill
    if group.price_e4 is None:
        return Wallet(ours, max(-ours, 0), count)
    worth = ours * group.price_e4 // _E4_PER_MINOR
    return Wallet(worth, max(-worth, 0), count, energy_left_kwh=ours)


async def charge(call: TerminalCall, group: Group, recharge: Recharge) -> Done | Refused | Unknown:
    """Append a purchase. A confirmation is no proof: the caller reads the bill number back.

    Refused("no_energy"): the group counts kWh, and nobody said how many. Raises Unreachable, LocalError.
    """
    if group.price_e4 is None:
        steps = recharge.amount_minor * LI_PER_MINOR
    elif recharge.energy_kwh is None:
        return Refused("no_energy")
    else:
        steps = recharge.energy_kwh
    alarm, trip_at = (exactly(_steps(group, each)) for each in (group.alarm, group.trip))
    order = PurchaseOrder(recharge.number, Mode.APPEND, exactly(steps), alarm, trip_at)
    return await call.tell(lambda route: build_purchase(route, GroupOrder(group.number, order)))


def _steps(group: Group, ours: int) -> int:
    return ours if group.price_e4 is not None else ours * LI_PER_MINOR


async def read_relay(call: TerminalCall, group: Group) -> Relay | Refused | Unknown:
    """Read how the rounds stand, as of one relay. Raises Unreachable."""
    found = await state(call, group)
    return found.relay(group) if isinstance(found, GroupState) else found


async def close(call: TerminalCall, group: Group) -> Done | Refused | Unknown:
    """Allow every round of the group to be closed. The state is the proof, and the caller reads it."""
    return await tell_control(call, RoundOrder.ALLOW, group.rounds, {})


async def trip_rounds(
    call: TerminalCall, group: Group, target: Target, clearance: Clearance
) -> Readings | Refused | Unknown:
    """Open every round of the group, if keep-power is off. Raises Unreachable.

    Refused: `trip_refused_keep_power`; `clearance_expired`: money may have come since it was given.
    """
    before = await read_relay(call, group)
    if not isinstance(before, Relay):
        return before
    if before.keep_power:
        return Refused("trip_refused_keep_power")
    pieces = [Piece(number, RoundOrder.TRIP, _AT_ONCE) for number in group.rounds]
    if not clearance.holds(target.address, call.now()):
        return Refused("clearance_expired")
    told = await call.tell(lambda route: build_request(route, Afn.CONTROL, pieces))
    return await proved(told, lambda: _look(call, group), lambda seen: _stands(seen, "command_open", on=True))


async def switch(call: TerminalCall, group: Group, order: Switch) -> Readings | Refused | Unknown:
    """Allow closing, or keep power; the latter holds for the whole terminal. Raises Unreachable."""
    match order.wish:
        case RelayWish.KEEP_POWER_ON:
            told = await tell_control(call, _KEEP, (0,), _FOR_EVER)
            return await proved(told, lambda: _look(call, group), lambda seen: _stands(seen, "keep_power", on=True))
        case RelayWish.KEEP_POWER_OFF:
            told = await tell_control(call, _KEEP_NOT, (0,), {})
            return await proved(told, lambda: _look(call, group), lambda seen: _stands(seen, "keep_power", on=False))
    told = await close(call, group)
    return await proved(told, lambda: _look(call, group), lambda seen: _stands(seen, "command_open", on=False))


async def control_group(call: TerminalCall, group: Group, order: ControlGroup) -> Readings | Refused | Unknown:
    """Say which rounds take part, and have what was bought control them, or no longer. Raises Unreachable."""
    told = await tell_rounds(call, group) if order.on else Done()
    if isinstance(told, Done):
        try:
            told = await tell_control(call, _CONTROL_ON if order.on else _CONTROL_OFF, (group.number,), {})
        except Unreachable as error:
            if not order.on:
                raise
            told = Unknown(str(error))
    wanted = {"purchase_control": int(order.on)} | ({"rounds": _listed(group.rounds)} if order.on else {})
    return await proved(
        told,
        lambda: read_group(call, group, ReadGroup()),
        lambda seen: all(seen.values.get(name) == value for name, value in wanted.items()),
    )


async def read_group(call: TerminalCall, group: Group, order: ReadGroup) -> Readings | Refused | Unknown:
    """Read everything that the terminal says of the group. Raises Unreachable."""
    last = await last_purchase(call, group)
    amount = last if isinstance(last, Refused | Unknown) else await left(call, group)
    if isinstance(amount, Refused | Unknown):
        return amount
    there = await rounds(call, group)
    if isinstance(there, Refused | Unknown):
        return there
    stands = await state(call, group)
    if not isinstance(stands, GroupState):
        return stands
    bought = last if isinstance(last, PurchaseOrder) else None
    unit = "minor" if group.price_e4 is None else "kwh"
    values: dict[str, int | str | None] = {"group": group.number, "purchase_count": bought.bill if bought else 0}
    values[f"left_{unit}"] = steps_to_ours(group, amount)
    for name, part in (("bought", "value"), ("alarm_at", "alarm"), ("trip_at", "trip")):
        values[f"{name}_{unit}"] = steps_to_ours(group, getattr(bought, part)) if bought else None
    here = frozenset(there)
    values |= {
        "rounds": _listed(there),
        "purchase_control": int(stands.controlled),
        "rounds_tripped": _listed(sorted(stands.tripped & here)),
        "rounds_spent": _listed(sorted(stands.opened & here)),
        "keep_power": int(stands.keep_power),
    }
    return Readings(values)


async def _look(call: TerminalCall, group: Group) -> Readings | Refused | Unknown:
    found = await read_relay(call, group)
    return relay_readings(found) if isinstance(found, Relay) else found


def _stands(seen: Readings, name: str, *, on: bool) -> bool:
    return seen.values.get(name) == int(on)


def _listed(numbers: tuple[int, ...] | list[int]) -> str | None:
    return ",".join(str(each) for each in numbers) or None
