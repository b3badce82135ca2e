"""What an existing head end does to a meter that it has in hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from headend_client.simulator.faults import Script
from headend_client.simulator.meter import Meter
from headend_client.simulator.orders import obey
from headend_client.simulator.state import E5_PER_CENT, CreditKind, FrozenDay, Paid
from headend_client.simulator.world import Profile
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import RelayAction, RelayOrder

Json = Mapping[str, object]
KINDS = frozenset({"read_wallet", "recharge", "read_relay", "trip", "switch", "read", "read_frozen", "set_clock"})
"""What it offers; what else there is in the document is not offered here."""

_WISHES = {
    "allow_close": RelayAction.ALLOW_CLOSE,
    "close": RelayAction.CLOSE,
    "keep_power_on": RelayAction.KEEP_POWER_ON,
    "keep_power_off": RelayAction.KEEP_POWER_OFF,
}
_MOMENT, _CLOCK = "%y%m%d%H%M", "%y%m%d0%w%H%M%S"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended: `done` with a result, or `refused`, `not_done`, `unknown` with a code."""

    state: str
    code: str = ""
    result: Json | None = None


Deed = Callable[[Meter, datetime], Ending]
"""Something to be done to a meter, as it is at that moment."""


def do(kind: str, order: Json, meter: Meter, now: datetime) -> Ending:
    """Do one thing to a meter, or learn one of it."""
    if meter.behaviour.script is Script.DEAD:
        return Ending("not_done", "meter_silent")
    ending = _changed(kind, order, meter, now)
    if ending is None:
        return _learned(kind, order, meter, now)
    if ending.state == "done" and meter.behaviour.script is Script.DEAF and meter.has_its_way():
        return Ending("unknown", "no_reply")
    return ending


def _changed(kind: str, order: Json, meter: Meter, now: datetime) -> Ending | None:
    """None: that changes nothing."""
    match kind, order:
        case "recharge", {"amount_minor": int(amount), "number": int(number)}:
            return _recharged(meter, amount, number, now)
        case "trip", _:
            return _ordered(meter, RelayAction.TRIP, now)
        case "switch", {"wish": str(wish)} if wish in _WISHES:
            return _ordered(meter, _WISHES[wish], now)
        case "set_clock", _:
            meter.set_clock(now, now)
            return Ending("done", result={"values": {}})
    return None


def _recharged(meter: Meter, amount: int, number: int, now: datetime) -> Ending:
    """Credit under the next purchase count, as the meter's own chip would have it."""
    state, limit = meter.state, meter.hoard_cents
    if meter.spec.profile is not Profile.ESAM:
        return Ending("refused", "not_offered")
    if number != state.purchase_count + 1:
        return Ending("refused", "duplicate_recharge" if number == state.purchase_count else "purchase_count_wrong")
    if limit and meter.balance_cents + amount - meter.overdraft_cents > limit:
        return Ending("refused", "over_hoard_limit")
    state.purchase_count = number
    meter.credit(Paid(CreditKind.RECHARGE, amount * E5_PER_CENT, count=number), now)
    return Ending("done", result={})


def _ordered(meter: Meter, action: RelayAction, now: datetime) -> Ending:
    refused = obey(meter, RelayOrder(action), now)
    if refused is RefusalCode.KEEP_POWER:
        return Ending("refused", "trip_refused_keep_power")
    return Ending("refused", "other") if refused is not None else Ending("done", result={"values": {}})


def _learned(kind: str, order: Json, meter: Meter, now: datetime) -> Ending:
    match kind, order:
        case "read_wallet", _ if meter.spec.has_wallet:
            return Ending("done", result=_wallet(meter))
        case "read_relay", _:
            return Ending("done", result=_relay(meter))
        case "read", {"names": list(names)}:
            values = {str(name): _registers(meter, now).get(str(name)) for name in names}
            return Ending("done", result={"values": values})
        case "read_frozen", {"days_ago": int(days)}:
            day = meter.frozen(days)
            return Ending("done", result={"values": _frozen(meter, day)}) if day else Ending("refused", "not_frozen")
    return Ending("refused", "not_offered")


def _wallet(meter: Meter) -> Json:
    """Money below zero is a negative balance, and the overdraft beside it."""
    owed = meter.overdraft_cents
    count = meter.state.purchase_count if meter.spec.profile is Profile.ESAM else None
    return {"balance_minor": meter.balance_cents - owed, "overdraft_minor": owed, "count": count}


def _relay(meter: Meter) -> Json:
    word = meter.status()
    return {
        "relay_open": word.relay_open,
        "command_open": word.relay_command_open,
        "alarm": word.alarm,
        "keep_power": word.keep_power,
    }


def _registers(meter: Meter, now: datetime) -> dict[str, int | str]:
    found: dict[str, int | str] = {
        "energy_wh": meter.energy_wh,
        "energies_wh": ",".join(map(str, meter.energies_wh)),
        **{f"energy_{tariff}_wh": wh for tariff, wh in enumerate(meter.energies_wh[1:], 1)},
        "power_w": meter.power_w,
        "price_now_e4": meter.price_e4(now),
        "clock": meter.local(now).strftime(_CLOCK),
        "meter_number": meter.spec.number.zfill(12),
    }
    return found | _money(meter) if meter.spec.has_wallet else found


def _money(meter: Meter) -> dict[str, int | str]:
    limits = meter.limits
    return {
        "balance_minor": meter.balance_cents,
        "overdraft_minor": meter.overdraft_cents,
        "purchase_count": meter.state.purchase_count,
        "newest_purchase_minor": meter.state.credits[-1].amount_e5 // E5_PER_CENT if meter.state.credits else 0,
        "alarm_1_minor": limits.alarm_1_cents,
        "alarm_2_minor": limits.alarm_2_cents,
        "overdraft_limit_minor": limits.overdraft_cents,
        "hoarding_limit_minor": meter.hoard_cents,
        "reclose_limit_minor": limits.reclose_cents,
    }


def _frozen(meter: Meter, day: FrozenDay) -> dict[str, int | str]:
    total, *each = day.energies_wh
    found: dict[str, int | str] = {
        "frozen_at": day.at.astimezone(meter.around.zone).strftime(_MOMENT),
        "energy_wh": total,
        **{f"energy_{tariff}_wh": wh for tariff, wh in enumerate(each, 1)},
    }
    if meter.spec.has_wallet:
        found |= {
            "balance_minor": max(day.money_e5, 0) // E5_PER_CENT,
            "overdraft_minor": max(-day.money_e5, 0) // E5_PER_CENT,
            "purchase_count": day.purchase_count,
        }
    return found
