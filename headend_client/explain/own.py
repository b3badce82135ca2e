"""Talks with a concentrator itself (AFN 01, 04, 05, 0A, 0C, 0D, 0E), taken apart unit by unit."""

from headend_client.explain.sight import Taking
from headend_client.fields import Form
from headend_client.terminal_verbs.flat import flat
from meters_io.errors import CodecError
from meters_io.gdw1376.frame import Afn
from meters_io.gdw1376.functions import function_of
from meters_io.gdw1376.units import UNIT_BYTES, unit_from_bytes
from meters_io.layout import Plain, Source

APPLICATIONS = {
    Afn.RESET: "afn_reset",
    Afn.SET: "afn_set",
    Afn.CONTROL: "afn_control",
    Afn.QUERY: "afn_query",
    Afn.CURRENT: "afn_current",
    Afn.HISTORY: "afn_history",
    Afn.EVENTS: "afn_events",
}
_PARAMETERS = {1: "own_uplink", 10: "own_archive", 24: "own_interval", 33: "own_reading"}
_SUBJECTS: dict[int, dict[int, str]] = {
    Afn.RESET: {2: "own_data"},
    Afn.SET: _PARAMETERS,
    Afn.CONTROL: {30: "own_meter_clocks", 31: "own_clock"},
    Afn.QUERY: _PARAMETERS,
    Afn.CURRENT: {2: "own_clock", 7: "own_counters"},
    Afn.HISTORY: {161: "own_day_energy", 210: "own_day_purchases"},
    Afn.EVENTS: {1: "own_important_events", 2: "own_normal_events"},
}
SUBJECTS = frozenset(word for words in _SUBJECTS.values() for word in words.values())
_MOST = 600  # characters of one unit: a whole archive is read from its bytes


def is_own(afn: int) -> bool:
    """Tell whether frames of this application are taken apart here."""
    return afn in _SUBJECTS


def take_own(body: Taking, *, afn: int, up: bool, name_unit: str) -> bool:
    """Take the data of the unit that was just read (`name_unit`: as people write it); False where nobody can."""
    function = int(name_unit.rpartition("F")[2])
    subject = _SUBJECTS[afn].get(function)
    if subject is not None:
        body.add("about", Form.WORD, subject, gist=True)
    found = _value(body, afn, function, up=up)
    if found is None:
        return False
    value, width = found
    told = ", ".join(f"{name.partition('.')[2] or name} {part}" for name, part in flat("value", value))
    body.take("told", width, lambda _: (Form.TEXT, told if len(told) <= _MOST else f"{told[:_MOST]} ..."))
    return True


def function_next(body: Taking) -> str:
    """Return the one point and function of the unit that stands next; empty where there is none, or several."""
    raw = body.left.part(0, UNIT_BYTES).known
    try:
        found = unit_from_bytes(raw or b"")
    except CodecError:
        return ""
    if len(found.points) != 1 or len(found.functions) != 1:
        return ""
    return f"p{found.points[0]} F{found.functions[0]}"


def _value(body: Taking, afn: int, function: int, *, up: bool) -> tuple[Plain, int] | None:
    """Read the data of one unit: the form behind which a next unit can stand. None: hidden, or not to be read."""
    known, raw = function_of(afn, function, up=up), body.left.known
    if known is None or raw is None:
        return None
    for form in (known.form, *known.other_forms):
        source = Source(raw)
        try:
            value = form.read(source)
        except CodecError:
            continue
        if source.left == 0 or _is_unit(raw[source.at : source.at + UNIT_BYTES]):
            return value, source.at
    return None


def _is_unit(raw: bytes) -> bool:
    try:
        unit_from_bytes(raw)
    except CodecError:
        return False
    return True
