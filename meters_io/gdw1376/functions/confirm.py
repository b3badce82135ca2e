"""AFN 00: what became of a frame, from either side."""

from collections.abc import Mapping
from dataclasses import dataclass

from meters_io.errors import LocalError
from meters_io.gdw1376.formats import BYTE, NOTHING
from meters_io.gdw1376.functions.catalogue import Catalogue, Function
from meters_io.gdw1376.units import UNIT_BYTES, Unit, unit_from_bytes, unit_to_bytes
from meters_io.layout import Hex, Many, Plain, Source, record

AUTHENTICATION_ERRORS = {1: "signature", 2: "cipher", 3: "MAC"}


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit identifier as a value: `{"points": [...], "functions": [...]}`, as in `units.Unit`."""

    def read(self, source: Source) -> Plain:
        named = unit_from_bytes(source.take(UNIT_BYTES))
        return {"points": list(named.points), "functions": list(named.functions)}

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, dict) or value.keys() != {"points", "functions"}:
            raise LocalError("points and functions belong here", code="wrong_fields")
        return unit_to_bytes(Unit(_numbers(value["points"]), _numbers(value["functions"])))


_PER_UNIT = record(afn=BYTE, units=Many(record(unit=UnitName(), error=BYTE)))  # error 0: done, 1: refused
# Behind a MAC error come 8 bytes of the terminal's random number and 8 of its module's serial number, behind the
# others FF; a terminal that knows no more tells the error alone.
_AUTHENTICATION = record(error=BYTE, data=Hex(16))
_AUTHENTICATION_ALONE = record(error=BYTE)

_FUNCTIONS = {
    1: Function("all confirmed", NOTHING),
    2: Function("all refused", NOTHING),
    3: Function("confirmed and refused by unit", _PER_UNIT),
    4: Function("authentication failed", _AUTHENTICATION, (_AUTHENTICATION_ALONE,)),
}
CATALOGUE = Catalogue("confirm or refuse", _FUNCTIONS, _FUNCTIONS)


def _numbers(value: Plain) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise LocalError("a list of numbers belongs here", code="not_a_list")
    return tuple(_number(each) for each in value)


def _number(value: Plain) -> int:
    if not isinstance(value, int):
        raise LocalError("a whole number belongs here", code="not_a_number")
    return value
