"""Orders to meters behind a head end: each that changes something is proved by a reading of its own."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from headend_client.ami.errands import Errands, Result
from headend_client.ami.handing import Order
from headend_client.ami.results import Said, relay_of, values_of
from headend_client.errors import Unreachable
from headend_client.orders import EnterTokens, MeterOrder, Read, ReadFrozen, RelayWish, SetClock, Switch, Write
from headend_client.outcome import Readings, Refused, Relay, Unknown
from headend_client.profiles import PROFILES
from headend_client.registers import from_item, register_of, to_item
from headend_client.verbs.read_frozen import DAYS_KEPT
from headend_client.verbs.relay_order import obeyed, relay_readings
from headend_client.verbs.set_clock import TOLERANCE
from meters_io.dlt645.relay import RelayAction
from meters_io.errors import LocalError

READ_RELAY = Order("read_relay")
_ACTIONS = {
    RelayWish.ALLOW_CLOSE: RelayAction.ALLOW_CLOSE,
    RelayWish.CLOSE: RelayAction.CLOSE,
    RelayWish.KEEP_POWER_ON: RelayAction.KEEP_POWER_ON,
    RelayWish.KEEP_POWER_OFF: RelayAction.KEEP_POWER_OFF,
}
_TOKEN_DIGITS = 20
_CLOCK = "clock"
Ending = Readings | Refused | Unknown


async def carry_out(errands: Errands, order: MeterOrder, zone: tzinfo) -> Ending:
    """Do what is ordered. Refused("not_offered") for what this model does not have. Raises Unreachable."""
    profile = PROFILES[errands.target.profile]
    if type(order) not in profile.offers:
        return Refused("not_offered")
    match order:
        case Read(names=names):
            return await _read(errands, names)
        case ReadFrozen(days_ago=days_ago):
            return await _read_frozen(errands, days_ago)
        case Write():
            return await _write(errands, order)
        case SetClock():
            return await _set_clock(errands, zone)
        case Switch(wish=wish):
            said = await errands.change(Order("switch", {"wish": wish.value}))
            return await prove_relay(errands, said, lambda found: obeyed(_ACTIONS[wish], found))
        case EnterTokens(digits=digits):
            return await _enter(errands, digits)
    return Refused("not_offered")


async def _read(errands: Errands, names: tuple[str, ...]) -> Ending:
    try:
        for name in names:
            register_of(name)
    except LocalError as error:
        return Refused(error.code)
    return _readings(await _values(errands, names))


async def _values(errands: Errands, names: tuple[str, ...]) -> dict[str, Said] | Refused | Unknown:
    """Read registers; what was not asked for is left out, what is missing reads as None."""
    said = values_of(await errands.ask(Order("read", {"names": list(names)})))
    return {name: said.get(name) for name in names} if isinstance(said, dict) else said


async def _read_frozen(errands: Errands, days_ago: int) -> Ending:
    if not 1 <= days_ago <= DAYS_KEPT:
        return Refused("bad_value")
    return _readings(values_of(await errands.ask(Order("read_frozen", {"days_ago": days_ago}))))


async def _write(errands: Errands, order: Write) -> Ending:
    """Write what is not as it should be already, and read all of it back."""
    try:
        wanted = {name: _as_read(name, value) for name, value in order.values}
    except LocalError as error:
        return Refused(error.code if error.code in ("unknown_register", "not_writable") else "bad_value")
    found = await _values(errands, tuple(wanted))
    if isinstance(found, Unknown):
        return found
    held = found if isinstance(found, dict) else {}
    lacking = {name: value for name, value in order.values if held.get(name) != wanted[name]}
    if not lacking:
        return Readings(dict(wanted))
    said = await errands.change(Order("write", {"values": lacking}))
    after = await _afterwards(errands, tuple(wanted))
    if after == wanted:
        return Readings(after)
    if not isinstance(said, Result):
        return said
    return Refused("no_effect") if isinstance(after, dict) else Unknown("not_read_back")


def _as_read(name: str, value: object) -> Said:
    """Return a value as a meter that has it reads. LocalError where it means nothing there."""
    register = register_of(name)
    if not register.writable:
        raise LocalError(f"{name} is not written", code="not_writable", field="values")
    return from_item(register, to_item(register, value))  # type: ignore[arg-type]


async def _afterwards(errands: Errands, names: tuple[str, ...]) -> dict[str, Said] | Refused | Unknown:
    """Read after an order: it has left, so a meter that is not reached says nothing about it."""
    try:
        return await _values(errands, names)
    except Unreachable as error:
        return Unknown(str(error))


async def _set_clock(errands: Errands, zone: tzinfo) -> Ending:
    before = await _values(errands, (_CLOCK,))
    if not isinstance(before, dict):
        return before
    was_off_s = _error_s(before, errands.now(), zone)
    said = await errands.change(Order("set_clock"))
    after = await _afterwards(errands, (_CLOCK,))
    off_s = _error_s(after, errands.now(), zone) if isinstance(after, dict) else None
    if isinstance(after, dict) and off_s is not None and abs(off_s) <= TOLERANCE.total_seconds():
        return Readings({_CLOCK: after[_CLOCK], "clock_error_s": off_s, "clock_was_off_s": was_off_s})
    if not isinstance(said, Result):
        return said
    return Unknown("not_read_back") if off_s is None else Refused("no_effect")


def _error_s(values: dict[str, Said], now: datetime, zone: tzinfo) -> int | None:
    """How far a clock (YYMMDDWWhhmmss, local time) is ahead; None where it shows no date that there is."""
    digits = str(values.get(_CLOCK) or "")
    try:
        told = datetime.strptime(digits[:6] + digits[8:], "%y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None
    return round((told - now).total_seconds())


async def _enter(errands: Errands, digits: tuple[str, ...]) -> Ending:
    if any(len(each) != _TOKEN_DIGITS or not (each.isascii() and each.isdigit()) for each in digits):
        return Refused("bad_value")
    order = Order("enter_tokens", {"digits": list(digits)}, secrets=("digits",))
    return _readings(values_of(await errands.change(order)))


async def prove_relay(errands: Errands, said: Result | Refused | Unknown, is_so: Callable[[Relay], bool]) -> Ending:
    """Read the status word after an order and say how the order ended. Raises nothing: the order has left."""
    try:
        found = relay_of(await errands.ask(READ_RELAY))
    except Unreachable as error:
        found = Unknown(str(error))
    if isinstance(found, Relay) and is_so(found):
        return relay_readings(found)
    if not isinstance(said, Result):
        return said
    return Refused("no_effect") if isinstance(found, Relay) else Unknown("not_read_back")


def _readings(said: dict[str, Said] | Refused | Unknown) -> Ending:
    return Readings(said) if isinstance(said, dict) else said
