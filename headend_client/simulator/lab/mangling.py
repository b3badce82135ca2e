"""What faults do to a meter's frame and to the bytes of an answer."""

from dataclasses import replace

from headend_client.simulator.lab.faults import Fault
from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645.names import REFUSED, REPLY, Control
from meters_io.gdw1376.frame import Frame, encode

_NOT_AVAILABLE, _NO_DIGITS = 0xEE, 0xAB
_DI_BYTES = 4
NOISE = b"\x00\xff\x16\x68\x31\x00\x31\x00\x13"  # the beginning of a frame, as it seems
_NUMBERS = 16


def mangled(inner: dlt645.Frame, fault: Fault | None) -> dlt645.Frame:
    """Return what a meter's answer becomes; a read's values alone are spoilt, so that its form still holds."""
    match fault:
        case Fault.OTHER_METER:
            return replace(inner, address=_neighbour(inner.address))
        case Fault.NOT_THERE:
            return _filled(inner, _NOT_AVAILABLE)
        case Fault.NOT_BCD:
            return _filled(inner, _NO_DIGITS)
    return inner


def pieces(answer: Frame, fault: Fault | None, share: float) -> tuple[bytes, ...]:
    """Return the bytes of an answer as they go out, in pieces with a pause between. `share`: where a frame is cut."""
    raw = encode(answer)
    if fault is Fault.GLUED:
        number = (answer.seq.number + 1 + int(share * (_NUMBERS - 1))) % _NUMBERS
        return (encode(answer._replace(seq=replace(answer.seq, number=number))) + raw,)
    return _pieces(raw, fault, share)


def pieces_of_inner(answer: dlt645.Frame, fault: Fault | None, share: float) -> tuple[bytes, ...]:
    """As `pieces`, for a meter's frame that stands for itself: nothing numbers it."""
    raw = dlt645.encode(replace(answer, preamble=dlt645.MAX_PREAMBLE))
    if fault is Fault.GLUED:
        return (dlt645.encode(replace(answer, address=_neighbour(answer.address))) + raw,)
    return _pieces(raw, fault, share)


def _pieces(raw: bytes, fault: Fault | None, share: float) -> tuple[bytes, ...]:
    """What no protocol makes a difference to."""
    match fault:
        case Fault.SPLIT:
            cut = 1 + int(share * (len(raw) - 1))
            return (raw[:cut], raw[cut:])
        case Fault.TWICE:
            return (raw, raw)
        case Fault.NOISE:
            return (NOISE + raw,)
        case Fault.BAD_CHECKSUM:
            return (raw[:-2] + bytes((raw[-2] ^ 0x01,)) + raw[-1:],)
    return (raw,)


def _neighbour(address: str) -> str:
    return f"{(int(address) + 1) % 10**12:012d}" if address.isdecimal() else address


def _filled(inner: dlt645.Frame, byte: int) -> dlt645.Frame:
    if inner.control & ~0x20 != Control.READ | REPLY or inner.control & REFUSED:
        return inner
    data = inner.data[:_DI_BYTES] + bytes((byte,)) * (len(inner.data) - _DI_BYTES)
    return replace(inner, data=data)
