"""AFN 10: orders of the master that the terminal passes on to a meter. `passage.py` speaks F1 with typed values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from meters_io.gdw1376.editions import GDW130_2005, GDW376_2009, Edition
from meters_io.gdw1376.formats import BYTE, FORMAT_12
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.layout import Binary, Block, Counted, Form, Hex, Plain, Source, record

ALLOW_CLOSE, TRIP = 0x55, 0xAA
_ANY_ROUTE = 255


class Outcome(IntEnum):
    """The result byte of F9, F10 and F11."""

    CANNOT_FORWARD = 0
    TIMED_OUT = 1
    ERROR = 2
    CONFIRMED = 3
    REFUSED = 4
    DATA = 5


@dataclass(frozen=True, slots=True)
class Route:
    """Through which meters an order travels: their addresses, nearest first. None lets the terminal choose."""

    def read(self, source: Source) -> Plain:
        if source.take(1)[0] == _ANY_ROUTE:
            return None
        source.at -= 1
        return Counted(BYTE, FORMAT_12).read(source)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        return bytes((_ANY_ROUTE,)) if value is None else Counted(BYTE, FORMAT_12).write(value, known)


def _passage(edition: Edition) -> Form:
    return record(port=BYTE, line=BYTE, frame_timeout=BYTE, byte_timeout=BYTE, inner=Block(edition.passed_length))


def _passed(edition: Edition) -> Form:
    inner = Block(edition.passed_length)
    return record(port=BYTE, inner=inner) if edition.passed_port else record(inner=inner)


def _got(edition: Edition) -> Form:
    return record(port=BYTE, meter=FORMAT_12, outcome=BYTE, answer=Block(BYTE, record(item=edition.item, data=Hex())))


# `standard` 0: the item is one of DL/T 645-1997, 1: of 2007.
_READ = record(port=BYTE, route=Route(), meter=FORMAT_12, standard=BYTE, item=Binary(4))
_READ_MANY = record(port=BYTE, route=Route(), meter=FORMAT_12, standard=BYTE, items=Counted(BYTE, Binary(4)))
_ITEM = Block(BYTE, record(item=Binary(4), data=Hex()))
_GOT_MANY = record(port=BYTE, meter=FORMAT_12, outcome=BYTE, answers=Counted(BYTE, _ITEM))
_SWITCH = record(port=BYTE, route=Route(), meter=FORMAT_12, action=BYTE, password=Block(BYTE))
_SWITCHED = record(port=BYTE, meter=FORMAT_12, outcome=BYTE, action=BYTE)

CATALOGUE = Catalogue(
    "forward",
    {
        1: Function("pass a frame on", _passage(GDW376_2009), (_passage(GDW130_2005),)),
        9: Function("read an item of a meter", _READ),
        10: Function("trip a meter or allow it to close; in 2013: read items", _SWITCH, (_READ_MANY,)),
        11: Function("switch a meter on", _SWITCH),
    },
    {
        1: Function("the meter's frame", _passed(GDW376_2009), (_passed(GDW130_2005),)),
        9: Function("what the meter said", _got(GDW376_2009), (_got(GDW130_2005),)),
        10: Function("what the meter did; in 2013: said", _SWITCHED, (_GOT_MANY,)),
        11: Function("what the meter did", _SWITCHED),
    },
)
