"""What a terminal says of its total groups: the last purchase, the rounds, what is left, which controls are on."""

from datetime import datetime

from headend_client.simulator.terminal.groups import Group, Groups
from meters_io.gdw1376.amounts import Amount, amount_to_plain, exactly
from meters_io.gdw1376.asking import Piece
from meters_io.gdw1376.purchase_control import Level
from meters_io.layout import Plain

PARAMETERS_OF_GROUPS = frozenset({47, 48})
REMAINING = 23
_PURCHASE = 47


def group_parameter(groups: Groups, piece: Piece) -> Plain:
    """0A F47 and F48; nothing of a group that is not there, or bought nothing yet."""
    group = groups.by_number.get(piece.point)
    if group is None:
        return None
    if piece.function != _PURCHASE:
        return {"rounds": group.rounds}
    order = group.last
    if order is None:
        return None
    amounts = {"value": order.value, "alarm": order.alarm, "trip": order.trip}
    found: dict[str, Plain] = {"bill": order.bill, "mode": int(order.mode)}
    return found | {name: amount_to_plain(amount) for name, amount in amounts.items()}


def remaining(groups: Groups, number: int) -> dict[str, Plain] | None:
    """0C F23."""
    group = groups.by_number.get(number)
    return None if group is None else {"remaining": amount_to_plain(_left(group))}


def controls(groups: Groups, *, keeps_power: bool) -> dict[str, Plain]:
    """0C F5."""
    return {
        "terminal": {"keep_power": int(keeps_power), "excluded": 0, "urging": 0, "rest": 0},
        "groups": _bits(groups),
        "controls": [_control(group) for _, group in sorted(groups.by_number.items())],
    }


def control_states(groups: Groups, now: datetime) -> dict[str, Plain]:
    """0C F6."""
    states: list[Plain] = [
        {
            "power_limit": None,
            "power_factor": None,
            "tripped_by_power": 0,
            "tripped_by_month": 0,
            "tripped_by_purchase": group.opened(now),
            "power_alarm": 0,
            "energy_alarm": {"month": 0, "purchase": int(group.level is not Level.ENOUGH), "rest": 0},
        }
        for _, group in sorted(groups.by_number.items())
    ]
    return {"tripped": groups.tripped, "urging": 0, "groups": _bits(groups), "states": states}


def _control(group: Group) -> Plain:
    return {
        "plan": 0,
        "periods": 0,
        "power_control": 0,
        "energy_control": {"month": 0, "purchase": int(group.controlled), "rest": 0},
        "power_rounds": 0,
        "energy_rounds": group.rounds,
    }


def _bits(groups: Groups) -> int:
    return sum(1 << number - 1 for number in groups.by_number)


def _left(group: Group) -> Amount:
    """Where seven digits do not hold it, in thousands and rounded down: a terminal says no more than it has."""
    steps = group.account.steps
    return exactly(steps) if abs(steps) <= 9_999_999 else Amount(steps // 1000 * 1000, coarse=True)
