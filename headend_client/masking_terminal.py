"""What may be kept of talks with a concentrator itself (Q/GDW 1376.1 but AFN 00, 02 and 10).

Closed like `masking`: a frame of which any part cannot be read is hidden, and so is a function that is not listed here
as harmless. Secret are PW, the passwords of the archive (F10), and a wrong password in an event (ERC 20).
"""

from meters_io.errors import RemoteError
from meters_io.gdw1376.days import day_of
from meters_io.gdw1376.frame import Afn, Frame, decode
from meters_io.gdw1376.message import UnitData, read_message
from meters_io.gdw1376.tail import split_tail
from meters_io.gdw1376.units import UNIT_BYTES
from meters_io.layout import Plain

_BODY_AT = 14
_DATA_AT = _BODY_AT + UNIT_BYTES
_ENDING = 2
_ARCHIVE = 10
_ENTRIES_AT = _DATA_AT + 2
_ENTRY = 27
_PASSWORD_AT, _PASSWORD = 12, 6  # in an entry
_WRONG_PASSWORD = 20  # ERC
_CONTROLS = frozenset(range(1, 59)) - {32}  # not the texts that residents are sent
_PARAMETERS = frozenset(
    (1, 3, 8, 9, 21, 22, 23, 24, 25, 29, 33, 35, 36, 38, 39, 45, 46, 47, 48, 49, 57, 58, 65, 66, 67, 68)
)
_HARMLESS: dict[int, frozenset[int]] = {
    Afn.RESET: frozenset(range(1, 5)),
    Afn.SET: _PARAMETERS,
    Afn.CONTROL: _CONTROLS,
    Afn.QUERY: _PARAMETERS,
    Afn.CURRENT: frozenset(range(1, 249)),
    Afn.HISTORY: frozenset(range(1, 249)),
}


def hidden_of_terminal(outer: bytes) -> set[int]:
    """Return the places of the secret bytes in one whole frame; its checksum is not looked after."""
    everything = set(range(_DATA_AT, len(outer) - _ENDING))
    try:
        frame = decode(outer)
        if day_of(frame) is not None:
            return set()  # energy and money in bulk: nothing that is not read, and no function that has secrets
        units, tail = split_tail(frame)
    except RemoteError:
        return everything
    message, units_end = read_message(frame), _BODY_AT + len(units)
    if not message.units or message.tail != tail or message.trouble or any(unit.trouble for unit in message.units):
        return everything
    if _is_archive(message.units) and (frame.afn == Afn.SET or frame.control.up):
        return _of_archive(outer, units_end) | _password(frame, outer, units_end)
    return _password(frame, outer, units_end) if _is_harmless(frame, message.units) else everything


def _is_archive(units: tuple[UnitData, ...]) -> bool:
    return len(units) == 1 and units[0].identifier.functions == (_ARCHIVE,)


def _of_archive(outer: bytes, end: int) -> set[int]:
    """Six zeros are no password."""
    starts = range(_ENTRIES_AT + _PASSWORD_AT, end, _ENTRY)
    return {at for start in starts for at in range(start, start + _PASSWORD) if any(outer[start : start + _PASSWORD])}


def _password(frame: Frame, outer: bytes, units_end: int) -> set[int]:
    """What follows the units downwards, unless it is zeros: PW, and a time tag that goes with it."""
    rest = range(units_end, len(outer) - _ENDING)
    return set() if frame.control.up or not any(outer[at] for at in rest) else set(rest)


def _is_harmless(frame: Frame, units: tuple[UnitData, ...]) -> bool:
    if frame.afn == Afn.EVENTS:
        return not any(_tells_a_password(unit.value) for unit in units)
    if frame.afn == Afn.QUERY and not frame.control.up:
        return True
    known = _HARMLESS.get(frame.afn, frozenset())
    return all(known.issuperset(unit.identifier.functions) for unit in units)


def _tells_a_password(value: Plain) -> bool:
    """Tell whether events hold a wrong password, or anything that nobody can read."""
    events = value.get("events", []) if isinstance(value, dict) else None
    return not isinstance(events, list) or any(_is_secret(event) for event in events)


def _is_secret(event: Plain) -> bool:
    match event:
        case {"erc": int(erc), "content": dict(content)}:
            return erc == _WRONG_PASSWORD or "rest" in content
    return True
