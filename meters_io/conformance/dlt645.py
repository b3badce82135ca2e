"""Runs a frame of DL/T 645-2007: decode, build again from the fields, compare the bytes, then field by field."""

from __future__ import annotations

from meters_io.conformance.dlt645_facts import facts_of
from meters_io.conformance.dlt645_words import ERR, KINDS, NEVER_TAKEN_APART, ORDERS, SERR
from meters_io.conformance.frames import Facts, bytes_in, compare_fields, decoded_in, failed, same_bytes
from meters_io.conformance.glosses import Judged, judge_bits, judge_word
from meters_io.conformance.shape import Entry, Json, JsonObject
from meters_io.conformance.trees import Leaf, Node
from meters_io.conformance.verdict import Difference, Verdict
from meters_io.dlt645.dialects import STANDARD
from meters_io.dlt645.frame import Frame, decode, encode
from meters_io.dlt645.message import Message, head_of, read_message, recognise, write_message
from meters_io.dlt645.misfit import Misfit, decode_misfit, encode_misfit
from meters_io.errors import CodecError, RemoteError

_GLOSSES = ("kind", "cmd", "bits")
_UNTAKEN = frozenset({"fe", "addr", "c", "kind", "body"})


def run_frame(entry: Entry) -> Verdict:
    """Return the verdict on one frame."""
    try:
        raw, said = bytes_in(entry), decoded_in(entry)
        frame, length = _decoded(raw)
        message = read_message(frame)
        rebuilt = write_message(head_of(frame), message)
        again = encode_misfit(Misfit(rebuilt, length))
    except CodecError as error:
        return failed(entry, error)
    wrong = same_bytes(raw, again)
    judged = _judged(said, rebuilt, message)
    dialect = recognise(frame)
    if dialect is not STANDARD:
        meant = read_message(frame, dialect)
        wrong += same_bytes(encode(frame), encode(write_message(head_of(frame), meant, dialect)))
        judged = min(judged, _judged(said, rebuilt, meant), key=lambda each: len(each.differences))
    return Verdict(entry.id, (*wrong, *judged.differences), tuple(judged.remarks))


def _decoded(raw: bytes) -> tuple[Frame, int]:
    """Return a frame and the length it gives itself: there are meters that put a wrong one into their answers."""
    try:
        frame = decode(raw)
    except RemoteError as error:
        if error.code != "bad_length":
            raise
        misfit = decode_misfit(raw)
        return misfit.frame, misfit.said
    return frame, len(frame.data)


def _judged(said: JsonObject, frame: Frame, message: Message) -> Judged:
    """Compare all that the file says of a frame with one way of reading it."""
    judged, facts = Judged(), facts_of(frame, message)
    if said.get("kind") == "other":
        facts["body"] = Leaf(frame.data.hex(), frame.data)
    compare_fields({name: each for name, each in said.items() if name not in _GLOSSES}, facts, {}, judged)
    _judge_kind(said, frame.control, judged)
    if "cmd" in said:
        _judge_order(said["cmd"], facts, judged)
    if "bits" in said:
        _judge_refusal(said["bits"], facts, judged)
    return judged


def _judge_order(said: Json, facts: Facts, judged: Judged) -> None:
    if "n1" not in facts:
        judged.differences.append(
            Difference("cmd", str(said), "no order, or an order that cannot be read (enciphered, short)")
        )
        return
    judge_word(said, int(_text(facts["n1"]), 16), ORDERS, "cmd", judged)


def _judge_refusal(said: Json, facts: Facts, judged: Judged) -> None:
    name = next((name for name in ("serr", "err") if name in facts), None)
    if name is None:
        judged.differences.append(Difference("bits", str(said), "no refusal"))
        return
    judge_bits(said, int(_text(facts[name]) or "0", 16), SERR if name == "serr" else ERR, "bits", judged)


def _judge_kind(said: JsonObject, control: int, judged: Judged) -> None:
    """The kind is a word for the control code; "other" is what a file calls a frame that it does not take apart."""
    kind = said.get("kind")
    if kind is None or (kind == "other" and set(said) <= _UNTAKEN):
        return
    meant = [word for word, controls in KINDS.items() if control in controls]
    if kind == "other" or kind in KINDS or meant or control in NEVER_TAKEN_APART:
        if kind not in meant:
            judged.differences.append(
                Difference("kind", str(kind), f"C = {control:02X}: {' or '.join(meant) or 'other'}")
            )
        return
    judged.remarks.append(f"kind: we do not know the word {kind!r} for C = {control:02X}")


def _text(node: Node) -> str:
    return str(node.value) if isinstance(node, Leaf) else ""
