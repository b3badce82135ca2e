"""What a meter makes of a relay order (C = 1C), once the order is believed."""

from datetime import datetime, timedelta

from headend_client.simulator.faults import Script
from headend_client.simulator.meter import Meter
from headend_client.simulator.state import Cause, RelayState
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import RelayAction, RelayOrder

_DELAY_STEP = timedelta(minutes=5)
_TRIPS = (RelayAction.TRIP, RelayAction.TRIP_FOR_A_TIME, RelayAction.TRIP_FOR_A_TIME_ALLOW)
_CLOSES = (RelayAction.ALLOW_CLOSE, RelayAction.CLOSE)

# Bits of the result word that newer meters add where the top byte of the operator code is 1.
_EXECUTED = {
    RelayAction.CLOSE: 1 << 0,
    RelayAction.ALLOW_CLOSE: 1 << 1,
    RelayAction.TRIP: 1 << 2,
    RelayAction.TRIP_FOR_A_TIME: 1 << 4,
    RelayAction.TRIP_FOR_A_TIME_ALLOW: 1 << 4,
    RelayAction.KEEP_POWER_ON: 1 << 8,
    RelayAction.KEEP_POWER_OFF: 1 << 9,
    RelayAction.ALARM_ON: 1 << 10,
    RelayAction.ALARM_OFF: 1 << 11,
}
_DELAYED_BY_CURRENT = 1 << 5


def obey(meter: Meter, order: RelayOrder, now: datetime) -> RefusalCode | None:
    """Carry out `order`; return why not, where the meter says so.

    A close that the money does not allow is answered well and does nothing: one firmware is like that.
    """
    if order.expires is not None and meter.clock(now) > order.expires:
        return RefusalCode.EXPIRY
    if meter.behaviour.script is Script.IDLE and meter.has_its_way():
        return None
    if order.action in _TRIPS:
        return _trip(meter, order, now)
    if order.action in _CLOSES:
        _close(meter, order)
        return None
    _keep(meter, order.action)
    return None


def executed(meter: Meter, order: RelayOrder) -> int:
    """Return the result word of an order that was obeyed."""
    relay = meter.state.relay
    waits = order.action in _TRIPS and relay.command_open and not relay.is_open
    return _EXECUTED[order.action] | (_DELAYED_BY_CURRENT if waits else 0)


def _trip(meter: Meter, order: RelayOrder, now: datetime) -> RefusalCode | None:
    if meter.state.keep_power:
        return RefusalCode.KEEP_POWER
    if order.action is not RelayAction.TRIP and not order.delay:
        return RefusalCode.BAD_DELAY
    meter.trip(Cause.ORDER)
    if order.action is not RelayAction.TRIP:
        meter.state.relay.close_at = now + order.delay * _DELAY_STEP
        meter.state.relay.close_by_hand = order.action is RelayAction.TRIP_FOR_A_TIME_ALLOW
    return None


def _close(meter: Meter, order: RelayOrder) -> None:
    if meter.behaviour.script is Script.LAZY_RELAY and meter.has_its_way():
        return
    relay = meter.state.relay
    if not relay.is_open:
        return
    if not meter.may_close():
        meter.trip(Cause.DEBT)  # an order to trip is lifted all the same; now it is the debt that keeps it open
    elif order.action is RelayAction.CLOSE or meter.spec.closes_on_allow:
        meter.close()
    else:
        meter.state.relay = RelayState(is_open=True, cause=relay.cause)


def _keep(meter: Meter, action: RelayAction) -> None:
    match action:
        case RelayAction.KEEP_POWER_ON:
            meter.state.keep_power = True
            meter.close()
        case RelayAction.KEEP_POWER_OFF:
            meter.state.keep_power = False
            meter.settle()
        case RelayAction.ALARM_ON:
            meter.state.remote_alarm = True
        case RelayAction.ALARM_OFF:
            meter.state.remote_alarm = False
        case _:
            pass
