"""Read registers by name, one exchange each, so that something more urgent may go between two of them."""

from headend_client.orders import Read
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.registers import NamedRegister, from_item, register_of
from headend_client.verbs.call import Call
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.refusals import Refusal
from meters_io.dlt645.requests import build_request, read_answer
from meters_io.layout import Plain


async def read_registers(call: Call, order: Read) -> Readings | Refused | Unknown:
    """Read them all; what ends one ends all. Raises Unreachable."""
    values: dict[str, int | str | None] = {}
    for name in order.names:
        register = register_of(name)
        said = await _read(call, register)
        if isinstance(said, Refused | Unknown):
            return said
        values[name] = said.value
    return Readings(values)


async def _read(call: Call, register: NamedRegister) -> "_Said | Refused | Unknown":
    request = build_request(call.target.address, "read", {"di": f"{register.di:08X}"}, call.profile.dialect)

    def parse(reply: Frame) -> "_Said | Refusal":
        answer = read_answer(request, reply, call.profile.dialect)
        return answer if isinstance(answer, Refusal) else _Said(from_item(register, _value(answer.fields)))

    return await call.ask_alone(request, parse)


class _Said:
    """What a register holds; None is an answer too."""

    def __init__(self, value: int | str | None) -> None:
        self.value = value


def _value(fields: dict[str, Plain]) -> Plain:
    return fields.get("value")
