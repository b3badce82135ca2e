"""A write (C = 14) in the form that its meter takes: under a plain password, with a MAC, or enciphered."""

from collections.abc import Callable

from headend_client.link import Turn
from headend_client.outcome import Refused
from headend_client.profiles.shape import AuthorityForm
from headend_client.verbs.call import Call
from headend_client.verbs.identity import authenticate
from headend_client.verbs.password import plain_password
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.writes import Seal, build_class_1_write, build_class_2_write, build_plain_write, is_class_1
from meters_io.errors import LocalError
from meters_io.layout import Plain, write_all


async def write_frame(call: Call, turn: Turn, di: int, value: Callable[[], Plain]) -> Frame | Refused:
    """Build a write within the turn that will send it. Raises Unreachable: building changes nothing in the meter.

    `value` is asked behind the queue and the authentication, for a clock that is set shows the time of then.
    """
    address = call.target.address
    if call.profile.authority is AuthorityForm.PLAIN:
        return build_plain_write(address, di, await plain_password(call), value(), call.profile.dialect)
    opened = await authenticate(call, turn)
    if isinstance(opened, Refused):
        return opened
    wanted = value()
    raw = _bytes_of(call, di, wanted)
    if is_class_1(di):
        mac = await call.security.parameter_mac(call.target, opened.challenge, opened.random2, di, raw)
        return build_class_1_write(address, di, wanted, Seal(mac))
    cipher, mac = await call.security.seal_parameter(call.target, opened.challenge, opened.random2, di, raw)
    return build_class_2_write(address, di, cipher, Seal(mac))


def _bytes_of(call: Call, di: int, value: Plain) -> bytes:
    item = call.profile.dialect.item(di)
    if item is None:
        raise LocalError(f"nobody knows the form of {di:08X}", code="unknown_register", field="di")
    return write_all(item.form, value)
