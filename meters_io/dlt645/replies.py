"""What every reply is checked for before its data are read: whose it is, what it answers, and whether it
is a no.

The one-byte sum of a frame lets some four in a hundred double errors through, so the echoes are part of
the check.
"""

from meters_io.bits import uint_from_bytes, uint_to_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import FUNCTION, REPLY
from meters_io.dlt645.refusals import Refusal, Wording, is_refusal, parse_refusal
from meters_io.errors import RemoteError


def check_reply(reply: Frame, address: str, function: int, wording: Wording = Wording.BITS) -> Refusal | None:
    """Return None for a good reply of meter `address` to `function`, or its refusal.

    RemoteError `wrong_address` or `wrong_control` for anything else: it answers somebody or something
    else. A request to an abbreviated address (leading AA) accepts every meter whose low digits agree.
    """
    if not address_matches(address, reply.address):
        raise RemoteError("another meter answered", code="wrong_address", field="address")
    if not reply.control & REPLY or reply.control & FUNCTION != function:
        raise RemoteError("the reply answers another request", code="wrong_control", field="control")
    return parse_refusal(reply, wording) if is_refusal(reply) else None


def address_matches(asked: str, own: str) -> bool:
    """Tell whether a meter with the address `own` is meant by `asked`."""
    low = asked.lstrip("A")
    return own.endswith(low) and len(own) == len(asked)


def di_to_bytes(di: int) -> bytes:
    """Write a data identifier, DI0 first."""
    return uint_to_bytes(di, 4)


def take_di(frame: Frame) -> int:
    """Read the data identifier that begins the data of `frame`."""
    if len(frame.data) < 4:
        raise RemoteError("no data identifier", code="bad_length", field="di")
    return uint_from_bytes(frame.data[:4])


def check_di(frame: Frame, di: int) -> bytes:
    """Return what follows the data identifier, which must be `di`."""
    if take_di(frame) != di:
        raise RemoteError("the reply is about another item", code="wrong_di", field="di")
    return frame.data[4:]
