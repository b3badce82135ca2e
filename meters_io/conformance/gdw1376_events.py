"""Events of Q/GDW 1376.1 against what a file says of them: number, bytes and time, and fields of the content if any."""

from __future__ import annotations

from collections.abc import Iterator

from meters_io.conformance.gdw1376_words import EVENT_NAMES, NAMES
from meters_io.conformance.glosses import Judged, judge_word
from meters_io.conformance.matching import Found, compare
from meters_io.conformance.shape import Json, JsonObject
from meters_io.conformance.trees import Leaf, Node, grow
from meters_io.conformance.verdict import Difference
from meters_io.errors import CodecError
from meters_io.gdw1376.functions.event_kinds import KINDS
from meters_io.layout import read_all

_TIME_BYTES = 5


def judge_events(said: JsonObject, raw: bytes, at: str, judged: Judged) -> None:
    """Judge counters and pointers, then each event: its number, its bytes, its time, and its name as a gloss."""
    head = {name: Leaf(byte) for name, byte in zip(("ec1", "ec2", "pm", "pn"), raw, strict=False)}
    listed, events = said.get("ev"), [*_events(raw[4:])]
    judged.differences += compare({n: v for n, v in said.items() if n != "ev"}, dict(head), f"{at}.v", {})
    if listed is None:
        return
    if not isinstance(listed, list) or len(listed) != len(events):
        judged.differences.append(Difference(f"{at}.v.ev", str(listed), f"{len(events)} events"))
        return
    for place, (each, event) in enumerate(zip(listed, events, strict=True)):
        _judge_event(each, *event, f"{at}.v.ev.{place}", judged)


def _judge_event(said: Json, erc: int, body: bytes, at: str, judged: Judged) -> None:
    if not isinstance(said, dict):
        judged.differences.append(Difference(at, str(said), f"event {erc}"))
        return
    node: dict[str, Node] = {"erc": Leaf(erc), "body": Leaf(body.hex(), body), "len": Leaf(len(body))}
    node["time"] = _time(body, said.get("time"))
    judged.differences += compare({n: v for n, v in said.items() if n in node}, node, at, {})
    judged.differences += _same_content({n: v for n, v in said.items() if n not in (*node, "name")}, erc, body, at)
    if said.get("name") is not None:
        judge_word(said["name"], erc, EVENT_NAMES, f"{at}.name", judged)


def _time(body: bytes, said: Json) -> Leaf:
    """Return the time an event begins with. What is no time is none, or the digits that a file took for one."""
    digits = body[_TIME_BYTES - 1 :: -1].hex()
    is_time = digits.isdecimal() and len(digits) == 2 * _TIME_BYTES
    return Leaf(digits if is_time or (isinstance(said, str) and said.lower() == digits) else None, body[:_TIME_BYTES])


def _same_content(said: JsonObject, erc: int, body: bytes, at: str) -> Found:
    """Compare the fields behind the time; the time may be among them once more, under a name of its own."""
    if not said:
        return []
    content = _content(erc, body)
    return compare(said, dict([*content.items()][1:]), at, NAMES) and compare(said, content, at, NAMES)


def _content(erc: int, body: bytes) -> dict[str, Node]:
    for form in KINDS[erc].forms if erc in KINDS else ():
        try:
            tree = grow(form, read_all(form, body))
        except CodecError:
            continue
        return tree if isinstance(tree, dict) else {}
    return {}


def _events(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(raw):
        width = raw[at + 1]
        yield raw[at], raw[at + 2 : at + 2 + width]
        at += 2 + width
