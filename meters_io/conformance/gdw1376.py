"""Runs a frame of Q/GDW 1376.1: decode, build again from the fields, compare the bytes, then field by field."""

from __future__ import annotations

from meters_io.conformance.frames import Facts, bytes_in, compare_fields, decoded_in, failed, plain_facts, same_bytes
from meters_io.conformance.gdw1376_units import judge_units
from meters_io.conformance.glosses import Judged
from meters_io.conformance.shape import Entry, JsonObject
from meters_io.conformance.trees import Leaf, Node
from meters_io.conformance.verdict import Verdict
from meters_io.errors import CodecError
from meters_io.gdw1376.clock import TimeTag
from meters_io.gdw1376.frame import Frame, decode, encode
from meters_io.gdw1376.message import Message, read_message, write_message
from meters_io.gdw1376.parsing import read_units
from meters_io.gdw1376.tail import tails_of

_CONTROL_AT = 6


def run_frame(entry: Entry) -> Verdict:
    """Return the verdict on one frame."""
    try:
        raw, said = bytes_in(entry), decoded_in(entry)
        message = _read(decode(raw), said)
        rebuilt = write_message(message)
        again = encode(rebuilt)
    except CodecError as error:
        return failed(entry, error)
    judged = Judged(same_bytes(raw, again))
    outside = {name: each for name, each in said.items() if name != "units"}
    compare_fields(outside, facts_of(rebuilt, message), {}, judged)
    if "units" in said:
        judge_units(said["units"], message, judged)
    return Verdict(entry.id, tuple(judged.differences), tuple(judged.remarks))


def _read(frame: Frame, said: JsonObject) -> Message:
    """Read a frame; of one that only perhaps ends with a password, as the file has it."""
    message = read_message(frame)
    if said.get("pw") is None or message.tail is None or message.tail.password:
        return message
    for body, tail in tails_of(frame):
        if tail.password:
            units, rest = read_units(frame, body)
            return Message(message.frame, units, tail, rest, "bad_unit" if rest else "")
    return message


def facts_of(frame: Frame, message: Message) -> Facts:
    """Return what head and tail of a frame say, under the names of the files."""
    control, seq = frame.control, frame.seq
    facts = plain_facts(
        {
            "proto": frame.protocol,
            "c": f"{encode(frame)[_CONTROL_AT]:02X}",
            "dir": int(control.up),
            "prm": int(control.starts),
            "func": control.function,
            "b5": int(control.flag5),
            "b4": int(control.flag4),
            "region": frame.terminal.region,
            "term": f"{frame.terminal.number:04X}",
            "a3": f"{frame.a3:02X}",
            "msa": frame.master,
            "group": int(frame.to_group),
            "afn": f"{frame.afn:02X}",
            "tpv": int(seq.tagged),
            "fir": int(seq.first),
            "fin": int(seq.final),
            "con": int(seq.confirm),
            "seq": seq.number,
            "body": frame.body.hex(),
            "rest": message.rest.hex(),
        }
    )
    return {**facts, **_tail(message)}


def _tail(message: Message) -> Facts:
    facts: Facts = {}
    tail = message.tail
    if tail is None:
        return facts
    if tail.tag is not None:
        facts["tp"] = _tag(tail.tag)
    if tail.password:
        facts["pw"] = Leaf(tail.password.hex(), tail.password)
    if tail.events is not None:
        counters = bytes((tail.events.important & 0xFF, tail.events.normal & 0xFF))
        facts["ec"] = Leaf(counters.hex(), counters)
    return facts


def _tag(tag: TimeTag) -> Node:
    time = f"{tag.day:02d}{tag.hour:02d}{tag.minute:02d}{tag.second:02d}"
    return {"pfc": Leaf(tag.count), "time": Leaf(time), "delay": Leaf(tag.allowed_min)}
