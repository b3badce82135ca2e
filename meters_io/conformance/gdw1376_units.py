"""Units of a frame of Q/GDW 1376.1 against what a file says of them: identifier, then value or bytes."""

from __future__ import annotations

from meters_io.conformance.gdw1376_events import judge_events
from meters_io.conformance.gdw1376_words import NAMES
from meters_io.conformance.glosses import Judged
from meters_io.conformance.inputs import bytes_of
from meters_io.conformance.matching import Found, compare
from meters_io.conformance.scalars import is_raw
from meters_io.conformance.shape import Json, JsonObject
from meters_io.conformance.trees import Node, grow, leaves
from meters_io.conformance.verdict import Difference
from meters_io.errors import CodecError
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.functions import function_of
from meters_io.gdw1376.message import Message, UnitData
from meters_io.gdw1376.parsing import pairs_of, write_unit
from meters_io.gdw1376.units import ALL_POINTS, UNIT_BYTES
from meters_io.layout import Form, Plain

_EVENTS_AFN = 0x0E
_ARCHIVE_AFNS, _ARCHIVE = (0x04, 0x0A), 10
_PORTS = range(32)
_BAUD = (0, 600, 1200, 2400, 4800, 7200, 9600, 19200)
_RATES = {each: code for code, rate in enumerate(_BAUD) for each in (code, rate)}
_EVERY = frozenset({"all", "every", "*", "ff", "ff00", "-1", "255", "65280", "65535"})  # spellings of all points


def judge_units(said: Json, message: Message, judged: Judged) -> None:
    """Judge all units of a frame, in their order."""
    units = _as_told(said, message) if isinstance(said, list) else message.units
    if not isinstance(said, list) or len(said) != len(units):
        count = len(said) if isinstance(said, list) else said
        judged.differences.append(Difference("units", f"{count} of them", f"{len(units)}"))
        return
    for place, (each, unit) in enumerate(zip(said, units, strict=True)):
        if not isinstance(each, dict):
            judged.differences.append(Difference(f"units.{place}", "an object", str(each)))
            continue
        _judge_unit(each, message.frame, unit, f"units.{place}", judged)


def _as_told(said: list[Json], message: Message) -> tuple[UnitData, ...]:
    """Return our units; as many as the file has, if its last one is raw: it did not know where that one ends."""
    last = said[-1] if said else None
    if not isinstance(last, dict) or "raw" not in last or len(said) >= len(message.units):
        return message.units
    kept, joined = message.units[: len(said)], message.units[len(said) - 1 :]
    raw = b"".join(write_unit(message.frame, unit) for unit in joined)[UNIT_BYTES:]
    return (*kept[:-1], UnitData(kept[-1].identifier, raw=raw + message.rest, trouble="raw"))


def _judge_unit(said: JsonObject, frame: Frame, unit: UnitData, at: str, judged: Judged) -> None:
    judged.differences += _identified(said, unit, at)
    raw = write_unit(frame, unit)[UNIT_BYTES:]
    if "raw" in said:
        judged.differences += _same_bytes(said["raw"], raw, f"{at}.raw")
    if "v" not in said and "count" not in said:
        return
    if unit.trouble:
        judged.differences.append(Difference(f"{at}.v", str(said.get("v")), f"{raw.hex()} ({unit.trouble})"))
        return
    events = said.get("v")
    if frame.afn == _EVENTS_AFN and frame.control.up and isinstance(events, dict):
        judge_events(events, raw, at, judged)
        return
    tree = _tree(frame, unit, raw)
    if _is_whole(said.get("v"), tree, raw):
        return
    if frame.afn in _ARCHIVE_AFNS and _ARCHIVE in unit.identifier.functions:
        said = {**said, "v": _ports_whole(said.get("v"))}
    judged.differences += _same_value(said, tree, at)


def _is_whole(said: Json, node: Node, raw: bytes) -> bool:
    """Tell whether a file gives a value of several parts as its bytes, their lengths and counts too."""
    return isinstance(said, str) and len([*leaves(node)]) > 1 and is_raw(said, raw, bare=True)


def _ports_whole(said: Json) -> Json:
    """Return the entries of an archive with their port byte in one; a file may give port and baud rate apart."""
    if isinstance(said, list):
        return [_ports_whole(each) for each in said]
    if not isinstance(said, dict):
        return said
    port, baud = said.get("port"), said.get("baud")
    if not isinstance(port, int) or not isinstance(baud, int) or port not in _PORTS or baud not in _RATES:
        return {name: _ports_whole(each) for name, each in said.items()}
    kept: JsonObject = {name: each for name, each in said.items() if name != "baud"}
    return {**kept, "port": port | _RATES[baud] << 5}


def _same_value(said: JsonObject, node: Node, at: str) -> Found:
    found = compare(said["v"], node, f"{at}.v", NAMES) if "v" in said else []
    if "count" not in said:
        return found
    whole = {name: each for name, each in said.items() if name in ("count", "v")}
    counted = said["count"] == len(node) if isinstance(node, list) else not compare(whole, node, at, NAMES)
    if counted and (not found or not isinstance(node, list)):
        return []
    return found or [Difference(f"{at}.count", str(said["count"]), str(len(node)) if isinstance(node, list) else "-")]


def _identified(said: JsonObject, unit: UnitData, at: str) -> Found:
    points, functions = unit.identifier.points, unit.identifier.functions
    found = []
    if "f" in said and said["f"] not in ([*functions], functions[0] if len(functions) == 1 else None):
        found.append(Difference(f"{at}.f", str(said["f"]), str([*functions])))
    if "p" in said and not _same_points(said["p"], points):
        found.append(Difference(f"{at}.p", str(said["p"]), str([*points])))
    return found


def _same_points(said: Json, points: tuple[int, ...]) -> bool:
    if points == (ALL_POINTS,):
        only = said[0] if isinstance(said, list) and len(said) == 1 else said
        return str(only).strip().lower() in _EVERY
    return said in ([*points], points[0] if len(points) == 1 else None)


def _same_bytes(said: Json, raw: bytes, at: str) -> Found:
    try:
        same = bytes_of(said) == raw
    except ValueError:
        same = False
    return [] if same else [Difference(at, str(said), raw.hex())]


def _tree(frame: Frame, unit: UnitData, raw: bytes) -> Node:
    """Return the value of a unit as a tree; of several points or functions the list of theirs."""
    pairs = pairs_of(unit.identifier)
    if len(pairs) == 1:
        return grow(_form(frame, pairs[0][1], unit.value, raw), unit.value)
    values = unit.value if isinstance(unit.value, list) else []
    return [grow(_form(frame, f, each, None), each) for (_, f), each in zip(pairs, values, strict=True)]


def _form(frame: Frame, function: int, value: Plain, raw: bytes | None) -> Form | None:
    """Return the form in which a value came: the one that writes it so again."""
    known = function_of(frame.afn, function, up=frame.control.up)
    if known is None:
        return None
    return next((form for form in (known.form, *known.other_forms) if _writes(form, value, raw)), None)


def _writes(form: Form, value: Plain, raw: bytes | None) -> bool:
    try:
        written = form.write(value, {})
    except CodecError:
        return False
    return raw is None or written == raw
