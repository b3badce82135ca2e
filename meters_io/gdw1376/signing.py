"""Orders that an encryption machine has signed (F5, scheme 255): what its MAC covers, and where in PW it stands.

The MAC itself is the machine's: its keys differ by AFN and for group and broadcast addresses, and age out after 24
hours. A terminal that does not believe it answers AFN 00 F4 (`link.Unauthenticated`). With scheme 0, PW is all zeros.
"""

from dataclasses import replace

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.editions import password_bytes
from meters_io.gdw1376.frame import Frame, encode
from meters_io.gdw1376.tail import Tail, split_tail, with_tail

MAC_BYTES = 4
_AFN_AT = 12


def signed_bytes(frame: Frame) -> bytes:
    """Return what the MAC of an order covers: AFN, SEQ, unit identifiers and data; not PW, nor the time tag.

    RemoteError when the frame is shorter than its tail; LocalError when it cannot be sent.
    """
    units, _ = split_tail(frame)
    return encode(frame)[_AFN_AT : _AFN_AT + 2] + units


def mac_of(frame: Frame) -> bytes:
    """Return the MAC in the PW of an order, 4 bytes as the machine gives them; RemoteError `no_mac` without PW."""
    password = split_tail(frame)[1].password or b""
    if len(password) < MAC_BYTES:
        raise RemoteError("this frame has no place for a MAC", code="no_mac", field="password")
    return password[MAC_BYTES - 1 :: -1]


def with_mac(frame: Frame, mac: bytes) -> Frame:
    """Return the order with this MAC of 4 bytes in its PW, the rest of which is zero. Raises LocalError."""
    width = password_bytes(frame.protocol)
    if len(mac) != MAC_BYTES or width < MAC_BYTES:
        raise LocalError("a MAC has 4 bytes, and PW must hold them", code="bad_length", field="mac")
    units, tail = split_tail(frame)
    signed: Tail = replace(tail, password=mac[::-1].ljust(width, b"\0"))
    return with_tail(frame, units, signed)
