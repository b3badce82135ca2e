"""Whom a request may address: one meter, whichever is on the line, or all at once (DL/T 645-2007 section 5.2.2).

Pairs AA in the high-order bytes stand for any digits. Firmware takes such an address for reads, and for the setting of
an address by somebody who presses the programming key; it refuses it for whatever changes a meter. The broadcast 99...
is never answered, so nothing but the time, a freeze and the multi-function output is told to everybody.
"""

from meters_io.dlt645.frame import BROADCAST, Frame
from meters_io.dlt645.names import Control
from meters_io.errors import LocalError

TO_ANY = frozenset((Control.READ, Control.READ_MORE, Control.READ_ADDRESS, Control.WRITE_ADDRESS))
TO_ALL = frozenset((Control.BROADCAST_TIME, Control.FREEZE, Control.OUTPUT))


def check_request(request: Frame) -> Frame:
    """Return `request`; LocalError `broadcast` or `wildcard` where its control code does not go to such an address."""
    if request.address == BROADCAST and request.control not in TO_ALL:
        raise LocalError(f"C = {request.control:02X} cannot be broadcast", code="broadcast", field="address")
    if request.address.startswith("A") and request.control not in TO_ANY:
        raise LocalError(f"C = {request.control:02X} needs a whole address", code="wildcard", field="address")
    return request


def expects_answer(request: Frame) -> bool:
    """Tell whether a meter will answer: never a broadcast, and never the broadcast time."""
    return request.address != BROADCAST and request.control != Control.BROADCAST_TIME
