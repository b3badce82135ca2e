"""Runs a frame of DL/T 645-2007: decode, build again from the fields, compare the bytes, then field by field."""

from __future__ import annotations

from meters_io.bits import uint_from_bytes
from meters_io.conformance.dlt645_readings import readings_of
from meters_io.conformance.dlt645_words import ERR, EXECUTED, KINDS, ORDERS, RELAY_ERR, SERR, SETTLED
from meters_io.conformance.frames import Facts, bytes_in, compare_fields, decoded_in, failed, same_bytes
from meters_io.conformance.glosses import Glossary, Judged, judge_bits, judge_word
from meters_io.conformance.shape import Entry, Json, JsonObject
from meters_io.conformance.trees import Leaf, Node
from meters_io.conformance.verdict import Difference, Verdict
from meters_io.dlt645.dialects import STANDARD
from meters_io.dlt645.frame import Frame, decode, encode
from meters_io.dlt645.message import head_of, read_message, recognise, write_message
from meters_io.dlt645.misfit import Misfit, decode_misfit, encode_misfit
from meters_io.errors import CodecError, RemoteError

_GLOSSES = ("kind", "cmd", "bits")
_WORDS = ("serr", "err")
_RELAY_REFUSED = 0xDC
_RESULTS = 2  # bytes
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
    dialect = recognise(frame)
    if dialect is not STANDARD:
        meant = read_message(frame, dialect)
        wrong += same_bytes(encode(frame), encode(write_message(head_of(frame), meant, dialect)))
    readings = readings_of(rebuilt, message, dialect)
    judged = min((_judged(said, frame, facts) for facts in readings), key=lambda each: len(each.differences))
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


def _judged(said: JsonObject, frame: Frame, facts: Facts) -> Judged:
    """Compare all that the file says of a frame with one way of reading it."""
    judged = Judged()
    if said.get("kind") == "other":
        facts["body"] = Leaf(frame.data.hex(), frame.data)
    plain = {name: each for name, each in said.items() if name not in (*_GLOSSES, *_WORDS)}
    compare_fields(plain, facts, {}, judged)
    for name in _WORDS:
        if name in said:
            _judge_number(said[name], name, facts, frame, judged)
    _judge_kind(said, frame.control, judged)
    if "cmd" in said:
        _judge_order(said["cmd"], facts, judged)
    if "bits" in said:
        _judge_bits(said["bits"], facts, frame, judged)
    return judged


def _judge_number(said: Json, name: str, facts: Facts, frame: Frame, judged: Judged) -> None:
    """The word of a refusal is a number, however many digits a file writes it with; how long it is says `n`."""
    if name not in facts:
        judged.differences.append(Difference(name, str(said), "nothing of this name"))
    elif _hex_number(said) != (uint_from_bytes(frame.data) if frame.data else None):
        judged.differences.append(Difference(name, "nothing" if said is None else str(said), _text(facts[name])))


def _hex_number(said: Json) -> int | None:
    if not isinstance(said, str):
        return said if isinstance(said, int) else None
    try:
        return int(said.lower().removeprefix("0x").removesuffix("h"), 16)
    except ValueError:
        return None


def _judge_order(said: Json, facts: Facts, judged: Judged) -> None:
    if "n1" not in facts:
        judged.differences.append(
            Difference("cmd", str(said), "no order, or an order that cannot be read (enciphered, short)")
        )
        return
    judge_word(said, int(_text(facts["n1"]), 16), ORDERS, "cmd", judged)


def _judge_bits(said: Json, facts: Facts, frame: Frame, judged: Judged) -> None:
    known = _words_of(facts, frame)
    if known is None:
        judged.differences.append(Difference("bits", str(said), "no refusal"))
        return
    judge_bits(said, uint_from_bytes(frame.data), known, "bits", judged)


def _words_of(facts: Facts, frame: Frame) -> Glossary | None:
    """Return the words for the bits of a refusal, or of what an order to the relay did; None if it is neither."""
    if "serr" in facts:
        return SERR
    if "err" in facts:
        return RELAY_ERR if frame.control == _RELAY_REFUSED and len(frame.data) == _RESULTS else ERR
    return EXECUTED if "result" in facts else None


def _judge_kind(said: JsonObject, control: int, judged: Judged) -> None:
    """The kind is a word for the control code; "other" is what a file calls a frame that it does not take apart."""
    kind = said.get("kind")
    if kind is None or (kind == "other" and set(said) <= _UNTAKEN):
        return
    meant = [word for word, controls in KINDS.items() if control in controls]
    if kind in meant:
        return
    if kind == "other" or kind in KINDS or control in SETTLED:
        judged.differences.append(Difference("kind", str(kind), f"C = {control:02X}: {' or '.join(meant) or 'other'}"))
        return
    judged.remarks.append(f"kind: we do not know the word {kind!r} for C = {control:02X}")


def _text(node: Node) -> str:
    return str(node.value) if isinstance(node, Leaf) else ""
