"""Write registers by name, each proved by reading it back; what is as it should be already is not written.

So an order that was broken off goes on where it ended: what is in the meter costs a reading and no authority.
"""

from dataclasses import dataclass

from headend_client.errors import Unreachable
from headend_client.orders import Write
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.registers import NamedRegister, from_item, register_of, to_item
from headend_client.security import SecurityError
from headend_client.spelling import Said
from headend_client.verbs.call import Call
from headend_client.verbs.read_registers import read_register
from headend_client.verbs.write_frame import write_frame
from meters_io.dlt645.writes import Written, parse_write_reply
from meters_io.errors import LocalError
from meters_io.layout import Plain


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One value. `said`: in our words, as a meter that has it reads."""

    name: str
    register: NamedRegister
    value: Plain
    said: Said


async def write_registers(call: Call, order: Write) -> Readings | Refused | Unknown:
    """Write them all; what ends one ends all. Raises Unreachable when surely none was sent.

    Refused before anything is sent: `unknown_register`, `not_writable`, `bad_value`. Refused("no_effect"): the meter
    said yes, and reads as before.
    """
    try:
        wanted = [_wanted(name, value) for name, value in order.values]
    except LocalError as error:
        return Refused(error.code if error.code in ("unknown_register", "not_writable") else "bad_value")
    values: dict[str, Said] = {}
    sent = False
    for each in wanted:
        try:
            found = await read_register(call, each.register)
            if found != each.said and not isinstance(found, Refused):  # what shows no value that there is, is written
                found, sent = await _write(call, each), True
        except (Unreachable, SecurityError) as error:
            if not sent:
                raise
            return Unknown(str(error))
        if isinstance(found, Refused | Unknown):
            return found
        values[each.name] = found
    return Readings(values)


def _wanted(name: str, value: Plain) -> _Wanted:
    register = register_of(name)
    if not register.writable:
        raise LocalError(f"{name} is not written", code="not_writable", field="values")
    meant = to_item(register, value)
    return _Wanted(name, register, meant, from_item(register, meant))


async def _write(call: Call, wanted: _Wanted) -> Said | Refused | Unknown:
    """Write and read back. A no is no proof either: meters exist that change something and refuse."""
    di, address = wanted.register.di, call.target.address
    async with call.turn() as turn:
        request = await write_frame(call, turn, di, lambda: wanted.value)
        if isinstance(request, Refused):
            return request
        said = await call.tell(turn, request, lambda reply: parse_write_reply(reply, address))
    try:
        found = await read_register(call, wanted.register)
    except Unreachable as error:
        found = Unknown(str(error))
    if found == wanted.said:
        return found
    if not isinstance(said, Written):
        return said
    return Unknown("not_read_back") if isinstance(found, Refused | Unknown) else Refused("no_effect")
