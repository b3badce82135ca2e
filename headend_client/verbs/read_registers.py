"""Read registers by name, one exchange each, so that something more urgent may go between two of them."""

from dataclasses import dataclass

from headend_client.orders import Read
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.registers import NamedRegister, from_item, register_of
from headend_client.spelling import Said
from headend_client.verbs.call import Call
from meters_io.dlt645.check import read_checked
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.refusals import Refusal, RefusalCode
from meters_io.dlt645.requests import build_request
from meters_io.errors import LocalError
from meters_io.layout import Plain

_MISSING = Refused(RefusalCode.NO_DATA.value)


@dataclass(frozen=True, slots=True)
class Item:
    """What an item holds, as meters_io reads it; None is an answer too."""

    value: Plain


async def read_registers(call: Call, order: Read) -> Readings | Refused | Unknown:
    """Read them all. Raises Unreachable.

    What ends one ends all, but for an item that the meter does not have: that reads as None, unless it has none of
    them. Unknown: a value that no meter can mean is not handed on.
    """
    try:
        registers = {name: register_of(name) for name in order.names}
    except LocalError as error:
        return Refused(error.code)
    values: dict[str, Said] = {}
    had = False
    for name, register in registers.items():
        said = await read_item(call, register.di)
        if isinstance(said, Unknown) or (isinstance(said, Refused) and said != _MISSING):
            return said
        had = had or isinstance(said, Item)
        values[name] = from_item(register, said.value) if isinstance(said, Item) else None
    return Readings(values) if had or not values else _MISSING


async def read_register(call: Call, register: NamedRegister) -> Said | Refused | Unknown:
    """Read one in our words. Raises Unreachable."""
    said = await read_item(call, register.di)
    return from_item(register, said.value) if isinstance(said, Item) else said


async def read_item(call: Call, di: int) -> Item | Refused | Unknown:
    """Read one item in a turn of its own, its value checked (meters_io.dlt645.check). Raises Unreachable."""
    dialect = call.profile.dialect
    request = build_request(call.target.address, "read", {"di": f"{di:08X}"}, dialect)

    def parse(reply: Frame) -> Item | Refusal:
        found = read_checked(request, reply, dialect)
        return found if isinstance(found, Refusal) else Item(found)

    return await call.ask_alone(request, parse)
