"""Frames of a meter in words, for logs. Never their contents: tokens, MACs and passwords are in there."""

from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Control, Item, Security
from meters_io.dlt645.replies import take_di
from meters_io.errors import RemoteError

_CHANGING = (Security.OPEN_ACCOUNT, Security.RECHARGE, Security.TOKEN)


def name_of(request: Frame) -> str:
    """Say what a request asks for: `recharge`, `read balance`, `relay` ..."""
    match request.control:
        case Control.SECURITY:
            return _name(Security, _di(request))
        case Control.READ:
            return "read " + _name(Item, _di(request))
        case Control.WRITE:
            return "write " + _name(Item, _di(request))
        case Control():
            return request.control.name.lower()
    return _name(Control, request.control)


def is_credit(request: Frame) -> bool:
    """Tell whether a request brings money: a recharge, an opening, a token."""
    return request.control == Control.SECURITY and _di(request) in _CHANGING


def is_changing(request: Frame) -> bool:
    """Tell whether a request may change a meter for good; an authentication does not."""
    return is_credit(request) or request.control in (Control.RELAY, Control.WRITE)


def _di(request: Frame) -> int:
    try:
        return take_di(request)
    except RemoteError:
        return 0


def _name(words: type[Control] | type[Item] | type[Security], number: int) -> str:
    try:
        return words(number).name.lower()
    except ValueError:
        return f"{number:02X}"
