"""Any request by its name and fields, and the answer to it, both held to what the protocol allows.

    asked = build_request(BROADCAST, "freeze", {"at": "99999999"})
    asked = build_request("201000000012", "read", {"di": "00900200"})
    read_answer(asked, reply)               Message("read_reply", {"di": "00900200", "value": Decimal("198.56")})

The fields of each kind are those of `meters_io.dlt645.layouts`.
"""

from collections.abc import Mapping

from meters_io.dlt645.addresses import check_request
from meters_io.dlt645.check import check_echo
from meters_io.dlt645.dialects import STANDARD, Dialect
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.message import Head, Message, read_message, write_message
from meters_io.dlt645.misfit import as_answer
from meters_io.dlt645.names import Control
from meters_io.dlt645.refusals import Refusal
from meters_io.errors import LocalError, RemoteError
from meters_io.layout import Plain

CONTROLS: Mapping[str, Control] = {
    "security": Control.SECURITY,
    "set_time": Control.BROADCAST_TIME,
    "read": Control.READ,
    "read_more": Control.READ_MORE,
    "read_address": Control.READ_ADDRESS,
    "write": Control.WRITE,
    "write_address": Control.WRITE_ADDRESS,
    "freeze": Control.FREEZE,
    "set_baud": Control.BAUD,
    "set_password": Control.PASSWORD,
    "clear_demand": Control.CLEAR_DEMAND,
    "clear_meter": Control.CLEAR_METER,
    "clear_events": Control.CLEAR_EVENTS,
    "relay": Control.RELAY,
    "set_output": Control.OUTPUT,
}
_AUTHENTICATION = ("070000FF", "070001FF", "070002FF", "070003FF", "078003FF")


def build_request(address: str, kind: str, fields: Mapping[str, Plain], dialect: Dialect = STANDARD) -> Frame:
    """Return the request `kind` to a meter, to any (AA) or to all (99).

    LocalError names the field that cannot be sent, or says that this kind does not go to such an address or such a
    model. What only repeats bytes that were not understood (`body`) is not sent.
    """
    control = CONTROLS.get(kind)
    if control is None:
        raise LocalError(f"a request is one of {', '.join(CONTROLS)}", code="wrong_kind", field="kind")
    if fields.get("di") in _AUTHENTICATION and not dialect.esam:
        raise LocalError("this model has no chip that authenticates", code="no_chip", field="di")
    if "body" in fields:
        raise LocalError("a request has its fields and no body", code="wrong_fields", field="body")
    return check_request(write_message(Head(address, control), Message(kind, dict(fields)), dialect))


def read_answer(request: Frame, reply: Frame, dialect: Dialect = STANDARD) -> Message | Refusal:
    """Return what a meter answered to `request`: all of it understood, or its refusal.

    RemoteError for what answers something else (see `check_echo`), and `bad_layout` for what is not laid out so. Values
    are read and not judged: for that there is `meters_io.dlt645.check`.
    """
    refused = check_echo(request, reply, dialect)
    if refused is not None:
        return refused
    said = read_message(as_answer(reply, dialect), dialect)
    if said.trouble is not None:
        raise RemoteError(said.trouble, code="bad_layout", field="data")
    return said
